/** Operations over the viewer's own data. Each can be run as it is. */
import type { Viewer } from "../account/viewer";
import type { Operation } from "../share/link";

export interface Example extends Operation {
  title: string;
  description: string;
  /** Whether it needs the permission to write. */
  writes?: boolean;
}

const json = (value: object) => JSON.stringify(value, null, 2);

export function firstQuery(viewer: Viewer | null, slug: string): Operation {
  if (!viewer || !slug) {
    return {
      query: `# Sign in at the top right to see your data. This works for everybody:
{
  rateLimit { limit remaining resetAt }
}
`,
    };
  }
  return {
    query: `# Your open tasks. Press Ctrl-Enter or Cmd-Enter to run it.
# The trace, on the left, shows what it did.
query MyTasks($workspace: String!) {
  workspace(slug: $workspace) {
    tasks(
      first: 5
      filter: {
        assignees: { some: { isMe: true } }
        closedAt: { null: true }
      }
    ) {
      totalCount
      nodes {
        key
        title
        dueOn
        state { name }
      }
    }
  }
}
`,
    variables: json({ workspace: slug }),
  };
}

export function examples(viewer: Viewer, slug: string): Example[] {
  const workspace = viewer.workspaces.find((one) => one.slug === slug);
  const projectId = workspace?.project?.id ?? "";
  const variables = json({ workspace: slug });
  const id = () => `task_${crypto.randomUUID().replaceAll("-", "")}`;
  const all: Example[] = [
    {
      title: "Board",
      description: "Columns by state, with counts and the first cards.",
      query: `query Board($workspace: String!) {
  workspace(slug: $workspace) {
    taskGroups(by: STATE) {
      title
      count
      tasks(first: 5) {
        nodes {
          key
          title
          priority
          assignees { handle }
          labels { name color }
        }
      }
    }
  }
}
`,
      variables,
    },
    {
      title: "Inbox",
      description: "What is mine and due, and what was said lately.",
      query: `query Inbox($workspace: String!) {
  viewer { handle }
  workspace(slug: $workspace) {
    due: tasks(
      first: 5
      filter: {
        assignees: { some: { isMe: true } }
        dueOn: { lte: "P7D" }
        closedAt: { null: true }
      }
      orderBy: [{ field: DUE_ON }]
    ) {
      nodes { key title dueOn }
    }
    recent: tasks(
      first: 5
      filter: { comments: { some: { createdAt: { gte: "-P7D" } } } }
    ) {
      nodes {
        key
        title
        comments(last: 1) {
          nodes { author { handle } createdAt body }
        }
      }
    }
  }
}
`,
      variables,
    },
    {
      title: "Search",
      description: "Full-text search over titles, bodies and comments.",
      query: `query Search($workspace: String!, $text: String!) {
  workspace(slug: $workspace) {
    search(query: $text, first: 5) {
      totalCount
      nodes { score snippet task { key title } comment { author { handle } } }
    }
  }
}
`,
      variables: json({ workspace: slug, text: "search" }),
    },
    {
      title: "Live changes",
      description: "Every change as it is committed. Change something in another tab to see it here.",
      query: `subscription Live($workspace: String!) {
  changes(workspace: $workspace) {
    sequence
    kind
    actor { handle }
    subject { __typename id ... on Task { key title } }
    fields { name before after }
  }
}
`,
      variables,
    },
    {
      title: "Paging",
      description: "Pages by cursor. For the next one, pass its endCursor as after.",
      query: `query Page($workspace: String!, $after: String) {
  workspace(slug: $workspace) {
    tasks(
      first: 3
      after: $after
      orderBy: [{ field: CREATED_AT, direction: DESC }]
    ) {
      count(limit: 1000) { value isExact }
      pageInfo { hasNextPage endCursor }
      nodes { key title createdAt }
    }
  }
}
`,
      variables: json({ workspace: slug, after: null }),
    },
    {
      title: "Dry run",
      description: "The result of a write, without saving anything.",
      writes: true,
      query: `mutation DryRun($input: TaskCreateInput!) {
  taskCreate(input: $input, dryRun: true) {
    errors { code message path }
    sequence
    task { key title rank state { name } }
  }
}
`,
      variables: json({ input: { projectId, title: "Only a preview" } }),
    },
    {
      title: "Create and undo",
      description: "Creates a task with an ID of your own, and moves it to the trash again.",
      writes: true,
      query: `mutation CreateAndUndo($input: TaskCreateInput!, $id: ID!) {
  taskCreate(input: $input) {
    errors { code message path }
    sequence
    task { id key title }
  }
  taskDelete(id: $id) {
    errors { code message path }
    sequence
    task { key deletedAt }
  }
}
`,
      variables: "",
    },
  ];
  const own = id();
  all[all.length - 1]!.variables = json({
    input: { id: own, projectId, title: "Made in the explorer" },
    id: own,
  });
  return workspace?.viewerCanWrite && projectId ? all : all.filter(({ writes }) => !writes);
}
