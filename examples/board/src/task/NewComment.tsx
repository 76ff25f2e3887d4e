import type { ApolloCache } from "@apollo/client";
import { useMutation } from "@apollo/client/react";
import { useState, type FormEvent, type KeyboardEvent } from "react";
import { errorMessage, payloadMessage } from "../api/errors";
import { newId } from "../api/ids";
import { useBoard } from "../board/context";
import { graphql } from "../gql";
import type { CommentItemFragment } from "../gql/graphql";
import { announce } from "../ui/toasts";
import { plainHTML } from "./RichText";

const COMMENT = graphql(`
  mutation AddComment($input: CommentCreateInput!) {
    commentCreate(input: $input) {
      errors {
        ...PayloadError
      }
      comment {
        ...CommentItem
      }
    }
  }
`);

const COMMENTS = graphql(`
  fragment CommentList on Task {
    comments {
      totalCount
      nodes {
        ...CommentItem
      }
    }
  }
`);

export function NewComment({ taskId }: { taskId: string }) {
  const { viewer } = useBoard();
  const [body, setBody] = useState("");
  const [message, setMessage] = useState<string | null>(null);
  const [create] = useMutation(COMMENT);

  const fail = (text: string) => {
    // The optimistic comment is gone. What the user wrote is not.
    setBody((typed) => typed || body);
    setMessage(`The comment was not added. ${text}`);
  };
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (!body.trim()) return;
    // The server keeps the client's ID, so the optimistic comment and the real one are the same object.
    const id = newId("comment");
    const { __typename, id: viewerId, handle, name, avatarUrl } = viewer;
    setBody("");
    setMessage(null);
    try {
      const { data } = await create({
        variables: { input: { id, taskId, body } },
        optimisticResponse: {
          commentCreate: {
            __typename: "CommentPayload",
            errors: [],
            comment: {
              __typename: "Comment",
              id,
              bodyHTML: plainHTML(body),
              createdAt: new Date().toISOString(),
              author: { __typename, id: viewerId, handle, name, avatarUrl },
            },
          },
        },
        update(cache, { data: result }) {
          if (result?.commentCreate.comment) append(cache, taskId, result.commentCreate.comment);
        },
      });
      const { errors } = data!.commentCreate;
      if (errors.length) fail(payloadMessage(errors));
      else announce("Comment added.");
    } catch (error) {
      fail(errorMessage(error));
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit();
  };

  return (
    <form className="new-comment" onSubmit={(event) => void submit(event)}>
      <textarea
        aria-label="New comment"
        placeholder="Leave a comment…"
        rows={3}
        value={body}
        onKeyDown={onKeyDown}
        onChange={(event) => setBody(event.target.value)}
      />
      {message && <p className="form-error" role="alert">{message}</p>}
      <div className="form-row">
        <span className="hint">Ctrl+Enter sends</span>
        <button className="button primary" disabled={!body.trim()}>Comment</button>
      </div>
    </form>
  );
}

function append(cache: ApolloCache, taskId: string, comment: CommentItemFragment): void {
  const task = { id: cache.identify({ __typename: "Task", id: taskId }), fragment: COMMENTS, fragmentName: "CommentList" };
  cache.updateFragment(task, (data) => data?.comments && {
    ...data,
    comments: {
      ...data.comments,
      totalCount: data.comments.totalCount + 1,
      nodes: [...data.comments.nodes, comment],
    },
  });
}
