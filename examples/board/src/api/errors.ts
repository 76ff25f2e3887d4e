import { CombinedGraphQLErrors, ServerError } from "@apollo/client";
import { graphql } from "../gql";
import type { PayloadErrorFragment } from "../gql/graphql";

graphql(`
  fragment PayloadError on UserError {
    code
    message
    path
    fields
  }
`);

/** The text of the errors that a mutation returned as data. */
export function payloadMessage(errors: readonly PayloadErrorFragment[]): string {
  return errors.map(({ message }) => message).join(" ");
}

/** The text of an error that stopped the whole operation. */
export function errorMessage(error: unknown): string {
  if (CombinedGraphQLErrors.is(error)) return error.errors.map(({ message }) => message).join(" ");
  if (ServerError.is(error)) return `The server answered with status ${error.statusCode}.`;
  return "The server cannot be reached.";
}
