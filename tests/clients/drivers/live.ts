// Clients that follow a workspace while 32 writers work.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApolloClient, ApolloLink, gql, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient as createSseClient } from "graphql-sse";
import { createClient } from "graphql-ws";
import { follow, type Copy } from "../src/live/sync";
import { query, Seen, token, url } from "./support";

const socketUrl = url.replace("http", "ws");
const Authorization = `Bearer ${token}`;
const connectionParams = { Authorization };
const CHANGES = `subscription ($after: Int) {
  changes(workspace: "demo", after: $after) { sequence subject { id } actor { handle } }
}`;
const WRITERS = 32;

async function newest(): Promise<number> {
  return (await query(`{ workspace(slug: "demo") { sequence } }`)).workspace.sequence;
}

/** Let 32 writers create tasks at the same time; return their IDs. */
async function write(title: string): Promise<string[]> {
  const { workspace } = await query(`{ workspace(slug: "demo") { project(key: "WEB") { id } } }`);
  const create = `mutation ($input: TaskCreateInput!) {
    taskCreate(input: $input) { errors { code } task { id } }
  }`;
  return Promise.all(
    Array.from({ length: WRITERS }, async (_, number) => {
      const input = { projectId: workspace.project.id, title: `${title} ${number}` };
      return (await query(create, { input })).taskCreate.task.id;
    }),
  );
}

type Push = (sequence: number) => void;
const clients: Record<string, (after: number, push: Push) => () => void> = {
  "graphql-ws": (after, push) => {
    const client = createClient({ url: socketUrl, connectionParams });
    client.subscribe<any>(
      { query: CHANGES, variables: { after } },
      { next: ({ data }) => push(data!.changes.sequence), error: assert.fail, complete: () => {} },
    );
    return () => void client.dispose();
  },
  "graphql-sse": (after, push) => {
    const client = createSseClient({ url, headers: { Authorization } });
    client.subscribe<any>(
      { query: CHANGES, variables: { after } },
      { next: ({ data }) => push(data!.changes.sequence), error: assert.fail, complete: () => {} },
    );
    return () => client.dispose();
  },
  Apollo: (after, push) => {
    const socket = createClient({ url: socketUrl, connectionParams });
    const link = ApolloLink.from([new GraphQLWsLink(socket)]);
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    const watched = client
      .subscribe<any>({ query: gql(CHANGES), variables: { after } })
      .subscribe({ next: ({ data }) => push(data.changes.sequence), error: assert.fail });
    return () => {
      watched.unsubscribe();
      void socket.dispose();
    };
  },
  "urql over WebSocket": (after, push) => {
    const socket = createClient({ url: socketUrl, connectionParams });
    const exchange = subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({
          unsubscribe: socket.subscribe({ query: query!, variables }, sink as any),
        }),
      }),
    });
    const client = new Client({ url, preferGetMethod: false, exchanges: [exchange, fetchExchange] });
    const { unsubscribe } = client
      .subscription(CHANGES, { after })
      .subscribe(({ data, error }) => (assert.ifError(error), push(data.changes.sequence)));
    return () => (unsubscribe(), void socket.dispose());
  },
  "urql over Server-Sent Events": (after, push) => {
    const client = new Client({
      url,
      preferGetMethod: false,
      fetchSubscriptions: true,
      fetchOptions: { headers: { Authorization } },
      exchanges: [fetchExchange],
    });
    const { unsubscribe } = client
      .subscription(CHANGES, { after })
      .subscribe(({ data, error }) => (assert.ifError(error), push(data.changes.sequence)));
    return unsubscribe;
  },
};

test("all clients see the changes of 32 writers, in order", async () => {
  const after = await newest();
  const open = Object.entries(clients).map(([name, start]) => {
    const seen = new Seen<number>();
    return { name, seen, stop: start(after, seen.push) };
  });
  await write("Written at once");
  const expected = Array.from({ length: (await newest()) - after }, (_, place) => after + 1 + place);
  assert(expected.length >= WRITERS);
  for (const { name, seen, stop } of open) {
    await seen.until((values) => values.length >= expected.length);
    assert.deepEqual(seen.values, expected, name);
    stop();
  }
});

test("a copy stays in sync, also over a time offline", async () => {
  const copy: Copy = { sequence: await newest(), tasks: new Map() };
  const first = new AbortController();
  const online = follow(socketUrl, token, "demo", copy, first.signal);
  const ids = await write("Online");
  const has = async (all: string[]) => {
    for (let round = 0; round < 200 && !all.every((id) => copy.tasks.has(id)); round++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    assert.deepEqual(all.filter((id) => !copy.tasks.has(id)), []);
  };
  await has(ids);
  first.abort();
  await online;
  const missed = await write("Offline");
  const gone = `mutation ($id: ID!) { taskDelete(id: $id) { errors { code } } }`;
  await query(gone, { id: ids[0] });
  const second = new AbortController();
  const again = follow(socketUrl, token, "demo", copy, second.signal);
  await has(missed);
  for (let round = 0; round < 200 && copy.tasks.has(ids[0]!); round++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.equal(copy.tasks.size, 2 * WRITERS - 1);
  second.abort();
  await again;
});

test("a copy that knows too much has to be read again", async () => {
  const copy: Copy = { sequence: 10 ** 6, tasks: new Map() };
  const { signal } = new AbortController();
  await assert.rejects(follow(socketUrl, token, "demo", copy, signal), (errors: any) => {
    assert.equal(errors[0].extensions.code, "BAD_USER_INPUT");
    return true;
  });
});
