import { memo, type KeyboardEvent, type MouseEvent } from "react";
import { graphql } from "../gql";
import type { TaskCardFragment } from "../gql/graphql";
import { Avatars } from "../ui/Avatar";
import { dueLabel, isOverdue } from "../ui/dates";
import { CalendarIcon, CommentIcon } from "../ui/icons";
import { LabelPill } from "../ui/LabelPill";
import { PriorityIcon, PRIORITY_NAMES } from "../ui/PriorityIcon";

graphql(`
  fragment TaskCard on Task {
    id
    key
    title
    priority
    dueOn
    closedAt
    rank
    version
    viewerCanUpdate
    state {
      id
    }
    labels {
      ...LabelPill
    }
    assignees {
      ...Avatar
    }
    commentCount: comments {
      totalCount
    }
  }
`);

interface Props {
  task: TaskCardFragment;
  href: string;
  isDragged: boolean;
  isBelowDrop: boolean;
  onOpen: (task: TaskCardFragment) => void;
  onKeyDown: (event: KeyboardEvent, task: TaskCardFragment) => void;
}

export const Card = memo(function Card({ task, href, isDragged, isBelowDrop, onOpen, onKeyDown }: Props) {
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    onOpen(task);
  };
  return (
    <li className={isBelowDrop ? "drop-before" : undefined}>
      <a
        className={isDragged ? "card dragged" : "card"}
        href={href}
        draggable={false}
        data-task={task.id}
        data-draggable={task.viewerCanUpdate || undefined}
        aria-keyshortcuts={task.viewerCanUpdate ? "Alt+ArrowLeft Alt+ArrowRight Alt+ArrowUp Alt+ArrowDown" : undefined}
        onClick={open}
        onKeyDown={(event) => onKeyDown(event, task)}
      >
        <CardContent task={task} />
      </a>
    </li>
  );
});

/** Also shown under the pointer while the card is dragged. */
export function CardContent({ task }: { task: TaskCardFragment }) {
  const comments = task.commentCount?.totalCount ?? 0;
  return (
    <>
      <span className="card-top">
        {task.priority && (
          <span className="priority" title={`${PRIORITY_NAMES[task.priority]} priority`}>
            <PriorityIcon priority={task.priority} />
            <span className="visually-hidden">{PRIORITY_NAMES[task.priority]} priority</span>
          </span>
        )}
        <span className="task-key">{task.key}</span>
        <span className="spacer" />
        <Avatars users={task.assignees} />
      </span>
      <span className="card-title">{task.title}</span>
      <span className="card-meta">
        {task.labels.map((label) => <LabelPill key={label.id} label={label} />)}
        {task.dueOn && (
          <span className={isOverdue(task) ? "chip overdue" : "chip"} title={`Due on ${task.dueOn}`}>
            <CalendarIcon />
            {dueLabel(task.dueOn)}
          </span>
        )}
        {comments > 0 && (
          <span className="chip plain" title={comments === 1 ? "1 comment" : `${comments} comments`}>
            <CommentIcon />
            {comments}
          </span>
        )}
      </span>
    </>
  );
}
