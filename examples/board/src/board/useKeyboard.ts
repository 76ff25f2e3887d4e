import { useEffect, useLayoutEffect, useRef, type KeyboardEvent, type RefObject } from "react";
import type { ColumnFragment, TaskCardFragment } from "../gql/graphql";
import { announce } from "../ui/toasts";
import type { MoveTarget } from "./useMoveTask";

const STEPS: Record<string, readonly [columns: number, rows: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Arrows go to the next card, and with Alt they move the card. `/` goes to the search field. */
export function useKeyboard(
  board: RefObject<HTMLElement | null>,
  columns: readonly ColumnFragment[],
  moveTask: (task: TaskCardFragment, target: MoveTarget) => Promise<void>,
) {
  // A card that changes its column is a new element. It gets the focus that the old one had.
  const held = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (held.current && document.activeElement === document.body) focusCard(board.current, held.current);
  });

  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    window.addEventListener("pointerdown", () => { held.current = null; }, { signal });
    window.addEventListener("keydown", (event) => {
      const isTyping = (event.target as Element).closest("input, textarea, select");
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      document.querySelector<HTMLInputElement>("#search")?.focus();
    }, { signal });
    return () => listening.abort();
  }, []);

  function onCardKeyDown(event: KeyboardEvent, task: TaskCardFragment): void {
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const found = find(columns, task.id);
    if (!found) return;
    if (!event.altKey) {
      held.current = null;
      focusCard(board.current, neighbor(columns, found, step)?.id);
    } else if (task.viewerCanUpdate) {
      const target = targetOf(columns, found, step);
      if (!target) return;
      held.current = task.id;
      announce(`Moving ${task.key} to ${target.title}.`);
      void moveTask(task, target);
    }
  }

  const holdFocus = (taskId: string | null) => { held.current = taskId; };
  return { onCardKeyDown, holdFocus };
}

interface Place {
  column: number;
  row: number;
}

const cards = (columns: readonly ColumnFragment[], index: number) => columns[index]?.tasks?.nodes ?? [];

function find(columns: readonly ColumnFragment[], taskId: string): Place | null {
  for (const column of columns.keys()) {
    const row = cards(columns, column).findIndex(({ id }) => id === taskId);
    if (row >= 0) return { column, row };
  }
  return null;
}

function neighbor(columns: readonly ColumnFragment[], { column, row }: Place, step: readonly [number, number]) {
  if (step[1]) return cards(columns, column)[row + step[1]];
  for (let next = column + step[0]; next >= 0 && next < columns.length; next += step[0]) {
    const nodes = cards(columns, next);
    if (nodes.length) return nodes[Math.min(row, nodes.length - 1)];
  }
  return undefined;
}

function targetOf(columns: readonly ColumnFragment[], { column, row }: Place, step: readonly [number, number]): MoveTarget | null {
  const target = columns[column + step[0]];
  if (target?.key?.__typename !== "State") return null;
  const id = cards(columns, column)[row]?.id;
  const others = (target.tasks?.nodes ?? []).filter((task) => task.id !== id);
  const index = step[1] ? row + step[1] : Math.min(row, others.length);
  if (index < 0 || index > others.length) return null;
  return {
    stateId: target.key.id,
    title: target.title,
    afterId: others[index - 1]?.id ?? null,
    beforeId: others[index]?.id ?? null,
  };
}

function focusCard(board: HTMLElement | null, taskId: string | undefined): void {
  board?.querySelector<HTMLElement>(`[data-task="${taskId}"]`)?.focus();
}
