import { useMutation } from "@apollo/client/react";
import { readToken, reportSignedOut } from "../api/session";
import { graphql } from "../gql";
import { navigate, pathTo } from "../router";
import { Avatar } from "../ui/Avatar";
import { Logo } from "../ui/icons";
import { useBoard } from "./context";
import type { Filters } from "./filters";

graphql(`
  fragment Viewer on User {
    ...Avatar
    workspaces(first: 100) {
      nodes {
        id
        slug
        name
      }
    }
  }
`);

const SIGN_OUT = graphql(`
  mutation SignOut {
    signOut {
      errors {
        ...PayloadError
      }
    }
  }
`);

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

export function Header({ filters, onChange }: Props) {
  const { workspace, viewer } = useBoard();
  const [signOut] = useMutation(SIGN_OUT);

  const leave = async () => {
    // A token has no session to end. This tab just forgets it.
    if (!readToken()) await signOut().catch(() => undefined);
    reportSignedOut();
  };

  return (
    <header className="header">
      <Logo />
      <select
        className="picker-select strong"
        aria-label="Workspace"
        value={workspace.slug}
        onChange={(event) => navigate(pathTo(event.target.value, null, ""))}
      >
        {(viewer.workspaces?.nodes ?? []).map(({ id, slug, name }) => <option key={id} value={slug}>{name}</option>)}
      </select>
      <span className="slash" aria-hidden="true">/</span>
      <select
        className="picker-select"
        aria-label="Project"
        value={filters.project ?? ""}
        onChange={(event) => onChange({ ...filters, project: event.target.value || null })}
      >
        <option value="">All projects</option>
        {(workspace.projects?.nodes ?? []).map(({ id, key, name }) => <option key={id} value={key}>{name}</option>)}
      </select>
      <span className="spacer" />
      <Avatar user={viewer} />
      <button className="button quiet" onClick={() => void leave()}>Sign out</button>
    </header>
  );
}
