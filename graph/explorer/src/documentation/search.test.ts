import { buildSchema } from "graphql";
import { expect, test } from "vitest";
import { entriesOf, search } from "./search";

const entries = entriesOf(buildSchema(`
  type Query { task("The key, such as WEB-1." key: String): Task }
  "Something to do." type Task { "What it is about." title: String dueOn: String }
  input TaskFilter { "Tasks that are late." overdue: Boolean }
  enum Priority { "As soon as possible." HIGH }
`));
const names = (words: string) => search(entries, words).map(({ name }) => name);

test("names are found before descriptions", () => {
  expect(names("task")[0]).toBe("Task");
  expect(names("title task")).toEqual(["Task.title"]);
  expect(names("key")).toEqual(["Query.task"]);
});

test("descriptions are searched, with those of arguments, inputs and values", () => {
  expect(names("about")).toEqual(["Task.title"]);
  expect(names("such as web-1")).toEqual(["Query.task"]);
  expect(names("late")).toEqual(["TaskFilter.overdue"]);
  expect(names("soon possible")).toEqual(["Priority.HIGH"]);
});

test("nothing is found for nothing", () => {
  expect(names(" ")).toEqual([]);
  expect(names("soon unknown")).toEqual([]);
});
