import { useEffect, useRef, useState } from "react";
import type { AvatarFragment, Priority } from "../gql/graphql";
import { Avatar } from "../ui/Avatar";
import { CloseIcon, PersonIcon, SearchIcon, TagIcon } from "../ui/icons";
import { LabelPill } from "../ui/LabelPill";
import { Picker } from "../ui/Picker";
import { PRIORITY_NAMES, PriorityIcon } from "../ui/PriorityIcon";
import { useDebounced } from "../ui/useDebounced";
import { useMembers } from "../ui/useMembers";
import { useBoard } from "./context";
import { isFiltered, PRIORITIES, readFilters, type Filters } from "./filters";

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

export function FilterBar({ filters, onChange }: Props) {
  const { workspace } = useBoard();
  const labels = workspace.labels?.nodes ?? [];

  return (
    <div className="filter-bar" role="search">
      <Search value={filters.search} onChange={(search) => onChange({ ...filters, search })} />
      <AssigneeFilter filters={filters} onChange={onChange} />
      <Picker
        label="Labels"
        button={<><TagIcon /><span className="picker-text">{filters.labels.join(", ") || "Label"}</span></>}
        isActive={filters.labels.length > 0}
        options={labels.map((label) => ({
          id: label.name,
          text: label.name,
          content: <LabelPill label={label} />,
          isChosen: filters.labels.includes(label.name),
        }))}
        onToggle={(name) => onChange({ ...filters, labels: toggled(filters.labels, name) })}
      />
      <Picker
        label="Priority"
        button={(
          <>
            <PriorityIcon priority={filters.priorities[0] ?? "HIGH"} />
            <span className="picker-text">{filters.priorities.map((each) => PRIORITY_NAMES[each]).join(", ") || "Priority"}</span>
          </>
        )}
        isActive={filters.priorities.length > 0}
        options={PRIORITIES.map((priority) => ({
          id: priority,
          text: PRIORITY_NAMES[priority],
          content: <><PriorityIcon priority={priority} />{PRIORITY_NAMES[priority]}</>,
          isChosen: filters.priorities.includes(priority),
        }))}
        onToggle={(priority) => onChange({ ...filters, priorities: toggled(filters.priorities, priority as Priority) })}
      />
      {isFiltered(filters) && (
        <button
          className="button quiet"
          onClick={() => onChange({ ...readFilters(""), project: filters.project })}
        >
          Clear
        </button>
      )}
    </div>
  );
}

/** The field follows the typing, and the URL follows the field after a pause. */
function Search({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const [text, setText] = useState(value);
  const settled = useDebounced(text);
  const sent = useRef(value);

  useEffect(() => {
    if (settled !== sent.current) {
      sent.current = settled;
      onChange(settled);
    }
    // Only a settled text sends the filter, and not a new `onChange`.
  }, [settled]);
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);

  return (
    <label className="search">
      <SearchIcon />
      <input
        id="search"
        type="search"
        aria-label="Search tasks"
        aria-keyshortcuts="/"
        placeholder="Search tasks"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          if (text) setText("");
          else event.currentTarget.blur();
        }}
      />
      {text ? (
        <button type="button" className="icon-button" aria-label="Clear the search" onClick={() => setText("")}><CloseIcon /></button>
      ) : (
        <kbd aria-hidden="true">/</kbd>
      )}
    </label>
  );
}

function AssigneeFilter({ filters, onChange }: Props) {
  const { workspace, viewer } = useBoard();
  const [isOpen, setOpen] = useState(false);
  const members = useMembers(workspace.slug, isOpen);
  const chosen = members.users.find(({ handle }) => handle === filters.assignee);
  const names: Record<string, string> = { ":me": "Assigned to me", ":none": "Unassigned" };
  const word = (id: string) => ({
    id,
    text: names[id]!,
    content: <><PersonIcon />{names[id]}</>,
    isChosen: filters.assignee === id,
  });
  const person = (user: AvatarFragment) => ({
    id: user.handle,
    text: user.name,
    content: <><Avatar user={user} />{user.name}</>,
    isChosen: filters.assignee === user.handle,
  });
  const { assignee } = filters;

  return (
    <Picker
      label="Assignee"
      button={(
        <>
          <PersonIcon />
          <span className="picker-text">{assignee ? (names[assignee] ?? chosen?.name ?? `@${assignee}`) : "Assignee"}</span>
        </>
      )}
      isActive={assignee !== null}
      options={[word(":me"), word(":none"), ...members.users.filter(({ id }) => id !== viewer.id).map(person)]}
      onToggle={(id) => onChange({ ...filters, assignee: id === assignee ? null : id })}
      onSearch={members.search}
      onOpenChange={setOpen}
      isLoading={members.isLoading}
      isSingle
    />
  );
}

function toggled<T>(values: readonly T[], value: T): T[] {
  return values.includes(value) ? values.filter((each) => each !== value) : [...values, value];
}
