import type { Priority } from "../gql/graphql";

export const PRIORITY_NAMES: Record<Priority, string> = {
  URGENT: "Urgent",
  HIGH: "High",
  MEDIUM: "Medium",
  LOW: "Low",
};

const BARS: Record<Priority, number> = { URGENT: 4, HIGH: 3, MEDIUM: 2, LOW: 1 };

export function PriorityIcon({ priority }: { priority: Priority | null }) {
  if (priority === "URGENT") {
    return (
      <svg className="icon urgent" viewBox="0 0 16 16" aria-hidden="true">
        <rect x="1.5" y="1.5" width="13" height="13" rx="3.5" fill="currentColor" />
        <path d="M8 4.2v4.6M8 11.4v.4" stroke="var(--surface)" strokeWidth="1.8" strokeLinecap="round" />
      </svg>
    );
  }
  const bars = priority ? BARS[priority] : 0;
  return (
    <svg className="icon" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true">
      <rect x="2" y="9" width="3" height="5" rx="1" opacity={bars > 0 ? 1 : 0.3} />
      <rect x="6.5" y="6" width="3" height="8" rx="1" opacity={bars > 1 ? 1 : 0.3} />
      <rect x="11" y="3" width="3" height="11" rx="1" opacity={bars > 2 ? 1 : 0.3} />
    </svg>
  );
}
