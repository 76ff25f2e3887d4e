import { useGraphiQLActions, type GraphiQLPlugin } from "@graphiql/react";
import { workspaceSlug, type Viewer } from "../account/viewer";
import { useStore } from "../store";
import { examples } from "./examples";
import { openInTab } from "../tabs";

export function examplesPlugin(viewer: Viewer | null): GraphiQLPlugin {
  function Content() {
    const slug = useStore(workspaceSlug);
    const actions = useGraphiQLActions();
    if (!viewer) return <section className="panel"><h2>Examples</h2><p>Sign in to see examples over your own data.</p></section>;
    return (
      <section className="panel" aria-label="Examples">
        <h2>Examples</h2>
        <p className="muted">Over your own data in {slug}. Each opens in a tab of its own, ready to run.</p>
        <ul className="examples">
          {examples(viewer, slug).map((example) => (
            <li key={example.title}>
              <button onClick={() => openInTab(actions, example)}>
                <strong>{example.title}</strong>
                <span>{example.description}</span>
              </button>
            </li>
          ))}
        </ul>
        <p><a href="/schema.graphql" download>Download schema.graphql</a></p>
      </section>
    );
  }
  return { title: "Examples", icon: ExamplesIcon, content: Content };
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden="true">
      <path d="M5 4h14v16H5zM8.5 8.5h7M8.5 12h7M8.5 15.5h4" />
    </svg>
  );
}
