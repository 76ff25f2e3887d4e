import { ApolloLink } from "@apollo/client";
import { OperationTypeNode } from "graphql";
import { finalize, tap } from "rxjs";

const own = new Set<number>();
const waiting = new Set<() => void>();
let inFlight = 0;

/** Note the numbers of the changes that this page makes. The subscription tells of them too. */
export const noteOwnChanges = new ApolloLink((operation, forward) => {
  if (operation.operationType !== OperationTypeNode.MUTATION) return forward(operation);
  inFlight += 1;
  return forward(operation).pipe(
    tap(({ data }) => {
      for (const payload of Object.values(data ?? {})) {
        if (typeof payload?.sequence === "number") own.add(payload.sequence);
      }
    }),
    finalize(() => {
      inFlight -= 1;
      if (inFlight) return;
      for (const goOn of waiting) goOn();
      waiting.clear();
    }),
  );
});

/** Whether a change is one of this page. While a mutation is in flight, that is not known yet. */
export async function isOwnChange(sequence: number): Promise<boolean> {
  while (inFlight) await new Promise<void>((resolve) => waiting.add(resolve));
  return own.delete(sequence);
}
