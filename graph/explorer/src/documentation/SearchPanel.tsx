import { DOC_EXPLORER_PLUGIN, useDocExplorerActions } from "@graphiql/plugin-doc-explorer";
import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from "@graphiql/react";
import { useMemo, useState } from "react";
import { entriesOf, search, type Found } from "./search";

export const searchPlugin: GraphiQLPlugin = { title: "Search", icon: SearchIcon, content: SearchPanel };

const LIMIT = 100;

/** Searches the documentation, with its descriptions. */
function SearchPanel() {
  const schema = useGraphiQL((state) => state.schema);
  const { setVisiblePlugin } = useGraphiQLActions();
  const documentation = useDocExplorerActions();
  const [words, setWords] = useState("");
  const entries = useMemo(() => (schema ? entriesOf(schema) : []), [schema]);
  const found = useMemo(() => search(entries, words, LIMIT + 1), [entries, words]);
  const open = ({ type, field }: Found) => {
    documentation.reset();
    documentation.push({ name: type.name, def: type });
    if (field) documentation.push({ name: field.name, def: field });
    setVisiblePlugin(DOC_EXPLORER_PLUGIN);
  };
  return (
    <section className="panel" aria-label="Search">
      <h2>Search</h2>
      <input
        type="search"
        className="search"
        placeholder="Types, fields and descriptions"
        aria-label="Search types, fields and descriptions"
        value={words}
        autoFocus
        onChange={(event) => setWords(event.target.value)}
      />
      <p className="muted" role="status">{words.trim() ? `${found.length > LIMIT ? `More than ${LIMIT}` : found.length} found` : ""}</p>
      <ul className="examples">
        {found.slice(0, LIMIT).map((one) => (
          <li key={one.name}>
            <button onClick={() => open(one)}>
              <strong>{one.name}</strong>
              <span>{one.description}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function SearchIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" aria-hidden="true">
      <circle cx="10.5" cy="10.5" r="6" /><path d="m15 15 5 5" />
    </svg>
  );
}
