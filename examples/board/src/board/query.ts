import { graphql } from "../gql";

/** Everything that the page shows, in one request. Components add their fragments to it. */
export const BOARD = graphql(`
  query Board($slug: String!, $filter: TaskFilter) {
    viewer {
      ...Viewer
    }
    workspace(slug: $slug) {
      id
      slug
      name
      sequence
      viewerCanWrite
      projects(first: 100) {
        nodes {
          ...ProjectOption
        }
      }
      labels(first: 100) {
        nodes {
          ...LabelPill
        }
      }
      states {
        ...StateOption
      }
      taskGroups(by: STATE, filter: $filter) {
        ...Column
      }
    }
  }
`);

graphql(`
  fragment ProjectOption on Project {
    id
    key
    name
    viewerCanUpdate
  }

  fragment StateOption on State {
    id
    name
    category
    color
  }
`);
