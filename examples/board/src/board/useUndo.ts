import { useMutation } from "@apollo/client/react";
import { errorMessage, payloadMessage } from "../api/errors";
import { graphql } from "../gql";
import type { TaskCardFragment } from "../gql/graphql";
import { toast } from "../ui/toasts";
import { useBoard, usePlaceTask } from "./context";

const UNDO = graphql(`
  mutation Undo($workspace: String!, $sequence: Int!) {
    changeRevert(workspace: $workspace, sequence: $sequence) {
      errors {
        ...PayloadError
      }
      sequence
      subject {
        id
        ... on Task {
          ...TaskCard
          body
        }
      }
    }
  }
`);

/** Undo a write by its number in the change log. If the task has changed since, the server refuses. */
export function useUndo() {
  const [mutate] = useMutation(UNDO);
  const { workspace } = useBoard();
  const place = usePlaceTask();

  return async (sequence: number, task: TaskCardFragment): Promise<void> => {
    try {
      const { data } = await mutate({ variables: { workspace: workspace.slug, sequence } });
      const { errors, subject } = data!.changeRevert;
      if (errors.length) {
        toast(`The change was not undone. ${payloadMessage(errors)}`, { isError: true });
      } else {
        if (subject?.__typename === "Task") place(subject, { fromStateId: task.state.id });
        toast(`Undid the change of ${task.key}.`);
      }
    } catch (error) {
      toast(`The change was not undone. ${errorMessage(error)}`, { isError: true });
    }
  };
}
