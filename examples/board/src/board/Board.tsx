import { useQuery } from "@apollo/client/react";
import { useCallback, useEffect, useMemo, useRef, type ReactNode } from "react";
import { errorMessage } from "../api/errors";
import { isSignedOutError } from "../api/client";
import { reportSignedOut } from "../api/session";
import type { ColumnFragment, TaskCardFragment } from "../gql/graphql";
import { navigate, pathTo, useLocation } from "../router";
import { Drawer } from "../task/Drawer";
import { Notice } from "../ui/Notice";
import { useMediaQuery } from "../ui/useMediaQuery";
import { BoardContext } from "./context";
import { CardContent } from "./Card";
import { Column } from "./Column";
import { FilterBar } from "./FilterBar";
import { isFiltered, readFilters, toTaskFilter, writeFilters, type Filters } from "./filters";
import { Header } from "./Header";
import { BOARD } from "./query";
import { Skeleton } from "./Skeleton";
import { useDrag, type DropTarget } from "./useDrag";
import { useKeyboard } from "./useKeyboard";
import { useLiveChanges } from "./useLiveChanges";
import { useMoveTask } from "./useMoveTask";

export function Board({ slug }: { slug: string }) {
  const { query } = useLocation();
  const filters = useMemo(() => readFilters(query), [query]);
  const variables = useMemo(() => ({ slug, filter: toTaskFilter(filters) }), [slug, filters]);
  const result = useQuery(BOARD, {
    variables,
    fetchPolicy: "cache-and-network",
    nextFetchPolicy: "cache-first",
  });
  const { error, loading, refetch } = result;
  // While other filters load, the last board stays.
  const data = result.data ?? result.previousData;

  useEffect(() => {
    if (result.data && !result.data.viewer) reportSignedOut();
  }, [result.data]);
  useEffect(() => {
    document.title = data?.workspace ? `${data.workspace.name} · Taskloom` : "Taskloom";
  }, [data?.workspace]);

  if (error && !isSignedOutError(error)) {
    return <Notice title="The board could not be loaded" text={errorMessage(error)} onRetry={() => void refetch()} />;
  }
  if (!data?.viewer) return <Skeleton />;
  if (!data.workspace) {
    return <Notice title="No such workspace" text={`There is no workspace “${slug}”, or you are not a member.`} />;
  }
  const change = (next: Filters) => navigate(pathTo(slug, null, writeFilters(next)), { replace: true });
  return (
    <BoardContext value={{ workspace: data.workspace, viewer: data.viewer, variables }}>
      <Page columns={data.workspace.taskGroups ?? []} isLoading={loading && !result.data} filters={filters}>
        <Header filters={filters} onChange={change} />
        <FilterBar filters={filters} onChange={change} />
      </Page>
    </BoardContext>
  );
}

interface PageProps {
  columns: readonly ColumnFragment[];
  isLoading: boolean;
  filters: Filters;
  children: ReactNode;
}

function Page({ columns, isLoading, filters, children }: PageProps) {
  const { workspace, taskKey, query } = useLocation();
  const board = useRef<HTMLElement>(null);
  const moveTask = useMoveTask();
  const isLive = useLiveChanges(writeFilters(filters) !== "");
  const isNarrow = useMediaQuery("(max-width: 720px)");
  const { onCardKeyDown, holdFocus } = useKeyboard(board, columns, moveTask);

  const drop = (taskId: string, { columnId, index }: DropTarget) => {
    const task = findTask(columns, taskId);
    const column = columns.find(({ id }) => id === columnId);
    if (!task || column?.key?.__typename !== "State") return;
    const nodes = column.tasks?.nodes ?? [];
    const others = nodes.filter(({ id }) => id !== taskId);
    const isWhereItWas = nodes.findIndex(({ id }) => id === taskId) === index;
    if (isWhereItWas) return;
    const afterId = others[index - 1]?.id ?? null;
    const beforeId = others[index]?.id ?? null;
    void moveTask(task, { stateId: column.key.id, title: column.title, afterId, beforeId });
  };
  const { drag, ghost, onPointerDown } = useDrag(board, drop);
  const dragged = drag && findTask(columns, drag.taskId);

  const lastOpened = useRef<string | null>(null);
  const open = useCallback((task: TaskCardFragment) => {
    lastOpened.current = task.id;
    navigate(pathTo(workspace!, task.key, query));
  }, [workspace, query]);
  const close = () => {
    holdFocus(lastOpened.current);
    navigate(pathTo(workspace!, null, query));
  };

  return (
    <div className="page">
      <div className="board-side" inert={isNarrow && taskKey !== null}>
        {children}
        <main
          ref={board}
          className={isLoading ? "board loading" : "board"}
          aria-label="Board"
          aria-busy={isLoading}
          data-live={isLive}
          onPointerDown={onPointerDown}
        >
          {columns.map((column) => (
            <Column
              key={column.key?.__typename === "State" ? column.key.id : column.id}
              column={column}
              filters={filters}
              isFiltered={isFiltered(filters)}
              drag={drag}
              hrefOf={(task) => pathTo(workspace!, task.key, query)}
              onOpen={open}
              onCardKeyDown={onCardKeyDown}
            />
          ))}
        </main>
      </div>
      {taskKey && <Drawer key={taskKey} taskKey={taskKey} onClose={close} />}
      {dragged && (
        <div ref={ghost} className="ghost card" style={{ width: drag.width }} aria-hidden="true">
          <CardContent task={dragged} />
        </div>
      )}
    </div>
  );
}

export function findTask(columns: readonly ColumnFragment[], id: string): TaskCardFragment | undefined {
  return columns.flatMap(({ tasks }) => tasks?.nodes ?? []).find((task) => task.id === id);
}
