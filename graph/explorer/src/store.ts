import { useSyncExternalStore } from "react";

/** A value that components watch. */
export class Store<Value> {
  #value: Value;
  #listeners = new Set<() => void>();

  constructor(value: Value) {
    this.#value = value;
  }

  get = (): Value => this.#value;

  set = (value: Value): void => {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  };

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

export function useStore<Value>(store: Store<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** A store that the browser remembers. */
export function remembered(key: string, initial: string): Store<string> {
  const store = new Store(localStorage.getItem(key) ?? initial);
  store.subscribe(() => localStorage.setItem(key, store.get()));
  return store;
}
