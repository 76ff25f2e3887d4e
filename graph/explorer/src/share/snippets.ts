/** Code that sends an operation, for other programs. */
import { Kind as GraphQLKind, parse } from "graphql";
import type { Operation } from "./link";

export const LANGUAGES = ["curl", "fetch", "Apollo Client", "urql", "Python"] as const;
export type Language = (typeof LANGUAGES)[number];

export function snippet(language: Language, { query, variables }: Operation, url: string): string {
  const values = variables?.trim() ? (JSON.parse(variables) as object) : {};
  const json = JSON.stringify(values, null, 2);
  const document = query.trim();
  const kind = kindOf(document);
  const isLive = kind === "subscription";
  switch (language) {
    case "curl": {
      const body = JSON.stringify({ query: document, variables: values }).replaceAll("'", "'\\''");
      return `curl ${isLive ? `-sN ${url} \\\n  -H "Accept: text/event-stream"` : `-s ${url}`} \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  -d '${body}'`;
    }
    case "fetch":
      if (isLive) return `// With graphql-ws: fetch cannot follow a subscription.
import { createClient } from "graphql-ws";

const client = createClient({
  url: ${JSON.stringify(url.replace(/^http/, "ws"))},
  connectionParams: { Authorization: \`Bearer \${token}\` },
});
for await (const { data, errors } of client.iterate({ query: ${template(document)}, variables: ${json} })) {
  console.log(data, errors);
}`;
      return `const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: { "Content-Type": "application/json", Authorization: \`Bearer \${token}\` },
  body: JSON.stringify({ query: ${template(document)}, variables: ${json} }),
});
const { data, errors } = await response.json();`;
    case "Apollo Client":
      return `import { gql } from "@apollo/client";

const document = gql${template(document)};
${isLive
  ? `client.subscribe({ query: document, variables: ${json} }).subscribe(({ data }) => console.log(data));`
  : `const { data } = await client.${kind === "mutation" ? "mutate" : "query"}({ ${kind}: document, variables: ${json} });`}`;
    case "urql":
      return `import { gql } from "@urql/core";

const document = gql${template(document)};
${isLive
  ? `client.subscription(document, ${json}).subscribe(({ data, error }) => console.log(data, error));`
  : `const { data, error } = await client.${kind}(document, ${json}).toPromise();`}`;
    case "Python":
      if (isLive) return `import json
import httpx

QUERY = """
${document.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"')}
"""
request = {
    "url": ${JSON.stringify(url)},
    "json": {"query": QUERY, "variables": ${python(values)}},
    "headers": {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"},
}
with httpx.stream("POST", **request, timeout=None) as response:
    for line in response.iter_lines():
        if line.startswith("data: {"):
            print(json.loads(line.removeprefix("data: ")))`;
      return `import httpx

QUERY = """
${document.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"')}
"""
response = httpx.post(
    ${JSON.stringify(url)},
    json={"query": QUERY, "variables": ${python(values)}},
    headers={"Authorization": f"Bearer {token}"},
)
answer = response.json()`;
  }
}

function template(text: string): string {
  return `\`${text.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${")}\``;
}

type Kind = "query" | "mutation" | "subscription";

/** What the first operation of a document is. */
function kindOf(document: string): Kind {
  const operation = parse(document).definitions.find((one) => one.kind === GraphQLKind.OPERATION_DEFINITION);
  return operation?.operation ?? "query";
}

function python(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value as object).map(([name, one]) => `${JSON.stringify(name)}: ${python(one)}`).join(", ")}}`;
  }
  return JSON.stringify(value);
}
