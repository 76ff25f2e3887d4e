import type { Fetcher, FetcherParams, FetcherOpts } from "@graphiql/toolkit";
import { getOperationAST, Kind, OperationTypeNode, parse, type GraphQLSchema } from "graphql";
import { createClient } from "graphql-ws";
import { lastRun, type Run, type Trace } from "../trace/trace";
import { withDryRun } from "./sandbox";
import { executor, sandbox, transport } from "./settings";

let schema: GraphQLSchema | null = null;
/** How many operations were run: the trace is that of the last one. */
let runs = 0;

/** The sandbox needs the schema to know which mutations can be previewed. */
export function useSchemaForSandbox(next: GraphQLSchema): void {
  schema = next;
}

function operationOf({ query, operationName }: FetcherParams) {
  try {
    return getOperationAST(parse(query), operationName ?? undefined);
  } catch {
    // The server says what is wrong with it.
    return null;
  }
}

async function post(params: FetcherParams, headers: Record<string, string>) {
  const started = performance.now();
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(params),
  });
  const result = await response.json();
  return { result, milliseconds: performance.now() - started };
}

/** Run an operation with a trace. The trace is shown in its own panel, not in the response. */
async function runTraced(params: FetcherParams, headers: Record<string, string>, by: "engine" | "reference") {
  const given = { ...headers, "X-Taskloom-Trace": "explain" };
  const { result, milliseconds } = await post(
    params,
    by === "reference" ? { ...given, "X-Taskloom-Executor": "reference" } : given,
  );
  const { trace, ...extensions } = result.extensions ?? {};
  const shown = { ...result, ...(Object.keys(extensions).length ? { extensions } : {}) };
  if (!Object.keys(extensions).length) delete shown.extensions;
  return { shown, run: { trace: trace as Trace | undefined, cost: extensions.cost, milliseconds } satisfies Run };
}

/** GraphiQL may still name an operation that was in the editor a moment ago. */
function withKnownName(params: FetcherParams): FetcherParams {
  let names: (string | undefined)[];
  try {
    const { definitions } = parse(params.query);
    names = definitions.flatMap((one) => (one.kind === Kind.OPERATION_DEFINITION ? [one.name?.value] : []));
  } catch {
    return params;
  }
  if (names.length !== 1) return params;
  return { ...params, operationName: names[0] };
}

function prepared(params: FetcherParams): FetcherParams {
  if (sandbox.get() !== "on") return params;
  const operation = operationOf(params);
  if (!operation) throw new Error("Sandbox: not sent, because it is not clear which operation this is.");
  if (operation.operation !== OperationTypeNode.MUTATION) return params;
  if (!schema) throw new Error("Sandbox: not sent. The schema is loading, or the server does not show it.");
  return { ...params, query: withDryRun(params.query, schema) };
}

/** Values that end at once when they are stopped, also while the next one is awaited. */
function stoppable<Value>(values: AsyncGenerator<Value>, stop: () => void): AsyncIterableIterator<Value> {
  const iterator: AsyncIterableIterator<Value> = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => values.next(),
    return: async () => {
      stop();
      return { done: true, value: undefined };
    },
  };
  return iterator;
}

function overSse(params: FetcherParams, headers: Record<string, string>) {
  const aborting = new AbortController();
  return stoppable(events(params, headers, aborting.signal), () => aborting.abort());
}

async function* events(params: FetcherParams, headers: Record<string, string>, signal: AbortSignal) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers, Accept: "text/event-stream" },
    body: JSON.stringify(params),
    signal,
  });
  if (!response.ok || !response.body) {
    yield await response.json();
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const events = text.split("\n\n");
      text = events.pop()!;
      for (const event of events) {
        const data = event.split("\n").find((line) => line.startsWith("data: "));
        if (event.startsWith("event: complete")) return;
        if (data) yield JSON.parse(data.slice(6));
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function overWebSocket(params: FetcherParams, headers: Record<string, string>) {
  const url = new URL("/graphql", window.location.href).href.replace(/^http/, "ws");
  const client = createClient({ url, connectionParams: { headers }, retryAttempts: 0 });
  const values = (async function* () {
    try {
      yield* client.iterate(params);
    } catch (error) {
      yield { errors: Array.isArray(error) ? error : [{ message: closeReason(error) }] };
    } finally {
      void client.dispose();
    }
  })();
  return stoppable(values, () => void client.dispose());
}

function closeReason(error: unknown): string {
  if (error instanceof CloseEvent) return `The socket was closed: ${error.code} ${error.reason}`;
  return error instanceof Error ? error.message : "The connection was lost.";
}

export const fetcher: Fetcher = async (asked: FetcherParams, options?: FetcherOpts) => {
  const given = withKnownName(asked);
  const headers = { ...(options?.headers ?? {}) } as Record<string, string>;
  const operation = operationOf(given);
  const isQuery = operation?.operation === OperationTypeNode.QUERY;
  if (isQuery && given.operationName === "IntrospectionQuery") return (await post(given, headers)).result;
  const run = ++runs;
  lastRun.set(null);
  if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
    return transport.get() === "sse" ? overSse(given, headers) : overWebSocket(given, headers);
  }
  let params: FetcherParams;
  try {
    params = prepared(given);
  } catch (error) {
    return { errors: [{ message: (error as Error).message }] } as never;
  }
  const both = executor.get() === "both" && isQuery;
  const by = executor.get() === "reference" ? "reference" : "engine";
  const { shown, run: traced } = await runTraced(params, headers, by);
  const compared = both ? (await runTraced(params, headers, "reference")).run : undefined;
  if (run === runs) lastRun.set({ query: given.query, ...traced, compared });
  return shown;
};
