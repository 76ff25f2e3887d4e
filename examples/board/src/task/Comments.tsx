import { useLazyQuery } from "@apollo/client/react";
import { errorMessage } from "../api/errors";
import { graphql } from "../gql";
import type { CommentItemFragment, TaskDetailsFragment } from "../gql/graphql";
import { Avatar } from "../ui/Avatar";
import { momentLabel } from "../ui/dates";
import { toast } from "../ui/toasts";
import { NewComment } from "./NewComment";
import { RichText } from "./RichText";

graphql(`
  fragment CommentItem on Comment {
    id
    bodyHTML
    createdAt
    author {
      ...Avatar
    }
  }

  fragment TaskComments on Task {
    comments(last: 10) {
      totalCount
      nodes {
        ...CommentItem
      }
      pageInfo {
        hasPreviousPage
        startCursor
      }
    }
  }
`);

const EARLIER = graphql(`
  query EarlierComments($id: ID!, $before: String) {
    node(id: $id) {
      id
      ... on Task {
        comments(last: 10, before: $before) {
          nodes {
            ...CommentItem
          }
          pageInfo {
            hasPreviousPage
            startCursor
          }
        }
      }
    }
  }
`);

export function Comments({ task }: { task: TaskDetailsFragment }) {
  const [load, { loading }] = useLazyQuery(EARLIER, { fetchPolicy: "network-only" });
  const { nodes = [], totalCount = 0, pageInfo } = task.comments ?? {};

  const loadEarlier = async () => {
    const { error } = await load({ variables: { id: task.id, before: pageInfo?.startCursor } });
    if (error) toast(`The comments were not loaded. ${errorMessage(error)}`, { isError: true });
  };

  return (
    <section className="comments" aria-label="Comments">
      <h2>Comments <span className="count">{totalCount}</span></h2>
      {pageInfo?.hasPreviousPage && (
        <button className="load-more" disabled={loading} onClick={() => void loadEarlier()}>
          {loading ? "Loading…" : `Load earlier comments (${totalCount - nodes.length})`}
        </button>
      )}
      <ol>
        {nodes.map((comment) => <Comment key={comment.id} comment={comment} />)}
      </ol>
      {task.viewerCanComment && <NewComment taskId={task.id} />}
    </section>
  );
}

function Comment({ comment: { author, bodyHTML, createdAt } }: { comment: CommentItemFragment }) {
  return (
    <li className="comment">
      {author ? <Avatar user={author} /> : <span className="avatar more">?</span>}
      <div>
        <p className="comment-by">
          <strong>{author?.name ?? "Former member"}</strong>
          <time dateTime={createdAt}>{momentLabel(createdAt)}</time>
        </p>
        <RichText html={bodyHTML} />
      </div>
    </li>
  );
}
