/** Code that sends an operation, for other programs. */
import type { Operation } from "./link";

export const LANGUAGES = ["curl", "fetch", "Apollo Client", "urql", "Python"] as const;
export type Language = (typeof LANGUAGES)[number];

export function snippet(language: Language, { query, variables }: Operation, url: string): string {
  const values = variables?.trim() ? (JSON.parse(variables) as object) : {};
  const json = JSON.stringify(values, null, 2);
  const document = query.trim();
  switch (language) {
    case "curl": {
      const body = JSON.stringify({ query: document, variables: values }).replaceAll("'", "'\\''");
      return `curl -s ${url} \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  -d '${body}'`;
    }
    case "fetch":
      return `const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: { "Content-Type": "application/json", Authorization: \`Bearer \${token}\` },
  body: JSON.stringify({ query: ${template(document)}, variables: ${json} }),
});
const { data, errors } = await response.json();`;
    case "Apollo Client":
      return `import { gql } from "@apollo/client";

const document = gql${template(document)};
const { data } = await client.${kindOf(document)}({ ${key(document)}: document, variables: ${json} });`;
    case "urql":
      return `import { gql } from "@urql/core";

const document = gql${template(document)};
const { data, error } = await client.${kindOf(document)}(document, ${json})${kindOf(document) === "mutate" ? "" : ".toPromise()"};`
        .replace("client.mutate(", "client.mutation(");
    case "Python":
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

function kindOf(document: string): "query" | "mutate" {
  return /^\s*mutation\b/m.test(document) ? "mutate" : "query";
}

function key(document: string): string {
  return kindOf(document) === "mutate" ? "mutation" : "query";
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
