import type { GraphiQLPlugin } from "@graphiql/react";
import { useEffect, useState } from "react";
import { executor } from "../request/settings";
import { useStore } from "../store";
import { ExplainTree } from "./ExplainTree";
import { PlanDiagram } from "./PlanDiagram";
import { Timeline } from "./Timeline";
import { hoveredPath, isRelated, lastRun, totals, type Run, type Statement, type Trace } from "./trace";

export const tracePlugin: GraphiQLPlugin = { title: "Trace", icon: TraceIcon, content: TracePanel };

function TracePanel() {
  const run = useStore(lastRun);
  const chosen = useStore(executor);
  return (
    <section className="panel trace" aria-label="Trace">
      <h2>Trace</h2>
      <label className="inline">
        Executed by
        <select value={chosen} onChange={(event) => executor.set(event.target.value)}>
          <option value="engine">the engine</option>
          <option value="reference">the reference executor</option>
          <option value="both">both, side by side</option>
        </select>
      </label>
      {run ? <Runs run={run} /> : <p className="muted">Run a query or a mutation to see what it does.</p>}
    </section>
  );
}

function Runs({ run }: { run: Run & { compared?: Run } }) {
  if (!run.compared) return <OneRun run={run} />;
  return (
    <div className="compared">
      <div><h3>Engine</h3><OneRun run={run} /></div>
      <div><h3>Reference executor</h3><OneRun run={run.compared} /></div>
    </div>
  );
}

function OneRun({ run }: { run: Run }) {
  const { trace } = run;
  const [selected, setSelected] = useState<number | null>(null);
  useEffect(() => setSelected(null), [trace]);
  if (!trace) return <p className="totals">{totals(run)}</p>;
  if (trace.refused) return <><p className="totals">{totals({ ...run, trace: undefined })}</p><p className="muted">{trace.refused}</p></>;
  const statement = trace.statements.find(({ id }) => id === selected);
  const repeated = trace.statements.filter(({ isRepeated }) => isRepeated).length;
  return (
    <>
      <p className="totals" data-statements={trace.statements.length}>{totals(run)}</p>
      {repeated > 0 && (
        <p className="warning" role="status">N+1: {repeated} statements are the same with other keys.</p>
      )}
      <h3>Timeline</h3>
      <Timeline trace={trace} selected={selected} onSelect={(id) => setSelected(id === selected ? null : id)} />
      {statement ? <StatementDetails statement={statement} /> : <p className="hint">Choose a statement to see its SQL and how the database executes it.</p>}
      <h3>Plan</h3>
      <PlanDiagram trace={trace} />
      <Costs trace={trace} />
    </>
  );
}

function StatementDetails({ statement }: { statement: Statement }) {
  return (
    <div className="statement" aria-label={`Statement ${statement.id + 1}`} role="region">
      <h3>How the database executes statement {statement.id + 1}</h3>
      <ExplainTree explain={statement.explain} />
      <details>
        <summary>SQL</summary>
        <pre tabIndex={0}>{statement.sql}</pre>
      </details>
    </div>
  );
}

function Costs({ trace }: { trace: Trace }) {
  const hovered = useStore(hoveredPath);
  if (!trace.costs.length) return null;
  const most = Math.max(...trace.costs.map(({ requested }) => requested), 1);
  return (
    <>
      <h3>Cost by path</h3>
      <table className="costs">
        <thead><tr><th>path</th><th>estimated</th><th>objects</th></tr></thead>
        <tbody>
          {trace.costs.map(({ path, requested, objects }) => (
            <tr
              key={path}
              className={path === hovered ? "lit" : isRelated(path, hovered) ? "near" : ""}
              onMouseEnter={() => hoveredPath.set(path)}
              onMouseLeave={() => hoveredPath.set(null)}
            >
              <td style={{ paddingInlineStart: `${(path.split(".").length - 1) * 10 + 4}px` }} title={path}>
                <code>{path.split(".").at(-1)}</code>
              </td>
              <td><meter min={0} max={most} value={requested} aria-label={`Estimated cost of ${path}`} />{" "}
                {requested.toLocaleString("en")}</td>
              <td>{objects ? objects.toLocaleString("en") : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function TraceIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" aria-hidden="true">
      <path d="M4 6h8M8 12h10M6 18h6M4 3v18" />
    </svg>
  );
}
