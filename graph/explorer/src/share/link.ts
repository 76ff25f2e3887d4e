/** Links to operations. The operation is in the fragment, which browsers do not send to the server. */

export interface Operation {
  query: string;
  variables?: string;
}

/** Bytes of an operation and its variables in a link. */
const MAX_SIZE = 1_000_000;

export async function linkTo(operation: Operation, location: Pick<Location, "origin" | "pathname">): Promise<string> {
  return `${location.origin}${location.pathname}#${await pack(operation)}`;
}

/** The operation of a link: of its fragment, or of the parameters of GraphQL over HTTP. */
export async function readLink({ hash, search }: Pick<Location, "hash" | "search">): Promise<Operation | null> {
  const packed = new URLSearchParams(hash.slice(1)).get("operation");
  if (packed) {
    try {
      return await unpack(packed);
    } catch {
      return { query: "# This link is damaged: it does not contain an operation.\n" };
    }
  }
  const parameters = new URLSearchParams(search);
  const query = parameters.get("query");
  return query ? { query, variables: parameters.get("variables") ?? undefined } : null;
}

async function pack({ query, variables }: Operation): Promise<string> {
  const text = JSON.stringify(variables?.trim() ? [query, variables] : [query]);
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `operation=${base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

async function unpack(packed: string): Promise<Operation> {
  const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const [query, variables]: unknown[] = JSON.parse(await textOf(stream));
  if (typeof query !== "string" || !["string", "undefined"].includes(typeof variables)) throw new Error("no operation");
  return { query, variables: variables as string | undefined };
}

/** The text of a stream. Throw if it is longer than any operation. */
async function textOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).text();
    size += value.length;
    if (size > MAX_SIZE) {
      await reader.cancel();
      throw new Error("too long");
    }
    parts.push(value);
  }
}
