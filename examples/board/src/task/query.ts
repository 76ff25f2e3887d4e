import { graphql } from "../gql";

export const TASK = graphql(`
  query Task($slug: String!, $key: String!) {
    workspace(slug: $slug) {
      id
      task(key: $key) {
        ...TaskDetails
      }
    }
  }
`);

graphql(`
  fragment TaskDetails on Task {
    ...TaskCard
    body
    bodyHTML
    createdAt
    viewerCanComment
    project {
      id
      key
      name
    }
    creator {
      ...Avatar
    }
    ...TaskComments
  }
`);
