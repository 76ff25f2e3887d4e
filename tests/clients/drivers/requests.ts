import assert from "node:assert/strict";
import { test } from "node:test";
import { codesOf, createClient, OVERDUE, overdue, RENAME } from "../src/requests/client";
import { execute } from "../src/requests/execute";
import {
  expensive,
  failOnWarnings,
  password,
  query,
  recorder,
  registeredUrl,
  token,
  unregistered,
  url,
} from "./support";

failOnWarnings();
const client = createClient({ url, token });
const variables = { slug: "demo", before: "P0D", first: 2 };

test("all pages are read", async () => {
  const keys: string[] = [];
  for await (const task of overdue(client, "demo", 7)) keys.push(task.key);
  const { workspace } = await query(
    `{ workspace(slug: "demo") { tasks(filter: { dueOn: { lt: "P0D" } }) { totalCount } } }`,
  );
  assert(keys.length > 7);
  assert.equal(new Set(keys).size, workspace.tasks.totalCount);
});

test("errors of a payload are data", async () => {
  const { workspace } = await client.request(OVERDUE, variables);
  const { id } = workspace!.tasks!.nodes[0]!;
  const { taskUpdate } = await client.request(RENAME, { input: { id, title: " " } });
  assert.deepEqual(taskUpdate.errors.map(({ code }) => code), ["REQUIRED"]);
  assert.equal(taskUpdate.task, null);
});

test("other errors have codes", async () => {
  const fails = async (promise: Promise<unknown>) =>
    codesOf(await promise.then(() => assert.fail("no error"), (error) => error));
  const stranger = createClient({ url, token: "tsk_invalid" });
  assert.deepEqual(await fails(stranger.request(OVERDUE, variables)), ["UNAUTHENTICATED"]);
  const tooMany = client.request(OVERDUE, { ...variables, first: 101 });
  assert.deepEqual(await fails(tooMany), ["BAD_USER_INPUT"]);
  assert.deepEqual(await fails(client.request(expensive)), ["LIMIT_EXCEEDED"]);
});

test("a repeated key writes once", async () => {
  const { workspace } = await client.request(OVERDUE, variables);
  const { id } = workspace!.tasks!.nodes[0]!;
  const rename = { input: { id, title: "Renamed once" }, idempotencyKey: crypto.randomUUID() };
  const versions = [];
  for (let times = 0; times < 2; times++) {
    versions.push((await client.request(RENAME, rename)).taskUpdate.task!.version);
  }
  assert.equal(versions[0], versions[1]);
});

test("a page without a token sends its cookie", async () => {
  const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { errors { code } } }`;
  const input = { user: { handle: "demo" }, password };
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query: signIn, variables: { input } }),
  });
  const cookie = response.headers.getSetCookie().map((each) => each.split(";")[0]).join("; ");
  const page = createClient({
    url,
    // What a browser adds.
    fetch: (target, init) => {
      assert.equal(init?.credentials, "include");
      const headers = new Headers(init?.headers);
      assert.equal(headers.get("Authorization"), null);
      headers.set("Cookie", cookie);
      headers.set("Sec-Fetch-Site", "same-origin");
      return fetch(target, { ...init, headers });
    },
  });
  const { viewer } = await page.request<any>("query Viewer { viewer { handle } }");
  assert.equal(viewer.handle, "demo");
});

test("a batch is one request", async () => {
  const sent = recorder();
  const batching = createClient({ url, token, fetch: sent.fetch });
  const results = await batching.batchRequests([
    { document: OVERDUE, variables },
    { document: "query Viewer { viewer { handle } }" },
  ]);
  assert.equal(sent.requests.length, 1);
  assert.deepEqual(results.map(({ data }) => Object.keys(data as object)), [["workspace"], ["viewer"]]);
});

test("registered documents are sent by their IDs", async () => {
  const { workspace } = await execute(registeredUrl, token, OVERDUE, variables);
  assert.equal(workspace!.tasks!.nodes.length, 2);
  const stranger = execute(registeredUrl, "tsk_invalid", OVERDUE, variables);
  await assert.rejects(stranger, ({ cause }: any) => cause[0].extensions.code === "UNAUTHENTICATED");
  const other = createClient({ url: registeredUrl, token });
  await assert.rejects(other.request(unregistered), (error) => {
    assert.deepEqual(codesOf(error), ["PERSISTED_QUERY_REFUSED"]);
    return true;
  });
});
