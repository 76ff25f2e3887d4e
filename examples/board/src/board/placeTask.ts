import type { ColumnFragment, TaskCardFragment } from "../gql/graphql";

export interface Placement {
  /** The state that the task had before; null for a new task. */
  fromStateId: string | null;
  /** The card above, or null for the top. If omitted, the task's rank decides. */
  afterId?: string | null;
}

/**
 * Put a task into the column of its state, and take it out of the others.
 *
 * The one function that changes the board: it gets the task as a mutation returned it, or as a change
 * by others shows it.
 */
export function placeTask(
  columns: readonly ColumnFragment[],
  task: TaskCardFragment,
  { fromStateId, afterId }: Placement,
): ColumnFragment[] {
  return columns.map((column) => {
    if (column.key?.__typename !== "State" || !column.tasks) return column;
    const nodes = column.tasks.nodes.filter(({ id }) => id !== task.id);
    const stateId = column.key.id;
    const isTarget = stateId === task.state.id;
    const count = column.count + Number(isTarget) - Number(stateId === fromStateId);
    if (isTarget) {
      const index = findIndex(nodes, task, afterId, column.tasks.pageInfo.hasNextPage);
      if (index !== null) nodes.splice(index, 0, task);
    }
    return { ...column, count, tasks: { ...column.tasks, nodes } };
  });
}

/** Return where the task belongs, or null if that is below the loaded cards. */
function findIndex(
  nodes: readonly TaskCardFragment[],
  task: TaskCardFragment,
  afterId: string | null | undefined,
  hasMore: boolean,
): number | null {
  if (afterId === null) return 0;
  const above = nodes.findIndex(({ id }) => id === afterId);
  if (above >= 0) return above + 1;
  const below = nodes.findIndex(({ rank }) => rank > task.rank);
  if (below >= 0) return below;
  return hasMore ? null : nodes.length;
}
