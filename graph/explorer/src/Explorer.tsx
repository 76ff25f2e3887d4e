import { explorerPlugin } from "@graphiql/plugin-explorer";
import { DOC_EXPLORER_PLUGIN } from "@graphiql/plugin-doc-explorer";
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { useEffect, useState } from "react";
import { Account } from "./account/Account";
import { workspaceSlug, type Viewer } from "./account/viewer";
import { diagramPlugin } from "./diagram/SchemaDiagram";
import { searchPlugin } from "./documentation/SearchPanel";
import { editors } from "./editors";
import { examplesPlugin } from "./examples/Examples";
import { firstQuery } from "./examples/examples";
import { fetcher, useSchemaForSandbox } from "./request/fetcher";
import { sandbox, transport } from "./request/settings";
import { ShareMenu } from "./share/ShareMenu";
import { readLink, type Operation } from "./share/link";
import { useStore } from "./store";
import { openInTab } from "./tabs";
import { tracePlugin } from "./trace/TracePanel";
import { useFieldHover } from "./trace/useFieldHover";

const queryBuilder = explorerPlugin({ showAttribution: false });

interface ExplorerProps {
  viewer: Viewer | null;
  /** Why it is not known who is signed in. */
  failure: string | null;
  linked: Operation | null;
}

export function Explorer({ viewer, failure, linked }: ExplorerProps) {
  const [plugins] = useState(() => [searchPlugin, queryBuilder, examplesPlugin(viewer), tracePlugin, diagramPlugin]);
  const [first] = useState(() => firstQuery(viewer, workspaceSlug.get()));
  return (
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      defaultQuery={first.query}
      initialVariables={hasTabs() ? undefined : first.variables}
      defaultEditorToolsVisibility="variables"
      shouldPersistHeaders={false}
      schemaDescription
      inputValueDeprecation
    >
      <GraphiQL.Logo>
        <div className="brand">
          <strong>Taskloom</strong>
          <Sandbox />
          <Transport />
          <Account viewer={viewer} failure={failure} />
        </div>
      </GraphiQL.Logo>
      <GraphiQL.Toolbar>
        {({ prettify, copy, merge }) => (
          <>
            {prettify}
            {merge}
            {copy}
            <ShareMenu />
            <Connections linked={linked} />
          </>
        )}
      </GraphiQL.Toolbar>
    </GraphiQL>
  );
}

/** Whether GraphiQL has stored tabs, which it opens again. */
function hasTabs(): boolean {
  return localStorage.getItem("graphiql:tabState") !== null;
}

function Sandbox() {
  const isOn = useStore(sandbox) === "on";
  return (
    <label className={isOn ? "switch on" : "switch"} title="Send every mutation as a dry run: nothing is saved.">
      <input type="checkbox" role="switch" checked={isOn} onChange={() => sandbox.set(isOn ? "off" : "on")} />
      Sandbox
    </label>
  );
}

function Transport() {
  const chosen = useStore(transport);
  return (
    <label className="inline" title="How subscriptions are sent: over WebSocket or Server-Sent Events">
      <select aria-label="Subscriptions over" value={chosen} onChange={(event) => transport.set(event.target.value)}>
        <option value="websocket">WebSocket</option>
        <option value="sse">SSE</option>
      </select>
    </label>
  );
}

/** Connects GraphiQL's state with the parts of this page. It shows nothing. */
function Connections({ linked }: { linked: Operation | null }) {
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const schema = useGraphiQL((state) => state.schema);
  const actions = useGraphiQLActions();
  useEffect(() => editors.set({ query, variables }), [query, variables]);
  useEffect(() => {
    if (schema) useSchemaForSandbox(schema);
  }, [schema]);
  useEffect(() => {
    // A link is shown in a tab of its own, and not run. A reload does not open it again.
    const open = (operation: Operation) => {
      openInTab(actions, operation);
      window.history.replaceState(null, "", window.location.pathname);
    };
    if (!query || !variables) return undefined;
    if (linked && (window.location.hash || window.location.search)) open(linked);
    const openChanged = () => void readLink(window.location).then((operation) => operation && open(operation));
    window.addEventListener("hashchange", openChanged);
    return () => window.removeEventListener("hashchange", openChanged);
  }, [linked, Boolean(query && variables)]);
  useFieldHover();
  return null;
}

