import { useMutation } from "@apollo/client/react";
import { errorMessage, payloadMessage } from "../api/errors";
import { graphql } from "../gql";
import type { TaskCardFragment } from "../gql/graphql";
import { toast } from "../ui/toasts";
import { usePlaceTask } from "./context";
import { useUndo } from "./useUndo";

const MOVE = graphql(`
  mutation MoveTask($input: TaskMoveInput!) {
    taskMove(input: $input) {
      errors {
        ...PayloadError
      }
      sequence
      task {
        ...TaskCard
      }
    }
  }
`);

export interface MoveTarget {
  stateId: string;
  title: string;
  afterId: string | null;
  beforeId: string | null;
}

/** Show a move at once. If the server refuses it, Apollo drops the optimistic layer: the card goes back. */
export function useMoveTask() {
  const [mutate] = useMutation(MOVE);
  const place = usePlaceTask();
  const undo = useUndo();

  return async (task: TaskCardFragment, target: MoveTarget): Promise<void> => {
    const { stateId, afterId, beforeId } = target;
    const fromStateId = task.state.id;
    try {
      const { data } = await mutate({
        variables: { input: { id: task.id, stateId, afterId, beforeId } },
        optimisticResponse: {
          taskMove: {
            __typename: "TaskPayload",
            errors: [],
            sequence: null,
            task: { ...task, state: { __typename: "State", id: stateId } },
          },
        },
        update(cache, { data: result }) {
          const moved = result?.taskMove;
          if (moved?.task && !moved.errors.length) place(moved.task, { fromStateId, afterId }, cache);
        },
      });
      const { errors, sequence, task: moved } = data!.taskMove;
      if (errors.length) {
        toast(`${task.key} was not moved. ${payloadMessage(errors)}`, { isError: true });
      } else if (moved && sequence !== null) {
        const action = { label: "Undo", run: () => void undo(sequence, moved) };
        toast(`Moved ${task.key} to ${target.title}.`, { action });
      }
    } catch (error) {
      toast(`${task.key} was not moved. ${errorMessage(error)}`, { isError: true });
    }
  };
}
