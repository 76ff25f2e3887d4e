import { useQuery } from "@apollo/client/react";
import { useEffect, useRef } from "react";
import { isSignedOutError } from "../api/client";
import { errorMessage } from "../api/errors";
import { useBoard } from "../board/context";
import type { TaskDetailsFragment } from "../gql/graphql";
import { Avatar } from "../ui/Avatar";
import { momentLabel } from "../ui/dates";
import { CloseIcon } from "../ui/icons";
import { Notice } from "../ui/Notice";
import { Comments } from "./Comments";
import { EditableText } from "./EditableText";
import { Properties } from "./Properties";
import { TASK } from "./query";
import { useTaskUpdate } from "./useTaskUpdate";

export function Drawer({ taskKey, onClose }: { taskKey: string; onClose: () => void }) {
  const { workspace } = useBoard();
  const { data, error, refetch } = useQuery(TASK, {
    variables: { slug: workspace.slug, key: taskKey },
    fetchPolicy: "cache-and-network",
    nextFetchPolicy: "cache-first",
  });
  const closeButton = useRef<HTMLButtonElement>(null);
  const task = data?.workspace?.task;

  useEffect(() => closeButton.current?.focus(), []);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => { if (event.key === "Escape") onClose(); };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  });

  return (
    <aside className="drawer" role="dialog" aria-label={task ? `${task.key}: ${task.title}` : taskKey}>
      <header className="drawer-header">
        <span className="task-key">{task ? `${task.project.name} · ${task.key}` : taskKey}</span>
        <span className="spacer" />
        <button ref={closeButton} className="icon-button" aria-label="Close" onClick={onClose}><CloseIcon /></button>
      </header>
      {task ? (
        <Details task={task} />
      ) : error && !isSignedOutError(error) ? (
        <Notice title="The task could not be loaded" text={errorMessage(error)} onRetry={() => void refetch()} />
      ) : data ? (
        <Notice title="No such task" text={`There is no task ${taskKey}, or you may not see it.`} />
      ) : (
        <div className="drawer-body" aria-busy="true">
          <span className="bone wide" /><span className="bone" /><span className="bone wide" />
        </div>
      )}
    </aside>
  );
}

function Details({ task }: { task: TaskDetailsFragment }) {
  const update = useTaskUpdate(task);
  const { viewerCanUpdate, version } = task;
  return (
    <div className="drawer-body">
      <EditableText
        name="Title"
        className="drawer-title"
        value={task.title}
        version={version}
        isEditable={viewerCanUpdate}
        onSave={(title, read) => update({ title }, read)}
      />
      <Properties task={task} onChange={update} />
      <EditableText
        name="Description"
        className="drawer-text"
        value={task.body}
        html={task.bodyHTML}
        version={version}
        isEditable={viewerCanUpdate}
        isMultiline
        onSave={(body, read) => update({ body }, read)}
      />
      <p className="byline">
        {task.creator && <Avatar user={task.creator} />}
        <span>{task.creator ? `${task.creator.name} created this on` : "Created on"} {momentLabel(task.createdAt)}</span>
      </p>
      <Comments task={task} />
    </div>
  );
}
