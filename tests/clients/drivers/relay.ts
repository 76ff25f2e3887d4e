import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ConnectionHandler,
  createOperationDescriptor,
  fetchQuery,
  getFragment,
  getRequest,
  getSingularSelector,
  type Environment,
} from "relay-runtime";
import ColumnQuery from "../src/relay/__generated__/BoardColumnQuery.graphql";
import { BoardColumn, BoardQuery, createComment, renameTask } from "../src/relay/Board";
import { createEnvironment } from "../src/relay/environment";
import { TaskQuery } from "../src/relay/Task";
import { failOnWarnings, query, registeredUrl, Seen, token } from "./support";

failOnWarnings();
// The documents have no text, so all of these run where only registered documents do.
const url = registeredUrl;

const load = (environment: Environment, document: any, variables: object): Promise<any> =>
  fetchQuery(environment, document, variables).toPromise() as Promise<any>;

async function openBoard() {
  const environment = createEnvironment({ url, token });
  const operation = createOperationDescriptor(getRequest(BoardQuery), { slug: "demo" });
  environment.retain(operation);
  const { workspace } = await load(environment, BoardQuery, { slug: "demo" });
  const columns: any[] = workspace.taskGroups.map((group: any) => {
    const selector = getSingularSelector(getFragment(BoardColumn), group)!;
    return { id: group.id, read: () => environment.lookup(selector).data as any, selector };
  });
  return { environment, columns };
}

test("a mutation updates an earlier query", async () => {
  const { environment, columns } = await openBoard();
  const column = columns.find(({ read }) => read().tasks.edges.length);
  const task = column.read().tasks.edges[0].node;
  assert.deepEqual(await renameTask(environment, task, "Renamed by Relay"), []);
  assert.equal(column.read().tasks.edges[0].node.title, "Renamed by Relay");
  assert.equal(column.read().tasks.edges[0].node.version, task.version + 1);
});

test("errors of a payload take back the optimistic result", async () => {
  const { environment, columns } = await openBoard();
  const column = columns.find(({ read }) => read().tasks.edges.length);
  const task = column.read().tasks.edges[0].node;
  const titles = new Seen<string>();
  environment.subscribe(environment.lookup(column.selector), ({ data }: any) =>
    titles.push(data.tasks.edges[0].node.title),
  );
  const errors = await renameTask(environment, task, " ");
  assert.deepEqual(errors.map(({ code, path }) => [code, path]), [["REQUIRED", ["input", "title"]]]);
  await titles.until((values) => values.length === 2);
  assert.deepEqual(titles.values, [" ", task.title]);
});

test("one column of a board is paged alone", async () => {
  const { environment, columns } = await openBoard();
  const sizes = () => columns.map(({ read }) => read().tasks.edges.length);
  const before = sizes();
  const place = columns.findIndex(({ read }) => read().tasks.pageInfo.hasNextPage);
  const { id, read } = columns[place];
  const after = read().tasks.pageInfo.endCursor;
  await load(environment, ColumnQuery, { id, first: 3, after });
  before[place] = Math.min(5, read().count);
  assert.deepEqual(sizes(), before);
});

test("a comment is appended to its connection", async () => {
  const { environment, columns } = await openBoard();
  const { id } = columns.find(({ read }) => read().tasks.edges.length).read().tasks.edges[0].node;
  const shown = { id, first: 100 };
  environment.retain(createOperationDescriptor(getRequest(TaskQuery), shown));
  const before = (await load(environment, TaskQuery, shown)).node.comments;
  const connection = ConnectionHandler.getConnectionID(id, "Task_comments");
  assert.equal(before.__id, connection);
  const { comment } = await createComment(environment, id, "By Relay", [connection]);
  const { data }: any = environment.lookup(
    createOperationDescriptor(getRequest(TaskQuery), shown).fragment,
  );
  assert.equal(data.node.comments.edges.length, before.edges.length + 1);
  assert.equal(data.node.comments.edges.at(-1).node.id, comment!.id);
});

test("an object that is loaded is not fetched again", async () => {
  const { environment, columns } = await openBoard();
  const [{ id }] = columns;
  const shown = createOperationDescriptor(getRequest(ColumnQuery), { id, first: 2 });
  assert.equal(environment.check(shown).status, "available");
});

test("an invalid token signs out", async () => {
  let signedOut = 0;
  const environment = createEnvironment({
    url,
    token: "tsk_invalid",
    onSignedOut: () => signedOut++,
  });
  await assert.rejects(load(environment, BoardQuery, { slug: "demo" }), (error: any) => {
    assert.equal(error.source.errors[0].extensions.code, "UNAUTHENTICATED");
    return true;
  });
  assert.equal(signedOut, 1);
});

test("an invalid value fails its field alone", async () => {
  const environment = createEnvironment({ url, token });
  const { workspace } = await query(`{ workspace(slug: "demo") { tasks(first: 1) { nodes { id } } } }`);
  const { id } = workspace.tasks.nodes[0];
  const { node } = await load(environment, TaskQuery, { id, first: 101 });
  assert.equal(typeof node.title, "string");
  assert.equal(node.comments, null);
});
