import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { CheckIcon } from "./icons";

export interface Option {
  id: string;
  text: string;
  content: ReactNode;
  isChosen: boolean;
}

interface Props {
  label: string;
  button: ReactNode;
  options: readonly Option[];
  onToggle: (id: string) => void;
  /** If given, the caller finds the options. Otherwise they are filtered here. */
  onSearch?: (text: string) => void;
  isActive?: boolean;
  isLoading?: boolean;
  isSingle?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

/** A button that opens a list of options with a search field. */
export function Picker({ label, button, options, onToggle, onSearch, isActive, isLoading, isSingle, onOpenChange }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState("");
  const root = useRef<HTMLDivElement>(null);
  const toggle = useRef<HTMLButtonElement>(null);

  const open = (next: boolean) => {
    setOpen(next);
    setText("");
    onSearch?.("");
    onOpenChange?.(next);
  };

  useEffect(() => {
    if (!isOpen) return;
    const closeOutside = (event: PointerEvent) => {
      if (root.current?.contains(event.target as Node)) return;
      setOpen(false);
      onOpenChange?.(false);
    };
    window.addEventListener("pointerdown", closeOutside);
    return () => window.removeEventListener("pointerdown", closeOutside);
  }, [isOpen, onOpenChange]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (!isOpen) return;
    const stops = [...root.current!.querySelectorAll<HTMLElement>(".picker-panel input, .picker-panel button")];
    const index = stops.indexOf(document.activeElement as HTMLElement);
    if (event.key === "Escape") {
      event.stopPropagation();
      open(false);
      toggle.current?.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      stops[(index + step + stops.length) % stops.length]?.focus();
    }
  };

  const shown = onSearch
    ? options
    : options.filter((option) => option.text.toLowerCase().includes(text.toLowerCase()));

  return (
    <div className="picker" ref={root} onKeyDown={onKeyDown}>
      <button
        ref={toggle}
        type="button"
        className={isActive ? "picker-button active" : "picker-button"}
        aria-expanded={isOpen}
        aria-label={label}
        onClick={() => open(!isOpen)}
      >
        {button}
      </button>
      {isOpen && (
        <div className="picker-panel" role="group" aria-label={label}>
          <input
            type="search"
            aria-label={`Search ${label.toLowerCase()}`}
            placeholder="Search…"
            value={text}
            autoFocus
            onChange={(event) => { setText(event.target.value); onSearch?.(event.target.value); }}
          />
          <div className="options" aria-busy={isLoading}>
            {shown.map(({ id, content, isChosen }) => (
              <button
                key={id}
                type="button"
                className="option"
                aria-pressed={isChosen}
                onClick={() => { onToggle(id); if (isSingle) { open(false); toggle.current?.focus(); } }}
              >
                {content}
                {isChosen && <CheckIcon />}
              </button>
            ))}
            {shown.length === 0 && <p className="empty">{isLoading ? "Loading…" : "Nothing found"}</p>}
          </div>
        </div>
      )}
    </div>
  );
}
