/** `extensions.trace`, and what the panel derives from it. */
import { Store } from "../store";

export interface Span {
  kind: string;
  name: string;
  startMs: number;
  durationMs: number;
  keys?: number;
}

export interface Statement {
  id: number;
  sql: string;
  startMs: number;
  durationMs: number;
  rows: number | null;
  steps: number[];
  isRepeated: boolean;
  explain: unknown;
}

export interface Step {
  number: number;
  kind: string;
  model: string | null;
  paths: string[];
  keys: string[];
  columns: string[];
}

export interface Unit {
  isStacked: boolean;
  steps: Step[];
}

export interface Trace {
  refused?: string;
  executor: "planned" | "reference";
  reason: string | null;
  durationMs: number;
  databaseMs: number;
  isTruncated: boolean;
  spans: Span[];
  statements: Statement[];
  plan: { places: { path: string; type: string }[]; stages: Unit[][] } | null;
  costs: { path: string; requested: number; objects: number }[];
}

export interface Run {
  trace?: Trace;
  cost?: { requested: number; actual: number };
  milliseconds: number;
}

export interface LastRun extends Run {
  query: string;
  /** The same operation by the reference executor. */
  compared?: Run;
}

/** The operation that was run last. */
export const lastRun = new Store<LastRun | null>(null);
/** The path of the field under the pointer, in the editor or in the panel. */
export const hoveredPath = new Store<string | null>(null);

/** Whether a path is another one, or above or below it. */
export function isRelated(path: string, hovered: string | null): boolean {
  if (hovered === null || !path) return false;
  return path === hovered || path.startsWith(`${hovered}.`) || hovered.startsWith(`${path}.`);
}

/** Whether a hovered field is shown by rows of a step: the step of the deepest path above the field. */
export function deepest(paths: Iterable<string>, hovered: string | null): string | null {
  if (hovered === null) return null;
  let found: string | null = null;
  for (const path of paths) {
    const isAbove = hovered === path || hovered.startsWith(`${path}.`) || `${hovered}.nodes` === path;
    if (isAbove && (found === null || path.length > found.length)) found = path;
  }
  return found;
}

/** The paths that a plan's steps load. */
export function pathsOf(trace: Trace): string[] {
  return (trace.plan?.stages ?? []).flat().flatMap(({ steps }) => steps.flatMap(({ paths }) => paths));
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** The totals of a run: "1 statement, 3 ms, cost 312 of 25,000". */
export function totals({ trace, cost, milliseconds }: Run): string {
  const parts = [];
  if (trace?.statements) parts.push(plural(trace.statements.length, "statement"));
  parts.push(`${(trace?.durationMs ?? milliseconds).toFixed(1)} ms`);
  if (cost) parts.push(`cost ${cost.actual.toLocaleString("en")}, estimated ${cost.requested.toLocaleString("en")}`);
  return parts.join(", ");
}
