import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, ServerError } from "@apollo/client";
import { ErrorLink } from "@apollo/client/link/error";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { createCache } from "./cache";
import { noteOwnChanges } from "./ownChanges";
import { readToken, reportSignedOut } from "./session";

export function isSignedOutError(error: unknown): boolean {
  if (CombinedGraphQLErrors.is(error)) {
    return error.errors.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED");
  }
  return ServerError.is(error) && error.statusCode === 401;
}

const authorize = new ApolloLink((operation, forward) => {
  const token = readToken();
  if (token) operation.setContext({ headers: { authorization: `Bearer ${token}` } });
  return forward(operation);
});

const watchSignOut = new ErrorLink(({ error }) => {
  if (isSignedOutError(error)) reportSignedOut();
});

// Whoever subscribes connects again by itself, to resume after the last change that it has seen.
const socket = createClient({
  url: `${window.location.origin.replace(/^http/, "ws")}/graphql`,
  connectionParams: () => {
    const token = readToken();
    return token ? { Authorization: `Bearer ${token}` } : {};
  },
  retryAttempts: 0,
});

const requests = ApolloLink.from([noteOwnChanges, watchSignOut, authorize, new HttpLink({ uri: "/graphql" })]);
const link = ApolloLink.split(
  ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
  new GraphQLWsLink(socket),
  requests,
);

export const client = new ApolloClient({ link, cache: createCache() });
