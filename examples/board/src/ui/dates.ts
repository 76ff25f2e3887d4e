const DAY = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" });
const DAY_AND_YEAR = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** Days have no time zone: they are read and written in UTC. */
export function dueLabel(day: string): string {
  const isThisYear = day.slice(0, 4) === String(new Date().getFullYear());
  return (isThisYear ? DAY : DAY_AND_YEAR).format(new Date(`${day}T00:00:00Z`));
}

export function isOverdue({ dueOn, closedAt }: { dueOn: string | null; closedAt: string | null }): boolean {
  return dueOn !== null && closedAt === null && dueOn < new Date().toISOString().slice(0, 10);
}

export function momentLabel(moment: string): string {
  return MOMENT.format(new Date(moment));
}
