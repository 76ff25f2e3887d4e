import { useQuery } from "@apollo/client/react";
import { useEffect } from "react";
import { errorMessage } from "../api/errors";
import { reportSignedOut } from "../api/session";
import { graphql } from "../gql";
import { navigate, pathTo } from "../router";
import { Notice } from "../ui/Notice";

const HOME = graphql(`
  query Home {
    viewer {
      id
      workspaces(first: 1) {
        nodes {
          id
          slug
        }
      }
    }
  }
`);

/** The page without a workspace: go to the viewer's first one. */
export function Home() {
  const { data, error, refetch } = useQuery(HOME);
  const slug = data?.viewer?.workspaces?.nodes[0]?.slug;

  useEffect(() => {
    // An anonymous request is no error. It just has no viewer.
    if (data && !data.viewer) reportSignedOut();
    if (slug) navigate(pathTo(slug, null, ""), { replace: true });
  }, [data, slug]);

  if (error) {
    return <Notice title="The board could not be loaded" text={errorMessage(error)} onRetry={() => void refetch()} />;
  }
  if (data?.viewer && !slug) {
    return <Notice title="No workspace yet" text="Ask an administrator to invite you to a workspace." />;
  }
  return null;
}
