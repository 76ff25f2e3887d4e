/** A GraphQL request of the page itself. */
export async function ask<Data>(query: string, variables: object = {}): Promise<Data> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] };
  if (!data) throw new Error(errors?.[0]?.message ?? `The server answered with status ${response.status}.`);
  return data;
}
