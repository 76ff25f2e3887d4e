import { useSyncExternalStore } from "react";
import { CloseIcon } from "./icons";

interface Toast {
  id: number;
  text: string;
  isError: boolean;
  action?: { label: string; run: () => void };
}

const LIFETIME = 8_000;
const listeners = new Set<() => void>();
let toasts: readonly Toast[] = [];
let announcement = "";
let lastId = 0;

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

/** Show a message, and have screen readers say it. */
export function toast(text: string, options: { isError?: boolean; action?: Toast["action"] } = {}): void {
  const id = ++lastId;
  announcement = text;
  set([...toasts.slice(-2), { id, text, isError: options.isError ?? false, action: options.action }]);
  window.setTimeout(() => dismiss(id), LIFETIME);
}

/** Have screen readers say something that sighted people see anyway. */
export function announce(text: string): void {
  announcement = text;
  set([...toasts]);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <>
      <div className="visually-hidden" aria-live="polite">{announcement}</div>
      <div className="toasts">
        {shown.map(({ id, text, isError, action }) => (
          <div key={id} className={isError ? "toast error" : "toast"}>
            <span>{text}</span>
            {action && (
              <button className="toast-action" onClick={() => { dismiss(id); action.run(); }}>
                {action.label}
              </button>
            )}
            <button className="icon-button" aria-label="Dismiss" onClick={() => dismiss(id)}>
              <CloseIcon />
            </button>
          </div>
        ))}
      </div>
    </>
  );
}
