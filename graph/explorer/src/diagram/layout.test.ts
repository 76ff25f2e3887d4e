import { buildSchema } from "graphql";
import { expect, test } from "vitest";
import { layOut } from "./layout";

const schema = buildSchema(`
  type Query { user: User }
  type User { id: ID tasks: TaskConnection }
  type TaskConnection { nodes: [Task] }
  type Task { author: User title: String }
  type TaskPayload { task: Task }
`);

test("types with related types are boxes, connected through connections", () => {
  const { boxes, lines } = layOut(schema);
  expect(boxes.map(({ name }) => name).sort()).toEqual(["Task", "User"]);
  expect(boxes.find(({ name }) => name === "User")!.fields).toEqual([{ name: "tasks", type: "TaskConnection", target: "Task" }]);
  expect(lines.map(({ from, to }) => `${from}-${to}`).sort()).toEqual(["Task-User", "User-Task"]);
});
