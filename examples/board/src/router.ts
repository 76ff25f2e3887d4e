/** The location: /{workspace}/{task key}?filters. Small enough to need no library. */
import { useSyncExternalStore } from "react";

export interface Location {
  workspace: string | null;
  taskKey: string | null;
  query: string;
}

const listeners = new Set<() => void>();
let current = read();

function read(): Location {
  const [workspace, taskKey] = window.location.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  return {
    workspace: workspace ?? null,
    taskKey: taskKey ?? null,
    query: window.location.search.replace(/^\?/, ""),
  };
}

function update(): void {
  current = read();
  for (const listener of listeners) listener();
}

window.addEventListener("popstate", update);

export function useLocation(): Location {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => current);
}

export function pathTo(workspace: string, taskKey: string | null, query: string): string {
  const path = [workspace, taskKey].filter((part) => part !== null).map(encodeURIComponent).join("/");
  return `/${path}${query && `?${query}`}`;
}

export function navigate(path: string, { replace = false } = {}): void {
  if (replace) window.history.replaceState(null, "", path);
  else window.history.pushState(null, "", path);
  update();
}
