import type { MonacoEditor } from "@graphiql/react";
import { Store } from "./store";

/** The editors of the page, once they exist. */
export const editors = new Store<{ query?: MonacoEditor; variables?: MonacoEditor }>({});
