import assert from "node:assert/strict";
import { test } from "node:test";
import { gql, type CombinedError } from "@urql/core";
import { createClient } from "../src/urql/client";
import { BOARD, COLUMN, CREATE_COMMENT, RENAME_TASK, TASKS } from "../src/urql/documents";
import { persisted } from "../src/urql/persisted";
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
const codesOf = (error?: CombinedError) =>
  error!.graphQLErrors.map(({ extensions }) => extensions.code);

async function open() {
  const sent = recorder();
  const client = createClient({ url, token, fetch: sent.fetch });
  const titles = new Seen<string>();
  const sizes = new Seen<number>();
  const { unsubscribe } = client.query(TASKS, first).subscribe(({ data }) => {
    const tasks = data?.workspace?.tasks;
    if (!tasks) return;
    sizes.push(tasks.nodes.length);
    if (tasks.nodes[0]!.title !== titles.values.at(-1)) titles.push(tasks.nodes[0]!.title);
  });
  await titles.until((values) => values.length === 1);
  const { data } = await client.query(TASKS, first);
  const tasks = data!.workspace!.tasks!;
  return { client, sent, tasks, task: tasks.nodes[0]!, titles, sizes, close: unsubscribe };
}

test("a mutation updates an earlier query", async () => {
  const { client, sent, task, titles, close } = await open();
  const input = { id: task.id, title: "Renamed by urql" };
  const { data, error } = await client.mutation(RENAME_TASK, { input });
  assert.equal(error, undefined);
  assert.deepEqual(data!.taskUpdate.errors, []);
  assert.deepEqual(titles.values, [task.title, "Renamed by urql"]);
  assert.equal(sent.requests.length, 2);
  close();
});

test("errors of a payload take back the optimistic result", async () => {
  const { client, task, titles, close } = await open();
  const { data } = await client.mutation(RENAME_TASK, { input: { id: task.id, title: " " } });
  const [{ code, path }] = data!.taskUpdate.errors as any;
  assert.deepEqual([code, path], ["REQUIRED", ["input", "title"]]);
  await titles.until((values) => values.length === 3);
  assert.deepEqual(titles.values, [task.title, " ", task.title]);
  close();
});

test("a second page is appended", async () => {
  const { client, tasks, sizes, close } = await open();
  const next = { ...first, after: tasks.pageInfo.endCursor };
  await client.query(TASKS, next);
  await sizes.until((values) => values.at(-1) === 4);
  close();
});

test("one column of a board is paged alone", async () => {
  const client = createClient({ url, token });
  const read = async () => (await client.query(BOARD, first)).data!.workspace!.taskGroups!;
  const groups = await read();
  assert(groups.every(({ key }) => key && "id" in key));
  const column = groups.find((group) => group.tasks!.pageInfo.hasNextPage)!;
  const after = column.tasks!.pageInfo.endCursor;
  await client.query(COLUMN, { id: column.id, first: 3, after });
  const grown = groups.map(({ id, tasks, count }) => [
    id,
    id === column.id ? Math.min(5, count) : tasks!.nodes.length,
  ]);
  assert.deepEqual((await read()).map(({ id, tasks }) => [id, tasks!.nodes.length]), grown);
});

// Graphcache warns about objects without a key, unless it knows that their type has none.
test("values without an id belong to their object", async () => {
  const client = createClient({ url, token });
  const values = gql(`query Values {
    rateLimit { limit }
    workspace(slug: "demo") {
      id
      changes(after: 0, first: 2) { lastSequence nodes { sequence fields { name } } }
      search(query: "the", first: 1) { nodes { score task { id } } }
      taskGroups(by: PRIORITY) { id key { ... on TaskPriority { priority } } }
      tasks(first: 1) {
        count(limit: 5) { value }
        nodes { id links { kind task { id } } }
      }
    }
  }`);
  const { error } = await client.query(values, {});
  assert.equal(error, undefined);
});

test("an invalid token signs out", async () => {
  let signedOut = 0;
  const client = createClient({ url, token: "tsk_invalid", onSignedOut: () => signedOut++ });
  const { error } = await client.query(TASKS, first);
  assert.deepEqual(codesOf(error), ["UNAUTHENTICATED"]);
  assert.equal(signedOut, 1);
});

test("an exceeded limit and an invalid value have codes", async () => {
  const client = createClient({ url, token });
  const tooMany = await client.query(TASKS, { slug: "demo", first: 101 });
  assert.deepEqual(codesOf(tooMany.error), ["BAD_USER_INPUT"]);
  assert.equal(tooMany.data?.workspace?.tasks, null);
  assert.deepEqual(codesOf((await client.query(gql(expensive), {})).error), ["LIMIT_EXCEEDED"]);
});

test("a lost response does not write twice", async () => {
  const { task, close } = await open();
  const sent = recorder({ lose: 1 });
  const client = createClient({ url, token, fetch: sent.fetch });
  const { data } = await client.mutation(CREATE_COMMENT, {
    input: { taskId: task.id, body: "Written once by urql" },
    idempotencyKey: crypto.randomUUID(),
  });
  assert.equal(sent.requests.length, 2);
  const { node } = await query(
    `query ($id: ID!) {
      node(id: $id) {
        ... on Task { comments(filter: { body: { eq: "Written once by urql" } }) { nodes { id } } }
      }
    }`,
    { id: task.id },
  );
  assert.deepEqual(node.comments.nodes, [{ id: data!.commentCreate.comment!.id }]);
  close();
});

test("registered documents are sent by their IDs", async () => {
  const sent = recorder();
  const options = { url: registeredUrl, token, fetch: sent.fetch, exchanges: [persisted] };
  const client = createClient(options);
  const { data, error } = await client.query(TASKS, first);
  assert.equal(error, undefined);
  const { id } = data!.workspace!.tasks!.nodes[0]!;
  const renamed = await client.mutation(RENAME_TASK, { input: { id, title: "Renamed by ID" } });
  assert.deepEqual(renamed.data!.taskUpdate.errors, []);
  assert(sent.requests.every(({ body }) => body.query === undefined));
  const refused = createClient({ url: registeredUrl, token });
  const { error: refusal } = await refused.query(gql(unregistered), {});
  assert.deepEqual(codesOf(refusal), ["PERSISTED_QUERY_REFUSED"]);
});
