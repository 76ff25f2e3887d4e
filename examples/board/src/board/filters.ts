/** The filters of the board: kept in the query string, sent as a `TaskFilter`. */
import type { Priority, TaskFilter } from "../gql/graphql";

export const PRIORITIES = ["URGENT", "HIGH", "MEDIUM", "LOW"] as const satisfies readonly Priority[];

export interface Filters {
  project: string | null;
  search: string;
  /** The handle of a user, or one of these words. Handles do not begin with a colon. */
  assignee: string | ":me" | ":none" | null;
  labels: string[];
  priorities: Priority[];
}

export function readFilters(query: string): Filters {
  const parameters = new URLSearchParams(query);
  return {
    project: parameters.get("project"),
    search: parameters.get("q") ?? "",
    assignee: parameters.get("assignee"),
    labels: parameters.getAll("label"),
    priorities: PRIORITIES.filter((each) => parameters.getAll("priority").includes(each)),
  };
}

export function writeFilters(filters: Filters): string {
  const parameters = new URLSearchParams();
  if (filters.project) parameters.set("project", filters.project);
  if (filters.search) parameters.set("q", filters.search);
  if (filters.assignee) parameters.set("assignee", filters.assignee);
  for (const label of filters.labels) parameters.append("label", label);
  for (const priority of filters.priorities) parameters.append("priority", priority);
  return parameters.toString();
}

/** A task must have all of the labels, and one of the priorities. */
export function toTaskFilter(filters: Filters): TaskFilter {
  const { project, search, assignee, labels, priorities } = filters;
  const filter: TaskFilter = {};
  if (project) filter.project = { key: { eq: project } };
  if (search.trim()) filter.search = search;
  if (assignee === ":me") filter.assignees = { some: { isMe: true } };
  else if (assignee === ":none") filter.assignees = { none: {} };
  else if (assignee) filter.assignees = { some: { handle: { eq: assignee } } };
  if (labels.length) filter.and = labels.map((name) => ({ labels: { some: { name: { eq: name } } } }));
  if (priorities.length) filter.priority = { in: priorities };
  return filter;
}

export function isFiltered(filters: Filters): boolean {
  return writeFilters({ ...filters, project: null }) !== "";
}
