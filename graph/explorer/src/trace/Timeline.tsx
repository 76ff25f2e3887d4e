import { useStore } from "../store";
import { deepest, hoveredPath, pathsOf, plural, type Step, type Trace } from "./trace";

const ROW = 22;
const LABEL = 190;
const WIDTH = 560;

interface Bar {
  key: string;
  kind: string;
  label: string;
  note: string;
  start: number;
  length: number;
  statement?: number;
  steps: number[];
  isRepeated: boolean;
}

export function barsOf(trace: Trace): Bar[] {
  const spans = trace.spans.map(({ kind, name, startMs, durationMs, keys }, place): Bar => ({
    key: `span-${place}`,
    kind,
    label: keys === undefined ? name : `${name}, ${plural(keys, "key")}`,
    note: `${durationMs.toFixed(2)} ms`,
    start: startMs,
    length: durationMs,
    steps: [],
    isRepeated: false,
  }));
  const statements = trace.statements.map(({ id, startMs, durationMs, rows, steps, isRepeated }): Bar => ({
    key: `statement-${id}`,
    kind: "statement",
    label: `statement ${id + 1}${isRepeated ? " (repeated)" : ""}`,
    note: `${durationMs.toFixed(2)} ms${rows === null ? "" : `, ${plural(rows, "row")}`}`,
    start: startMs,
    length: durationMs,
    statement: id,
    steps,
    isRepeated,
  }));
  return [...spans, ...statements].sort((one, other) => one.start - other.start);
}

/** When what happened: each part of the operation as a bar. */
export function Timeline({ trace, selected, onSelect }: {
  trace: Trace;
  selected: number | null;
  onSelect: (statement: number) => void;
}) {
  const hovered = useStore(hoveredPath);
  const bars = barsOf(trace);
  const total = Math.max(trace.durationMs, ...bars.map(({ start, length }) => start + length), 0.001);
  const lit = deepest(pathsOf(trace), hovered);
  const steps = (trace.plan?.stages ?? []).flat().flatMap((unit): Step[] => unit.steps);
  const litSteps = new Set(steps.filter(({ paths }) => lit !== null && paths.includes(lit)).map(({ number }) => number));
  const at = (ms: number) => LABEL + (ms / total) * (WIDTH - LABEL - 8);
  const height = (bars.length + 1) * ROW;
  return (
    <svg className="timeline" viewBox={`0 0 ${WIDTH} ${height}`} role="group" aria-label={`Timeline of ${total.toFixed(1)} ms`}>
      {[0, 0.5, 1].map((part) => (
        <g key={part} className="tick">
          <line x1={at(total * part)} x2={at(total * part)} y1={ROW - 4} y2={height} />
          <text x={at(total * part)} y={14} textAnchor={part === 1 ? "end" : part ? "middle" : "start"}>
            {(total * part).toFixed(1)} ms
          </text>
        </g>
      ))}
      {bars.map((bar, place) => {
        const y = (place + 1) * ROW;
        const isLit = bar.steps.some((step) => litSteps.has(step));
        const select = () => bar.statement !== undefined && onSelect(bar.statement);
        const interactive = bar.statement !== undefined
          ? {
              role: "button",
              tabIndex: 0,
              "aria-pressed": selected === bar.statement,
              onClick: select,
              onKeyDown: (event: React.KeyboardEvent) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), select()),
            }
          : {};
        const [first] = steps.filter(({ number }) => bar.steps.includes(number));
        return (
          <g
            key={bar.key}
            className={`bar ${bar.kind}${isLit ? " lit" : ""}${bar.isRepeated ? " repeated" : ""}${selected !== null && bar.statement === selected ? " selected" : ""}`}
            onMouseEnter={() => first && hoveredPath.set(first.paths[0] ?? null)}
            onMouseLeave={() => first && hoveredPath.set(null)}
            {...interactive}
          >
            <title>{`${bar.label}: ${bar.note}`}</title>
            <rect className="hit" x={0} y={y} width={WIDTH} height={ROW} />
            <text className="label" x={4} y={y + 15}>{shortened(bar.label)}</text>
            <rect className="length" x={at(bar.start)} y={y + 5} width={Math.max(2, at(bar.start + bar.length) - at(bar.start))} height={ROW - 10} rx={2} />
            <Note at={at(bar.start + bar.length)} y={y + 15} text={bar.note} before={at(bar.start)} />
          </g>
        );
      })}
    </svg>
  );
}

function Note({ at, y, text, before }: { at: number; y: number; text: string; before: number }) {
  const fits = at + text.length * 6 < WIDTH;
  return <text className="note" x={fits ? at + 5 : before - 5} y={y} textAnchor={fits ? "start" : "end"}>{text}</text>;
}

function shortened(text: string): string {
  return text.length > 30 ? `${text.slice(0, 29)}…` : text;
}
