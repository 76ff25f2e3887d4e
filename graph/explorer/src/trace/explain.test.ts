import { expect, test } from "vitest";
import { explainNodes } from "./ExplainTree";

test("plans of all databases are trees", () => {
  const [append] = explainNodes([
    { Plan: { "Node Type": "Append", "Total Cost": 2, "Plan Rows": 3, Plans: [{ "Node Type": "Seq Scan", "Relation Name": "tasks", Filter: "(a = ?)" }] } },
  ]);
  expect(append).toMatchObject({ title: "Append", rows: "3", cost: "2.0" });
  expect(append!.children[0]).toMatchObject({ title: "Seq Scan", of: "tasks", details: [["Filter", "(a = ?)"]] });
  const sqlite = explainNodes([{ id: 2, parent: 0, detail: "MATERIALIZE page" }, { id: 5, parent: 2, detail: "SEARCH tasks USING INDEX x" }]);
  expect(sqlite).toHaveLength(1);
  expect(sqlite[0]!.children[0]).toMatchObject({ title: "SEARCH", of: "tasks USING INDEX x" });
  expect(explainNodes([{ id: 1, table: "tasks", type: "ref", rows: 4, key: "i" }])[0]).toMatchObject({ title: "ref", of: "tasks", rows: "4" });
  expect(explainNodes(null)).toEqual([]);
});
