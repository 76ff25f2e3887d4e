import { useRef, useState, type KeyboardEvent } from "react";
import { RichText } from "./RichText";
import type { Outcome } from "./useTaskUpdate";

interface Props {
  name: string;
  className: string;
  value: string;
  /** The value as it is shown, if it has several lines. */
  html?: string;
  version: number;
  isEditable: boolean;
  isMultiline?: boolean;
  onSave: (text: string, version: number) => Promise<Outcome>;
}

/**
 * A text that becomes a field when it is clicked.
 *
 * It is saved with the version that was current when the editing began. If somebody else has changed
 * the text since, both are shown, and the user decides.
 */
export function EditableText({ name, className, value, html = "", version, isEditable, isMultiline, onSave }: Props) {
  const [draft, setDraft] = useState<{ text: string; version: number } | null>(null);
  const [isSaving, setSaving] = useState(false);
  const [isConflict, setConflict] = useState(false);
  const display = useRef<HTMLButtonElement>(null);

  const close = () => {
    setDraft(null);
    setConflict(false);
    requestAnimationFrame(() => display.current?.focus());
  };
  const save = async () => {
    if (!draft || isSaving) return;
    if (draft.text === value) return close();
    setSaving(true);
    const outcome = await onSave(draft.text, isConflict ? version : draft.version);
    setSaving(false);
    setConflict(outcome === "conflict");
    if (outcome === "saved") close();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && (!isMultiline || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void save();
    }
  };

  if (draft) {
    return (
      <form
        className={`editing ${className}`}
        onSubmit={(event) => { event.preventDefault(); void save(); }}
        // Escape ends the editing only. React's event comes before the drawer's listener on the window.
        onKeyDown={onKeyDown}
      >
        <textarea
          aria-label={name}
          rows={isMultiline ? 10 : 2}
          value={draft.text}
          autoFocus
          onChange={(event) => setDraft({ ...draft, text: event.target.value })}
        />
        {isConflict && (
          <div className="conflict" role="alert">
            <p><strong>Somebody else has changed the {name.toLowerCase()}.</strong> It is now:</p>
            <blockquote>{value || "(empty)"}</blockquote>
          </div>
        )}
        <div className="form-row">
          <button type="button" className="button quiet" onClick={close}>{isConflict ? "Keep theirs" : "Cancel"}</button>
          <button className="button primary" disabled={isSaving}>{isConflict ? "Overwrite" : "Save"}</button>
        </div>
      </form>
    );
  }
  const content = isMultiline ? <RichText html={html} /> : <h1>{value}</h1>;
  return (
    <div className={`editable ${className}`}>
      {value || !isEditable ? content : <p className="empty">No description yet</p>}
      {isEditable && (
        <button
          ref={display}
          className="edit-button"
          aria-label={`Edit the ${name.toLowerCase()}`}
          onClick={() => setDraft({ text: value, version })}
        >
          Edit
        </button>
      )}
    </div>
  );
}
