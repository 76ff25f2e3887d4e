import { useStore } from "../store";
import { deepest, hoveredPath, pathsOf, type Step, type Trace, type Unit } from "./trace";

const KINDS: Record<string, string> = {
  "rows by key": "rows by key",
  "row by a composite key": "one row",
  page: "page",
  list: "list",
  count: "count",
  "the viewer's row": "the viewer",
  "calls of a resolver": "resolver",
  "attribute of objects": "attribute",
};

/** What is loaded, stage by stage. The steps of one box are one statement. */
export function PlanDiagram({ trace }: { trace: Trace }) {
  const hovered = useStore(hoveredPath);
  if (!trace.plan) {
    return (
      <p className="muted">
        {trace.reason
          ? `This operation has no plan: ${trace.reason}.`
          : "The reference executor resolves it field by field; the batches are in the timeline."}
      </p>
    );
  }
  const lit = deepest(pathsOf(trace), hovered);
  return (
    <ol className="plan" aria-label="Plan">
      {trace.plan.stages.map((units, number) => (
        <li key={number}>
          <span className="stage">Stage {number + 1}</span>
          {units.map((unit, place) => <UnitBox key={place} unit={unit} lit={lit} trace={trace} />)}
        </li>
      ))}
    </ol>
  );
}

function UnitBox({ unit, lit, trace }: { unit: Unit; lit: string | null; trace: Trace }) {
  const numbers = new Set(unit.steps.map(({ number }) => number));
  const statements = trace.statements.filter(({ steps }) => steps.some((one) => numbers.has(one)));
  const label = unit.isStacked ? `${unit.steps.length} lookups merged into one statement` : "";
  return (
    <div className={unit.isStacked ? "unit stacked" : "unit"}>
      {(label || statements.length > 0) && (
        <div className="unit-label">
          {label}
          {statements.map(({ id }) => <span key={id} className="badge">statement {id + 1}</span>)}
        </div>
      )}
      <ul>
        {unit.steps.map((step) => <StepLine key={step.number} step={step} isLit={lit !== null && step.paths.includes(lit)} />)}
      </ul>
    </div>
  );
}

/** The last fields of a path. */
function ending(path: string): string {
  const fields = path.split(".");
  return fields.length > 2 ? `…${fields.slice(-2).join(".")}` : path;
}

function StepLine({ step, isLit }: { step: Step; isLit: boolean }) {
  const [path = ""] = step.paths;
  return (
    <li
      className={isLit ? "step lit" : "step"}
      onMouseEnter={() => hoveredPath.set(path.replace(/\.nodes$/, "") || null)}
      onMouseLeave={() => hoveredPath.set(null)}
      tabIndex={0}
      onFocus={() => hoveredPath.set(path.replace(/\.nodes$/, "") || null)}
      onBlur={() => hoveredPath.set(null)}
      title={`${step.paths.join(", ")}\nkeys: ${step.keys.join("; ")}${step.columns.length ? `\ncolumns: ${step.columns.join(", ")}` : ""}`}
    >
      <span className={`kind ${step.kind.split(" ")[0]}`}>{KINDS[step.kind] ?? step.kind}</span>
      <span className="model">{step.model ?? ""}</span>
      <code>{step.paths.map(ending).join(", ")}</code>
    </li>
  );
}
