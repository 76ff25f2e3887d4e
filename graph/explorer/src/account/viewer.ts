import { ask } from "../request/send";
import { remembered } from "../store";

export interface Workspace {
  id: string;
  slug: string;
  name: string;
  viewerCanWrite: boolean;
  project: { id: string; key: string } | null;
}

export interface Viewer {
  handle: string;
  name: string;
  workspaces: Workspace[];
}

/** The slug of the workspace that examples are about. */
export const workspaceSlug = remembered("taskloom-workspace", "");

const VIEWER = `query ExplorerViewer {
  viewer {
    handle
    name
    workspaces(first: 50) { nodes {
      id slug name viewerCanWrite
      projects(first: 1) { nodes { id key } }
    } }
  }
}`;

interface Answer {
  viewer: {
    handle: string;
    name: string;
    workspaces: {
      nodes: (Omit<Workspace, "project"> & { projects: { nodes: { id: string; key: string }[] } | null })[];
    } | null;
  } | null;
}

/** Who is signed in by the cookie; null if nobody is. Throws if the server does not answer. */
export async function loadViewer(): Promise<Viewer | null> {
  const { viewer } = await ask<Answer>(VIEWER);
  if (!viewer) return null;
  const workspaces = (viewer.workspaces?.nodes ?? []).map(({ projects, ...workspace }) => ({
    ...workspace,
    project: projects?.nodes[0] ?? null,
  }));
  if (!workspaces.some(({ slug }) => slug === workspaceSlug.get())) {
    workspaceSlug.set(workspaces[0]?.slug ?? "");
  }
  return { handle: viewer.handle, name: viewer.name, workspaces };
}

export async function signIn(user: string, password: string): Promise<string | null> {
  const login = user.includes("@") ? { email: user } : { handle: user };
  const { signIn } = await ask<{ signIn: { errors: { message: string }[] } }>(
    `mutation ($input: SignInInput!) { signIn(input: $input) { errors { message } } }`,
    { input: { user: login, password } },
  );
  if (!signIn.errors[0]) forgetTabs();
  return signIn.errors[0]?.message ?? null;
}

export async function signOut(): Promise<void> {
  const { signOut } = await ask<{ signOut: { errors: { message: string }[] } }>(
    `mutation { signOut { errors { message } } }`,
  );
  if (signOut.errors[0]) throw new Error(signOut.errors[0].message);
  forgetTabs();
}

/** The next user of this browser does not see the operations of this one. */
function forgetTabs(): void {
  for (const name of ["tabState", "query", "variables", "headers", "queries", "operationName"]) {
    localStorage.removeItem(`graphiql:${name}`);
  }
}

export async function createToken(name: string, scope: string): Promise<{ token?: string; error?: string }> {
  const { tokenCreate } = await ask<{ tokenCreate: { errors: { message: string }[]; token: string | null } }>(
    `mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { errors { message } token } }`,
    { input: { name, scope } },
  );
  return tokenCreate.token ? { token: tokenCreate.token } : { error: tokenCreate.errors[0]?.message };
}
