import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const CloseIcon = () => <Icon><path d="m4 4 8 8M12 4l-8 8" /></Icon>;
export const PlusIcon = () => <Icon><path d="M8 3v10M3 8h10" /></Icon>;
export const CheckIcon = () => <Icon><path d="m3.5 8.5 3 3 6-7" /></Icon>;
export const ChevronIcon = () => <Icon><path d="m4.5 6.5 3.5 3.5 3.5-3.5" /></Icon>;
export const SearchIcon = () => <Icon><circle cx="7" cy="7" r="4" /><path d="m10 10 3.5 3.5" /></Icon>;
export const CalendarIcon = () => <Icon><rect x="2.5" y="3.5" width="11" height="10" rx="2" /><path d="M2.5 6.5h11M5.5 2v2M10.5 2v2" /></Icon>;
export const CommentIcon = () => <Icon><path d="M3.5 3h9A1.5 1.5 0 0 1 14 4.5v5a1.5 1.5 0 0 1-1.5 1.5H8l-3 2.5V11H3.5A1.5 1.5 0 0 1 2 9.5v-5A1.5 1.5 0 0 1 3.5 3Z" /></Icon>;
export const PersonIcon = () => <Icon><circle cx="8" cy="5.5" r="2.5" /><path d="M3 13.5c.6-2.6 2.6-4 5-4s4.4 1.4 5 4" /></Icon>;
export const TagIcon = () => <Icon><path d="M2.5 3.5v4l6 6 5-5-6-6h-4a1 1 0 0 0-1 1Z" /><path d="M5.5 5.5h0" strokeWidth="2" /></Icon>;

export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 16 16" aria-hidden="true">
      <rect width="16" height="16" rx="4" fill="var(--accent-fill)" />
      <path d="M4 4h2v8H4zM7 4h2v5H7zM10 4h2v7h-2z" fill="white" />
    </svg>
  );
}

/** A state's dot: its color, filled as far as the work has gone. */
export function StateIcon({ color, category }: { color: string; category: string }) {
  const portion = { STARTED: 0.5, COMPLETED: 1, CANCELED: 1 }[category] ?? 0;
  const isDashed = category === "BACKLOG" || category === "TRIAGE";
  return (
    <svg className="state-icon" viewBox="0 0 14 14" aria-hidden="true" style={{ color }}>
      <circle cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" strokeWidth="1.6" strokeDasharray={isDashed ? "2.2 1.255" : undefined} />
      {portion > 0 && (
        <circle
          cx="7" cy="7" r="1.75" fill="none" stroke="currentColor" strokeWidth="3.5"
          strokeDasharray={`${portion * 11} 11`} transform="rotate(-90 7 7)"
        />
      )}
      {category === "COMPLETED" && <path d="m4.5 7.2 1.8 1.8 3.3-3.8" fill="none" stroke="var(--surface)" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" />}
      {category === "CANCELED" && <path d="m5.2 5.2 3.6 3.6m0-3.6-3.6 3.6" stroke="var(--surface)" strokeWidth="1.4" strokeLinecap="round" />}
    </svg>
  );
}
