import { useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";

/** Where a card would be dropped: before the index-th of the other cards of a column. */
export interface DropTarget {
  columnId: string;
  index: number;
}

export interface Drag {
  taskId: string;
  width: number;
  target: DropTarget | null;
}

const START_DISTANCE = 5;
const LONG_PRESS = 300;
const EDGE = 48;
const SCROLL_SPEED = 12;

/**
 * Drag cards by mouse, pen or touch.
 *
 * Pointer events, because HTML drag and drop does not work by touch. A finger drags after a long press
 * and scrolls otherwise. Cards have `data-task`, columns `data-column`, and their lists `data-cards`.
 */
export function useDrag(board: RefObject<HTMLElement | null>, onDrop: (taskId: string, target: DropTarget) => void) {
  const [drag, setDrag] = useState<Drag | null>(null);
  const ghost = useRef<HTMLDivElement>(null);
  const stop = useRef<() => void>(() => undefined);

  useEffect(() => () => stop.current(), []);

  // Scrolling can only be prevented by a listener that is there, and not passive, when a touch begins.
  const isDragging = useRef(false);
  useEffect(() => {
    const element = board.current;
    const prevent = (event: Event) => { if (isDragging.current) event.preventDefault(); };
    element?.addEventListener("touchmove", prevent, { passive: false });
    element?.addEventListener("contextmenu", prevent);
    return () => {
      element?.removeEventListener("touchmove", prevent);
      element?.removeEventListener("contextmenu", prevent);
    };
  }, [board]);

  function onPointerDown(down: PointerEvent): void {
    const card = (down.target as Element).closest<HTMLElement>("[data-task][data-draggable]");
    if (!card || down.button !== 0 || !down.isPrimary) return;
    const taskId = card.dataset.task!;
    const box = card.getBoundingClientRect();
    const grip = { x: down.clientX - box.left, y: down.clientY - box.top };
    const pointer = { x: down.clientX, y: down.clientY };
    let target: DropTarget | null = null;
    let frame = 0;

    const begin = () => {
      isDragging.current = true;
      document.documentElement.classList.add("dragging");
      window.getSelection()?.removeAllRanges();
      frame = requestAnimationFrame(follow);
    };
    const follow = () => {
      scrollAtEdges(board.current!, pointer);
      const found = findTarget(board.current!, pointer, taskId);
      if (!target || found?.columnId !== target.columnId || found.index !== target.index) {
        target = found;
        setDrag({ taskId, width: box.width, target });
      }
      if (ghost.current) {
        ghost.current.style.transform = `translate(${pointer.x - grip.x}px, ${pointer.y - grip.y}px) rotate(1.5deg)`;
      }
      frame = requestAnimationFrame(follow);
    };
    const move = (event: globalThis.PointerEvent) => {
      if (event.pointerId !== down.pointerId) return;
      pointer.x = event.clientX;
      pointer.y = event.clientY;
      if (isDragging.current) return;
      const distance = Math.hypot(pointer.x - down.clientX, pointer.y - down.clientY);
      if (distance < START_DISTANCE) return;
      if (down.pointerType === "touch") end();
      else begin();
    };
    const end = () => {
      cancelAnimationFrame(frame);
      window.clearTimeout(press);
      listening.abort();
      if (isDragging.current) {
        // The click that follows must not open the card.
        window.addEventListener("click", swallow, { capture: true, once: true });
        window.setTimeout(() => window.removeEventListener("click", swallow, { capture: true }));
      }
      isDragging.current = false;
      document.documentElement.classList.remove("dragging");
      setDrag(null);
    };
    const up = () => {
      const dropped = isDragging.current ? findTarget(board.current!, pointer, taskId) : null;
      end();
      if (dropped) onDrop(taskId, dropped);
    };
    const press = window.setTimeout(down.pointerType === "touch" ? begin : () => undefined, LONG_PRESS);
    const listening = new AbortController();
    const { signal } = listening;
    window.addEventListener("pointermove", move, { signal });
    window.addEventListener("pointerup", up, { signal });
    window.addEventListener("pointercancel", end, { signal });
    window.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && isDragging.current) {
        event.stopPropagation();
        end();
      }
    }, { signal, capture: true });
    stop.current = end;
  }

  return { drag, ghost, onPointerDown };
}

function swallow(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

interface Point {
  x: number;
  y: number;
}

function findTarget(board: HTMLElement, { x, y }: Point, taskId: string): DropTarget | null {
  for (const column of board.querySelectorAll<HTMLElement>("[data-column]")) {
    const { left, right } = column.getBoundingClientRect();
    if (x < left || x > right) continue;
    const cards = [...column.querySelectorAll<HTMLElement>("[data-task]")];
    const others = cards.filter((card) => card.dataset.task !== taskId);
    const index = others.filter((card) => {
      const { top, height } = card.getBoundingClientRect();
      return top + height / 2 < y;
    }).length;
    return { columnId: column.dataset.column!, index };
  }
  return null;
}

function scrollAtEdges(board: HTMLElement, { x, y }: Point): void {
  const box = board.getBoundingClientRect();
  if (x < box.left + EDGE) board.scrollLeft -= SCROLL_SPEED;
  else if (x > box.right - EDGE) board.scrollLeft += SCROLL_SPEED;
  for (const list of board.querySelectorAll<HTMLElement>("[data-cards]")) {
    const { left, right, top, bottom } = list.getBoundingClientRect();
    if (x < left || x > right) continue;
    if (y < top + EDGE) list.scrollTop -= SCROLL_SPEED;
    else if (y > bottom - EDGE) list.scrollTop += SCROLL_SPEED;
  }
}
