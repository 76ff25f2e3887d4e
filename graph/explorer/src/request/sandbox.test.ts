import { buildSchema } from "graphql";
import { expect, test } from "vitest";
import { NotPreviewable, withDryRun } from "./sandbox";

const schema = buildSchema(`
  type Query { a: Int }
  type Task { id: ID title(upper: Boolean): String }
  type Mutation {
    taskCreate(title: String, dryRun: Boolean = false): Task
    signOut: Int
  }
`);
const plain = (text: string) => text.replace(/\s+/g, " ").trim();

test("every mutation gets dryRun, whatever it had", () => {
  const query = `mutation ($dry: Boolean, $t: String) {
    a: taskCreate(title: $t, dryRun: $dry) { id title(upper: true) } ...F
  } fragment F on Mutation { taskCreate { id } }`;
  expect(plain(withDryRun(query, schema))).toBe(
    "mutation ($t: String) { a: taskCreate(title: $t, dryRun: true) { id title(upper: true) } ...F } " +
      "fragment F on Mutation { taskCreate(dryRun: true) { id } }",
  );
});

test("queries stay as they are", () => {
  expect(plain(withDryRun("{ a }", schema))).toBe("{ a }");
});

test("a mutation without dryRun is refused", () => {
  expect(() => withDryRun("mutation { signOut }", schema)).toThrow(NotPreviewable);
});
