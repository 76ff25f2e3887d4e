import { expect, test } from "vitest";
import { fieldRanges, pathAt } from "./fieldPaths";

const query = "query { w: workspace { tasks { ...T ... on X { id } } } } fragment T on Y { title }";

test("fields have the paths of their keys", () => {
  expect(fieldRanges(query).map(({ path }) => path)).toEqual(["w", "w.tasks", "w.tasks.title", "w.tasks.id"]);
  expect(fieldRanges("{ broken")).toEqual([]);
});

test("the innermost field is found by an offset", () => {
  const ranges = fieldRanges(query);
  expect(pathAt(ranges, query.indexOf("title") + 2)).toBe("w.tasks.title");
  expect(pathAt(ranges, query.indexOf("tasks"))).toBe("w.tasks");
  expect(pathAt(ranges, 0)).toBeNull();
});
