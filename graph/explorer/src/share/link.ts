/** Links to operations. The operation is in the fragment, which browsers do not send to the server. */

export interface Operation {
  query: string;
  variables?: string;
}

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
  const base64 = btoa(String.fromCharCode(...bytes));
  return `operation=${base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

async function unpack(packed: string): Promise<Operation> {
  const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const [query, variables] = JSON.parse(await new Response(stream).text()) as [string, string?];
  return { query, variables };
}
