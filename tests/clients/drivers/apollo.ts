import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { CombinedGraphQLErrors, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { createComment, renameTask } from "../src/apollo/actions";
import { batchLink } from "../src/apollo/batch";
import { createClient } from "../src/apollo/client";
import { BOARD, CHANGES, COLUMN, RENAME_TASK, TASKS } from "../src/apollo/documents";
import { persistedLink } from "../src/apollo/persisted";
import {
  expensive,
  failOnWarnings,
  query,
  recorder,
  registeredUrl,
  Seen,
  token,
  unregistered,
  url,
} from "./support";

failOnWarnings();
const first = { slug: "demo", first: 2 };

async function open() {
  const sent = recorder();
  const client = createClient({ url, token, fetch: sent.fetch });
  const { data } = await client.query({ query: TASKS, variables: first });
  const task = data!.workspace!.tasks!.edges[0]!.node;
  const titles = new Seen<string>();
  const watched = client.watchQuery({ query: TASKS, variables: first, fetchPolicy: "cache-only" });
  watched.subscribe(({ data }) => {
    const title = data?.workspace?.tasks?.edges?.[0]?.node?.title;
    if (title && title !== titles.values.at(-1)) titles.push(title);
  });
  await titles.until((values) => values.length === 1);
  return { client, sent, task, titles, watched };
}

test("a mutation updates an earlier query", async () => {
  const { client, sent, task, titles } = await open();
  assert.deepEqual(await renameTask(client, task, "Renamed by Apollo"), []);
  assert.deepEqual(titles.values, [task.title, "Renamed by Apollo"]);
  assert.equal(sent.requests.length, 2);
  client.stop();
});

test("errors of a payload take back the optimistic result", async () => {
  const { client, task, titles } = await open();
  const errors = await renameTask(client, task, " ");
  assert.deepEqual(errors.map(({ code, path }) => [code, path]), [["REQUIRED", ["input", "title"]]]);
  await titles.until((values) => values.length === 3);
  assert.deepEqual(titles.values, [task.title, " ", task.title]);
  client.stop();
});

test("a conflict brings the current task", async () => {
  const { client, task, titles } = await open();
  await query(
    `mutation ($input: TaskUpdateInput!) { taskUpdate(input: $input) { errors { code } } }`,
    { input: { id: task.id, title: "Renamed by others" } },
  );
  const { data } = await client.mutate({
    mutation: RENAME_TASK,
    variables: { input: { id: task.id, title: "Late", expectedVersion: task.version } },
  });
  assert.deepEqual(data!.taskUpdate.errors.map(({ code }) => code), ["CONFLICT"]);
  assert.deepEqual(titles.values, [task.title, "Renamed by others"]);
  client.stop();
});

test("a second page is appended", async () => {
  const { client } = await open();
  const watched = client.watchQuery({ query: TASKS, variables: first });
  const lengths = new Seen<number>();
  watched.subscribe(({ data }) => {
    if (data?.workspace) lengths.push(data.workspace.tasks?.edges?.length ?? 0);
  });
  await lengths.until((values) => values.at(-1) === 2);
  const shown = watched.getCurrentResult().data!.workspace!.tasks!;
  await watched.fetchMore({ variables: { after: shown.pageInfo!.endCursor } });
  await lengths.until((values) => values.at(-1) === 4);
  client.stop();
});

test("one column of a board is paged alone", async () => {
  const client = createClient({ url, token });
  const read = async () =>
    (await client.query({ query: BOARD, variables: first })).data!.workspace!.taskGroups!;
  const groups = await read();
  assert(groups.every(({ key }) => key && "id" in key));
  const column = groups.find((group) => group.tasks!.pageInfo.hasNextPage)!;
  const after = column.tasks!.pageInfo.endCursor;
  await client.query({ query: COLUMN, variables: { id: column.id, first: 3, after } });
  const sizes = (await read()).map(({ id, tasks }) => [id, tasks!.edges.length]);
  const grown = groups.map(({ id, tasks }) => [
    id,
    tasks!.edges.length + (id === column.id ? Math.min(3, column.count - 2) : 0),
  ]);
  assert.deepEqual(sizes, grown);
});

test("changes are paged by number", async () => {
  const client = createClient({ url, token });
  const page = async (after: number) =>
    (await client.query({
      query: CHANGES,
      variables: { slug: "demo", after, first: 3 },
      fetchPolicy: "network-only",
    })).data!.workspace!.changes!;
  const { lastSequence } = await page(0);
  await page(lastSequence);
  const again = await page(lastSequence);
  assert.deepEqual(again.nodes.map(({ sequence }) => sequence), [1, 2, 3, 4, 5, 6]);
});

test("an invalid token signs out", async () => {
  let signedOut = 0;
  const client = createClient({ url, token: "tsk_invalid", onSignedOut: () => signedOut++ });
  await assert.rejects(client.query({ query: TASKS, variables: first }), (error) => {
    assert(CombinedGraphQLErrors.is(error));
    assert.equal(error.errors[0]!.extensions!.code, "UNAUTHENTICATED");
    return true;
  });
  assert.equal(signedOut, 1);
});

test("an exceeded limit and an invalid value have codes", async () => {
  const client = createClient({ url, token });
  const errors = async (options: { query: any; variables?: any }) => {
    const { error } = await client.query({ ...options, errorPolicy: "all" });
    assert(CombinedGraphQLErrors.is(error));
    return error.errors.map(({ extensions, path }) => [extensions!.code, path]);
  };
  const path = ["workspace", "tasks"];
  const tooMany = { query: TASKS, variables: { slug: "demo", first: 101 } };
  assert.deepEqual(await errors(tooMany), [["BAD_USER_INPUT", path]]);
  assert.deepEqual(await errors({ query: gql(expensive) }), [["LIMIT_EXCEEDED", undefined]]);
});

test("a lost response does not write twice", async () => {
  const { task } = await open();
  const sent = recorder({ lose: 1 });
  const client = createClient({ url, token, fetch: sent.fetch });
  const { comment } = await createComment(client, task.id, "Written once by Apollo");
  assert.equal(sent.requests.length, 2);
  const { node } = await query(
    `query ($id: ID!) {
      node(id: $id) {
        ... on Task { comments(filter: { body: { eq: "Written once by Apollo" } }) { nodes { id } } }
      }
    }`,
    { id: task.id },
  );
  assert.deepEqual(node.comments.nodes, [{ id: comment!.id }]);
});

test("a batch is one request", async () => {
  const sent = recorder();
  const original = globalThis.fetch;
  globalThis.fetch = sent.fetch;
  try {
    const client = createClient({ url, transport: batchLink(url, token) });
    await Promise.all([
      client.query({ query: TASKS, variables: first }),
      client.query({ query: BOARD, variables: first }),
    ]);
  } finally {
    globalThis.fetch = original;
  }
  assert.deepEqual(sent.requests.map(({ body }) => body.length), [2]);
});

test("automatic persisted queries send the text once", async () => {
  const sent = recorder();
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const links = [new PersistedQueryLink({ sha256 })];
  const client = createClient({ url, token, fetch: sent.fetch, links });
  const read = () =>
    client.query({ query: gql(`query Automatic { viewer { id } }`), fetchPolicy: "network-only" });
  await read();
  await read();
  assert.deepEqual(sent.requests.map(({ body }) => "query" in body), [false, true, false]);
});

test("registered documents are sent by their IDs", async () => {
  const sent = recorder();
  const client = createClient({
    url: registeredUrl,
    token,
    fetch: sent.fetch,
    links: [persistedLink],
  });
  const { data } = await client.query({ query: TASKS, variables: first });
  assert.equal(data!.workspace!.tasks!.edges.length, 2);
  const task = data!.workspace!.tasks!.edges[0]!.node;
  assert.deepEqual(await renameTask(client, task, "Renamed by ID"), []);
  assert(sent.requests.every(({ body }) => body.query === undefined));
  const refused = createClient({ url: registeredUrl, token });
  await assert.rejects(refused.query({ query: gql(unregistered) }), (error) => {
    assert(CombinedGraphQLErrors.is(error));
    assert.equal(error.errors[0]!.extensions!.code, "PERSISTED_QUERY_REFUSED");
    return true;
  });
});
