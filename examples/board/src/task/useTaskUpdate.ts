import { useMutation } from "@apollo/client/react";
import { errorMessage, payloadMessage } from "../api/errors";
import { useBoard, usePlaceTask } from "../board/context";
import { useUndo } from "../board/useUndo";
import { graphql } from "../gql";
import type { TaskDetailsFragment, TaskUpdateInput } from "../gql/graphql";
import { toast } from "../ui/toasts";

const UPDATE = graphql(`
  mutation UpdateTask($input: TaskUpdateInput!) {
    taskUpdate(input: $input) {
      errors {
        ...PayloadError
      }
      sequence
      task {
        ...TaskCard
        body
        bodyHTML
      }
    }
  }
`);

export type TaskChanges = Omit<TaskUpdateInput, "id" | "expectedVersion">;
export type Outcome = "saved" | "conflict" | "failed";

/**
 * Save changes of a task, unless somebody else has changed the same fields since `version`.
 *
 * With a conflict the payload has the current task. Apollo stores it, so the drawer shows it at once.
 */
export function useTaskUpdate(task: TaskDetailsFragment) {
  const [mutate] = useMutation(UPDATE);
  const { workspace } = useBoard();
  const place = usePlaceTask();
  const undo = useUndo();

  async function send(changes: TaskChanges, expectedVersion: number): Promise<Outcome> {
    const fromStateId = task.state.id;
    const { data } = await mutate({ variables: { input: { id: task.id, expectedVersion, ...changes } } });
    const { errors, sequence, task: current } = data!.taskUpdate;
    const conflict = errors.find(({ code, path }) => code === "CONFLICT" && path.at(-1) === "expectedVersion");
    if (conflict && current) {
      if (!overlaps(changes, conflict.fields)) return send(changes, current.version);
      place(current, { fromStateId });
      return "conflict";
    }
    if (errors.length) {
      toast(`${task.key} was not changed. ${payloadMessage(errors)}`, { isError: true });
      return "failed";
    }
    if (current && sequence !== null) {
      place(current, { fromStateId });
      const action = { label: "Undo", run: () => void undo(sequence, current) };
      toast(`${describe(changes)} ${task.key}${stateName(changes)}.`, { action });
    }
    return "saved";
  }

  const stateName = ({ stateId }: TaskChanges) => {
    const state = workspace.states.find(({ id }) => id === stateId);
    return state ? ` to ${state.name}` : "";
  };

  return async (changes: TaskChanges, version = task.version): Promise<Outcome> => {
    try {
      return await send(changes, version);
    } catch (error) {
      toast(`${task.key} was not changed. ${errorMessage(error)}`, { isError: true });
      return "failed";
    }
  };
}

const describe = (changes: TaskChanges) => ("stateId" in changes ? "Moved" : "Changed");

/** `fields` has the names of the input. Added and removed IDs merge with what others did. */
function overlaps(changes: TaskChanges, fields: readonly string[]): boolean {
  return Object.keys(changes).some((name) => fields.includes(name));
}
