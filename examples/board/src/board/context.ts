import { useApolloClient } from "@apollo/client/react";
import type { ApolloCache } from "@apollo/client";
import { createContext, useContext } from "react";
import type { BoardQuery, BoardQueryVariables, TaskCardFragment } from "../gql/graphql";
import { BOARD } from "./query";
import { placeTask, type Placement } from "./placeTask";

type Workspace = NonNullable<BoardQuery["workspace"]>;

export interface BoardContext {
  workspace: Workspace;
  viewer: NonNullable<BoardQuery["viewer"]>;
  variables: BoardQueryVariables;
}

export const BoardContext = createContext<BoardContext | null>(null);

export function useBoard(): BoardContext {
  const board = useContext(BoardContext);
  if (!board) throw new Error("This component belongs inside a board.");
  return board;
}

export function usePlaceTask() {
  const { variables } = useBoard();
  const client = useApolloClient();
  return (task: TaskCardFragment, placement: Placement, cache: ApolloCache = client.cache): void => {
    cache.updateQuery({ query: BOARD, variables }, (data) => {
      if (!data?.workspace?.taskGroups) return data;
      const taskGroups = placeTask(data.workspace.taskGroups, task, placement);
      return { ...data, workspace: { ...data.workspace, taskGroups } };
    });
  };
}
