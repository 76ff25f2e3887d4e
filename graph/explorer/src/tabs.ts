import type { useGraphiQLActions } from "@graphiql/react";
import type { Operation } from "./share/link";
import { editors } from "./editors";

/** Open an operation in a new tab. */
export function openInTab(actions: ReturnType<typeof useGraphiQLActions>, { query, variables }: Operation): void {
  // What still runs would write into the new tab.
  actions.stop();
  actions.addTab();
  // The editors show the new tab from the next turn on.
  setTimeout(() => {
    const { query: queryEditor, variables: variableEditor } = editors.get();
    queryEditor?.setValue(query);
    variableEditor?.setValue(variables ?? "");
    queryEditor?.focus();
  });
}
