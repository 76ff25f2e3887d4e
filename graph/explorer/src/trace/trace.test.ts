import { expect, test } from "vitest";
import { deepest, isRelated, totals, type Trace } from "./trace";

test("a field is shown by the step of the deepest path above it", () => {
  const paths = ["workspace", "workspace.tasks.nodes", "workspace.tasks.nodes.state"];
  expect(deepest(paths, "workspace.tasks.nodes.title")).toBe("workspace.tasks.nodes");
  expect(deepest(paths, "workspace.tasks.nodes.state.name")).toBe("workspace.tasks.nodes.state");
  expect(deepest(paths, "workspace.tasks")).toBe("workspace.tasks.nodes");
  expect(deepest(paths, "viewer")).toBeNull();
  expect(deepest(paths, null)).toBeNull();
});

test("paths are related to those above and below them", () => {
  expect(isRelated("a.b", "a")).toBe(true);
  expect(isRelated("a", "a.b")).toBe(true);
  expect(isRelated("ab", "a")).toBe(false);
  expect(isRelated("a", null)).toBe(false);
});

test("totals count statements", () => {
  const trace = { statements: [{}], durationMs: 3.04 } as Trace;
  expect(totals({ trace, cost: { requested: 25_000, actual: 312 }, milliseconds: 9 })).toBe(
    "1 statement, 3.0 ms, cost 312, estimated 25,000",
  );
});
