import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { LANGUAGES, snippet } from "./snippets";

const operation = {
  query: 'query ($a: String) { task(a: $a, b: "it\'s \\\\ `x` ${y}") }',
  variables: '{"a": null, "flags": [true, 1.5]}',
};

test("curl sends exactly the operation", () => {
  const command = snippet("curl", operation, "http://host/graphql").replace(/^curl -s http:\/\/host\/graphql/, "printf '%s\\n'");
  const sent = execFileSync("sh", ["-c", command], { encoding: "utf8", env: { TOKEN: "t" } });
  const body = JSON.parse(sent.trim().split("\n").at(-1)!);
  expect(body).toEqual({ query: operation.query, variables: JSON.parse(operation.variables) });
});

test("templates of JavaScript are the operation", () => {
  const [, literal] = snippet("fetch", operation, "u").match(/query: (`[^]*?`), variables/)!;
  expect(new Function(`return ${literal}`)()).toBe(operation.query);
});

test("mutations are sent as such", () => {
  const mutation = { query: "mutation { a }" };
  expect(snippet("Apollo Client", mutation, "u")).toContain("client.mutate({ mutation: document");
  expect(snippet("urql", mutation, "u")).toContain("client.mutation(document");
});

test("Python has Python's values", () => {
  expect(snippet("Python", operation, "u")).toContain('{"a": None, "flags": [True, 1.5]}');
});

test("every language has a snippet", () => {
  for (const language of LANGUAGES) expect(snippet(language, operation, "u")).toContain("task(a: $a");
});

test("subscriptions are followed, not requested once", () => {
  const live = { query: "# mutation\nsubscription Live { changes { sequence } }" };
  expect(snippet("curl", live, "u")).toContain("text/event-stream");
  expect(snippet("fetch", live, "http://host/graphql")).toContain('url: "ws://host/graphql"');
  expect(snippet("Apollo Client", live, "u")).toContain("client.subscribe({ query: document");
  expect(snippet("urql", live, "u")).toContain("client.subscription(document");
  expect(snippet("Python", live, "u")).toContain("httpx.stream");
});
