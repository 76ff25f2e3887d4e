import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { graphql } from "../gql";
import { useDebounced } from "./useDebounced";

const MEMBERS = graphql(`
  query Members($slug: String!, $filter: MembershipFilter) {
    workspace(slug: $slug) {
      id
      members(filter: $filter, first: 20) {
        nodes {
          id
          user {
            ...Avatar
          }
        }
      }
    }
  }
`);

/** The members that a picker offers. A workspace can have thousands, so the server searches. */
export function useMembers(slug: string, isOpen: boolean) {
  const [text, setText] = useState("");
  const search = useDebounced(text.trim());
  const filter = search ? { search } : null;
  const result = useQuery(MEMBERS, { variables: { slug, filter }, skip: !isOpen });
  const data = result.data ?? result.previousData;
  const users = (data?.workspace?.members?.nodes ?? []).map(({ user }) => user);
  return { users, isLoading: result.loading, search: setText };
}
