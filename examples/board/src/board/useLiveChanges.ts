import { CombinedGraphQLErrors } from "@apollo/client";
import { useApolloClient } from "@apollo/client/react";
import { useEffect, useEffectEvent, useState } from "react";
import { isOwnChange } from "../api/ownChanges";
import { reportSignedOut } from "../api/session";
import { graphql } from "../gql";
import type { BoardChangesSubscription } from "../gql/graphql";
import { useBoard, usePlaceTask } from "./context";

const CHANGES = graphql(`
  subscription BoardChanges($workspace: String!, $after: Int!) {
    changes(workspace: $workspace, after: $after) {
      sequence
      kind
      subjectType
      fields {
        name
        before
      }
      subject {
        id
        ... on Task {
          ...TaskCard
          archivedAt
          deletedAt
        }
        ... on Comment {
          task {
            id
            commentCount: comments {
              totalCount
            }
          }
        }
      }
    }
  }
`);

type Change = BoardChangesSubscription["changes"];

/** Milliseconds until the subscription is resumed, and until several changes are loaded together. */
const PAUSE = 1000;
const COLLECT = 200;

/**
 * Show what others change, as it is committed. Return whether the board is up to date.
 *
 * Apollo's cache takes over the selected fields by itself. This puts tasks into their columns. Where
 * only the server knows what the board shows, such as with filters, the board is loaded again.
 */
export function useLiveChanges(isFiltered: boolean): boolean {
  const client = useApolloClient();
  const { workspace } = useBoard();
  const place = usePlaceTask();
  const [isLive, setLive] = useState(false);

  const apply = useEffectEvent((change: Change): string[] => {
    const { kind, subject, subjectType } = change;
    if (subject?.__typename === "Comment") return ["Task"];
    if (subject?.__typename !== "Task") return subjectType === "Event" ? [] : ["Board", "Task"];
    const isGone = Boolean(subject.archivedAt ?? subject.deletedAt);
    if (isFiltered || isGone) return ["Board"];
    const isNew = kind === "CREATED" || kind === "RESTORED" || kind === "UNARCHIVED";
    const before = change.fields.find(({ name }) => name === "stateId")?.before;
    place(subject, { fromStateId: isNew ? null : ((before as string | undefined) ?? subject.state.id) });
    return [];
  });

  useEffect(() => {
    let after = workspace.sequence;
    let isOver = false;
    let timer = 0;
    const stale = new Set<string>();
    const reload = (names: string[]) => {
      for (const name of names) stale.add(name);
      if (!stale.size) return;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        const active = [...client.getObservableQueries().values()].map(({ queryName }) => queryName);
        void client.refetchQueries({ include: [...stale].filter((name) => active.includes(name)) });
        stale.clear();
      }, COLLECT);
    };
    const fail = (error: unknown) => {
      const codes = CombinedGraphQLErrors.is(error) ? error.errors.map(({ extensions }) => extensions?.code) : [];
      if (codes.includes("UNAUTHENTICATED")) return reportSignedOut();
      if (codes.includes("NOT_FOUND")) return reload(["Board"]);
      return connect();
    };
    let subscription: { unsubscribe(): void } | undefined;
    const connect = () => {
      setLive(false);
      window.setTimeout(() => {
        if (isOver) return;
        const variables = { workspace: workspace.slug, after };
        let failure: unknown;
        subscription = client.subscribe({ query: CHANGES, variables, fetchPolicy: "network-only" }).subscribe({
          next: ({ data, error }) => {
            failure = error;
            if (!data) return;
            const { changes } = data;
            after = changes.sequence;
            void isOwnChange(changes.sequence).then((isOwn) => {
              if (!isOwn && !isOver) reload(apply(changes));
            });
          },
          error: fail,
          complete: () => !isOver && fail(failure),
        });
        setLive(true);
      }, subscription ? PAUSE : 0);
    };
    connect();
    return () => {
      isOver = true;
      window.clearTimeout(timer);
      subscription?.unsubscribe();
    };
    // The number of the first load counts. Later ones are behind the changes that have come since.
  }, [client, workspace.slug]); // eslint-disable-line react-hooks/exhaustive-deps
  return isLive;
}
