/** The database's plan of a statement as a tree. */

export interface ExplainNode {
  title: string;
  of: string;
  details: [string, string][];
  rows: string;
  cost: string;
  children: ExplainNode[];
}

type Plain = Record<string, unknown>;
const HIDDEN = new Set([
  "Node Type", "Plans", "Parallel Aware", "Async Capable", "Startup Cost", "Total Cost", "Plan Rows", "Plan Width",
  "Relation Name", "Index Name", "CTE Name", "Alias", "Parent Relationship", "Subplans Removed",
]);

/** Read the plans of PostgreSQL, SQLite and MariaDB. */
export function explainNodes(explain: unknown): ExplainNode[] {
  if (!Array.isArray(explain)) return [];
  const rows = explain as Plain[];
  if (rows.every((row) => "Plan" in row)) return rows.map((row) => postgresNode(row.Plan as Plain));
  if (rows.every((row) => "detail" in row)) return sqliteNodes(rows);
  return rows.map((row) => ({
    title: String(row.type ?? row.selectType ?? "step"),
    of: String(row.table ?? ""),
    details: Object.entries(row).filter(([name, value]) => value !== null && !["type", "table", "rows"].includes(name)).map(([name, value]) => [name, String(value)]),
    rows: row.rows === null || row.rows === undefined ? "" : String(row.rows),
    cost: "",
    children: [],
  }));
}

function postgresNode(plan: Plain): ExplainNode {
  const of = plan["Index Name"] ?? plan["Relation Name"] ?? plan["CTE Name"] ?? "";
  return {
    title: String(plan["Node Type"]),
    of: String(of),
    details: Object.entries(plan).filter(([name]) => !HIDDEN.has(name)).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : String(value)]),
    rows: String(plan["Plan Rows"] ?? ""),
    cost: typeof plan["Total Cost"] === "number" ? plan["Total Cost"].toFixed(1) : "",
    children: ((plan.Plans ?? []) as Plain[]).map(postgresNode),
  };
}

function sqliteNodes(rows: Plain[]): ExplainNode[] {
  const nodes = new Map<unknown, ExplainNode>();
  const roots: ExplainNode[] = [];
  for (const row of rows) {
    const [title = "", ...rest] = String(row.detail).split(" ");
    const node = { title, of: rest.join(" "), details: [], rows: "", cost: "", children: [] } satisfies ExplainNode;
    nodes.set(row.id, node);
    (nodes.get(row.parent)?.children ?? roots).push(node);
  }
  return roots;
}

export function ExplainTree({ explain }: { explain: unknown }) {
  const nodes = explainNodes(explain);
  if (!nodes.length) return <p className="muted">The database's plan is shown for queries only, and on servers whose TASKLOOM_TRACE is everybody.</p>;
  return <ul className="explain" aria-label="How the database executes it">{nodes.map((node, place) => <Node key={place} node={node} />)}</ul>;
}

function Node({ node }: { node: ExplainNode }) {
  const isScan = /seq scan|^scan$|^ALL$/i.test(node.title);
  return (
    <li>
      <div className="explain-node">
        <strong className={isScan ? "scan" : ""}>{node.title}</strong> <span>{node.of}</span>
        <span className="muted">{[node.rows && `${node.rows} rows`, node.cost && `cost ${node.cost}`].filter(Boolean).join(", ")}</span>
      </div>
      {node.details.length > 0 && (
        <dl>{node.details.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      )}
      {node.children.length > 0 && <ul>{node.children.map((child, place) => <Node key={place} node={child} />)}</ul>}
    </li>
  );
}
