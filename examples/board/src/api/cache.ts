import { InMemoryCache, type FieldPolicy, type Reference } from "@apollo/client";

interface Page {
  nodes?: Reference[];
  pageInfo?: object;
}

/**
 * Join the pages of a connection to one list, in either direction.
 *
 * A page without a cursor replaces the list. A task that was dropped below the last loaded card comes
 * again with the next page, so nodes that are already listed are left out. A selection without nodes,
 * such as a count, keeps them.
 */
const pages: FieldPolicy<Page> = {
  keyArgs: false,
  merge(existing, incoming, { args }) {
    if (!existing) return incoming;
    const old = existing.nodes ?? [];
    const known = new Set(old.map((node) => node.__ref));
    const added = (incoming.nodes ?? []).filter((node) => !known.has(node.__ref));
    const nodes = args?.after
      ? [...old, ...added]
      : args?.before
        ? [...added, ...old]
        : (incoming.nodes ?? existing.nodes);
    const pageInfo = { ...existing.pageInfo, ...incoming.pageInfo };
    return { ...existing, ...incoming, ...(nodes && { nodes }), pageInfo };
  },
};

/** Objects are stored once, by their ID, so a mutation that selects a task updates it everywhere. */
export function createCache(): InMemoryCache {
  return new InMemoryCache({
    typePolicies: {
      TaskGroup: { fields: { tasks: pages } },
      Task: {
        fields: { comments: pages, assignees: { merge: false }, labels: { merge: false } },
      },
    },
  });
}
