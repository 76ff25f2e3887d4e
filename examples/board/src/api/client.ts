import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, ServerError } from "@apollo/client";
import { ErrorLink } from "@apollo/client/link/error";
import { createCache } from "./cache";
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

// Live updates: subscriptions would get a link of their own here, with `ApolloLink.split`.
const link = ApolloLink.from([watchSignOut, authorize, new HttpLink({ uri: "/graphql" })]);

export const client = new ApolloClient({ link, cache: createCache() });
