// What the drivers share: the server's address and tokens, and conditions to wait for.
import assert from "node:assert/strict";
import { after } from "node:test";

const setting = (name: string): string => {
  const value = process.env[name];
  assert(value, `${name} is not set`);
  return value;
};

/** A server that runs every document, and one that runs only registered ones. */
export const url = setting("CLIENTS_URL");
export const registeredUrl = setting("CLIENTS_REGISTERED_URL");
/** A token and the password of the user `demo`. */
export const token = setting("CLIENTS_TOKEN");
export const password = setting("CLIENTS_PASSWORD");

const send = globalThis.fetch;

/** A `fetch` that records requests. `lose` drops that many responses after the server's answer. */
export function recorder({ lose = 0 } = {}) {
  const requests: { url: string; body: any }[] = [];
  const recording: typeof fetch = async (input, init) => {
    const body = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
    requests.push({ url: String(input), body });
    const response = await send(input, init);
    if (lose > 0) {
      lose -= 1;
      await response.text();
      throw new TypeError("the connection was lost");
    }
    return response;
  };
  return { fetch: recording, requests };
}

/** Run an operation without a client, to check what the server has stored. */
export async function query(text: string, variables: object = {}): Promise<any> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: text, variables }),
  });
  const answer: any = await response.json();
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  return answer.data;
}

/** Caches tell about wrong keys, missing fields and unknown types only by warnings. */
export function failOnWarnings(): void {
  const warnings: unknown[][] = [];
  console.warn = console.error = (...parts) => void warnings.push(parts);
  after(() => assert.deepEqual(warnings, []));
}

/** Collect values until a condition holds for them. */
export class Seen<Value> {
  values: Value[] = [];
  #waiting: (() => void)[] = [];

  push = (value: Value): void => {
    this.values.push(value);
    for (const check of this.#waiting) check();
  };

  until(condition: (values: Value[]) => boolean): Promise<Value[]> {
    return new Promise((resolve) => {
      const check = () => {
        if (condition(this.values)) resolve(this.values);
      };
      this.#waiting.push(check);
      check();
    });
  }
}

/** A document that costs more than an operation may. */
export const expensive = `query Expensive {
  workspace(slug: "demo") {
    id
    tasks(first: 100) {
      nodes { id comments(first: 100) { nodes { id reactions(first: 100) { nodes { id } } } } }
    }
  }
}`;

/** A document that is not registered. */
export const unregistered = "query Unregistered { viewer { id handle } }";
