import { useMutation } from "@apollo/client/react";
import { useState, type FormEvent, type KeyboardEvent } from "react";
import { errorMessage, payloadMessage } from "../api/errors";
import { newId } from "../api/ids";
import { graphql } from "../gql";
import { toast } from "../ui/toasts";
import { useBoard, usePlaceTask } from "./context";

/**
 * Create a task and put it at the top of its column, in one request: the two mutations run in order,
 * and the client's own ID names the task in both.
 */
const CREATE = graphql(`
  mutation CreateTask($input: TaskCreateInput!, $place: TaskMoveInput!) {
    taskCreate(input: $input) {
      errors {
        ...PayloadError
      }
    }
    taskMove(input: $place) {
      errors {
        ...PayloadError
      }
      task {
        ...TaskCard
      }
    }
  }
`);

interface Props {
  stateId: string;
  firstId: string | null;
  projectKey: string | null;
  onClose: () => void;
}

export function NewTask({ stateId, firstId, projectKey, onClose }: Props) {
  const { workspace } = useBoard();
  const projects = (workspace.projects?.nodes ?? []).filter((project) => project.viewerCanUpdate);
  const preset = projects.find(({ key }) => key === projectKey) ?? projects[0];
  const [projectId, setProjectId] = useState(preset?.id ?? "");
  const [title, setTitle] = useState("");
  const [create, { loading }] = useMutation(CREATE);
  const place = usePlaceTask();

  async function submit(event?: FormEvent): Promise<void> {
    event?.preventDefault();
    if (!title.trim() || loading) return;
    const id = newId("task");
    try {
      const { data } = await create({
        variables: { input: { id, projectId, stateId, title }, place: { id, stateId, beforeId: firstId } },
      });
      const { taskCreate, taskMove } = data!;
      const errors = taskCreate.errors.length ? taskCreate.errors : taskMove.errors;
      if (errors.length) toast(`The task was not created. ${payloadMessage(errors)}`, { isError: true });
      if (taskMove.task) {
        place(taskMove.task, { fromStateId: null, afterId: null });
        toast(`Created ${taskMove.task.key}.`);
        onClose();
      }
    } catch (error) {
      toast(`The task was not created. ${errorMessage(error)}`, { isError: true });
    }
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      onClose();
    } else if (event.key === "Enter" && !event.shiftKey && event.target instanceof HTMLTextAreaElement) {
      event.preventDefault();
      void submit();
    }
  };

  return (
    <form className="card new-task" aria-label="New task" onSubmit={(event) => void submit(event)} onKeyDown={onKeyDown}>
      <textarea
        aria-label="Title"
        placeholder="Task title"
        rows={2}
        value={title}
        autoFocus
        onChange={(event) => setTitle(event.target.value)}
      />
      <div className="form-row">
        <select aria-label="Project" value={projectId} onChange={(event) => setProjectId(event.target.value)}>
          {projects.map(({ id, key }) => <option key={id} value={id}>{key}</option>)}
        </select>
        <button type="button" className="button quiet" onClick={onClose}>Cancel</button>
        <button className="button primary" disabled={loading || !title.trim()}>Create</button>
      </div>
    </form>
  );
}
