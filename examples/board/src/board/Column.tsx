import { useLazyQuery } from "@apollo/client/react";
import { useRef, useState, type KeyboardEvent } from "react";
import { errorMessage } from "../api/errors";
import { graphql } from "../gql";
import type { ColumnFragment, TaskCardFragment } from "../gql/graphql";
import { PlusIcon, StateIcon } from "../ui/icons";
import { toast } from "../ui/toasts";
import { Card } from "./Card";
import { useBoard } from "./context";
import type { Filters } from "./filters";
import { NewTask } from "./NewTask";
import type { Drag } from "./useDrag";

graphql(`
  fragment Column on TaskGroup {
    id
    title
    count
    key {
      ... on State {
        id
        category
        color
      }
    }
    tasks(first: 20) {
      nodes {
        ...TaskCard
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

/** The ID of a group contains the board's filter, so one column is loaded without the others. */
const COLUMN_PAGE = graphql(`
  query ColumnPage($id: ID!, $after: String) {
    node(id: $id) {
      id
      ... on TaskGroup {
        count
        tasks(first: 20, after: $after) {
          nodes {
            ...TaskCard
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`);

interface Props {
  column: ColumnFragment;
  filters: Filters;
  isFiltered: boolean;
  drag: Drag | null;
  hrefOf: (task: TaskCardFragment) => string;
  onOpen: (task: TaskCardFragment) => void;
  onCardKeyDown: (event: KeyboardEvent, task: TaskCardFragment) => void;
}

export function Column({ column, filters, isFiltered, drag, hrefOf, onOpen, onCardKeyDown }: Props) {
  const { workspace } = useBoard();
  const [isAdding, setAdding] = useState(false);
  const addButton = useRef<HTMLButtonElement>(null);
  const [loadPage, { loading }] = useLazyQuery(COLUMN_PAGE, { fetchPolicy: "network-only" });
  if (column.key?.__typename !== "State") return null;

  const nodes = column.tasks?.nodes ?? [];
  const pageInfo = column.tasks?.pageInfo;
  const target = drag?.target?.columnId === column.id ? drag.target : null;
  // The line where the card would be dropped. The dragged card itself does not count.
  const others = nodes.filter(({ id }) => id !== drag?.taskId);
  const dropBefore = target ? others[target.index]?.id : undefined;

  const loadMore = async () => {
    const { error } = await loadPage({ variables: { id: column.id, after: pageInfo?.endCursor } });
    if (error) toast(`The column was not loaded. ${errorMessage(error)}`, { isError: true });
  };
  const closeForm = () => {
    setAdding(false);
    requestAnimationFrame(() => addButton.current?.focus());
  };

  return (
    <section className={target ? "column target" : "column"} data-column={column.id} aria-label={column.title}>
      <header className="column-header">
        <StateIcon color={column.key.color} category={column.key.category} />
        <h2>{column.title}</h2>
        <span className="count" aria-label={`${column.count} tasks`}>{column.count}</span>
        {workspace.viewerCanWrite && (
          <button
            ref={addButton}
            className="icon-button"
            aria-label={`New task in ${column.title}`}
            title="New task"
            onClick={() => setAdding(true)}
          >
            <PlusIcon />
          </button>
        )}
      </header>
      <div className="cards" data-cards>
        {isAdding && (
          <NewTask stateId={column.key.id} firstId={nodes[0]?.id ?? null} projectKey={filters.project} onClose={closeForm} />
        )}
        <ul>
          {nodes.map((task) => (
            <Card
              key={task.id}
              task={task}
              href={hrefOf(task)}
              isDragged={drag?.taskId === task.id}
              isBelowDrop={task.id === dropBefore}
              onOpen={onOpen}
              onKeyDown={onCardKeyDown}
            />
          ))}
        </ul>
        {target && !dropBefore && <div className="drop-line" />}
        {nodes.length === 0 && !isAdding && (
          <p className="empty">{isFiltered ? "No matching tasks" : "No tasks"}</p>
        )}
        {pageInfo?.hasNextPage && (
          <button className="load-more" disabled={loading} onClick={() => void loadMore()}>
            {loading ? "Loading…" : `Load more (${column.count - nodes.length} left)`}
          </button>
        )}
      </div>
    </section>
  );
}
