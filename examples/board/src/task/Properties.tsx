import { useState } from "react";
import { useBoard } from "../board/context";
import { PRIORITIES } from "../board/filters";
import type { Priority, TaskDetailsFragment } from "../gql/graphql";
import { Avatar } from "../ui/Avatar";
import { StateIcon } from "../ui/icons";
import { LabelPill } from "../ui/LabelPill";
import { Picker } from "../ui/Picker";
import { PRIORITY_NAMES, PriorityIcon } from "../ui/PriorityIcon";
import { toast } from "../ui/toasts";
import { useMembers } from "../ui/useMembers";
import type { Outcome, TaskChanges } from "./useTaskUpdate";

interface Props {
  task: TaskDetailsFragment;
  onChange: (changes: TaskChanges) => Promise<Outcome>;
}

export function Properties({ task, onChange }: Props) {
  const { workspace } = useBoard();
  const state = workspace.states.find(({ id }) => id === task.state.id);
  const isDisabled = !task.viewerCanUpdate;

  const change = async (changes: TaskChanges) => {
    if (await onChange(changes) === "conflict") {
      toast(`Somebody else has changed ${task.key}. It now shows their change.`, { isError: true });
    }
  };

  return (
    <div className="properties">
      <label className="property">
        <span>State</span>
        <span className="value">
          {state && <StateIcon color={state.color} category={state.category} />}
          <select value={task.state.id} disabled={isDisabled} onChange={(event) => void change({ stateId: event.target.value })}>
            {workspace.states.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
          </select>
        </span>
      </label>
      <label className="property">
        <span>Priority</span>
        <span className="value">
          <PriorityIcon priority={task.priority} />
          <select
            value={task.priority ?? ""}
            disabled={isDisabled}
            onChange={(event) => void change({ priority: (event.target.value || null) as Priority | null })}
          >
            <option value="">No priority</option>
            {PRIORITIES.map((priority) => <option key={priority} value={priority}>{PRIORITY_NAMES[priority]}</option>)}
          </select>
        </span>
      </label>
      <label className="property">
        <span>Due</span>
        <span className="value">
          <input
            type="date"
            value={task.dueOn ?? ""}
            disabled={isDisabled}
            onChange={(event) => void change({ dueOn: event.target.value || null })}
          />
        </span>
      </label>
      <Assignees task={task} onChange={(changes) => void change(changes)} />
      <Labels task={task} onChange={(changes) => void change(changes)} />
    </div>
  );
}

interface SetProps {
  task: TaskDetailsFragment;
  onChange: (changes: TaskChanges) => void;
}

function Assignees({ task, onChange }: SetProps) {
  const { workspace } = useBoard();
  const [isOpen, setOpen] = useState(false);
  const members = useMembers(workspace.slug, isOpen);
  const chosen = new Set(task.assignees.map(({ id }) => id));
  const content = task.assignees.length
    ? task.assignees.map((user) => <span key={user.id} className="person"><Avatar user={user} />{user.name}</span>)
    : <span className="muted">Nobody</span>;

  return (
    <div className="property">
      <span>Assignees</span>
      {task.viewerCanUpdate ? (
        <Picker
          label="Assignees"
          button={content}
          options={members.users.map((user) => ({
            id: user.id,
            text: user.name,
            content: <><Avatar user={user} />{user.name}</>,
            isChosen: chosen.has(user.id),
          }))}
          // Added and removed IDs merge with what others change at the same time.
          onToggle={(id) => onChange(chosen.has(id) ? { removedAssigneeIds: [id] } : { addedAssigneeIds: [id] })}
          onSearch={members.search}
          onOpenChange={setOpen}
          isLoading={members.isLoading}
        />
      ) : <span className="value wrap">{content}</span>}
    </div>
  );
}

function Labels({ task, onChange }: SetProps) {
  const { workspace } = useBoard();
  const chosen = new Set(task.labels.map(({ id }) => id));
  const content = task.labels.length
    ? task.labels.map((label) => <LabelPill key={label.id} label={label} />)
    : <span className="muted">None</span>;

  return (
    <div className="property">
      <span>Labels</span>
      {task.viewerCanUpdate ? (
        <Picker
          label="Task labels"
          button={content}
          options={(workspace.labels?.nodes ?? []).map((label) => ({
            id: label.id,
            text: label.name,
            content: <LabelPill label={label} />,
            isChosen: chosen.has(label.id),
          }))}
          onToggle={(id) => onChange(chosen.has(id) ? { removedLabelIds: [id] } : { addedLabelIds: [id] })}
        />
      ) : <span className="value wrap">{content}</span>}
    </div>
  );
}
