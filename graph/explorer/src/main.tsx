import "./workers";
import "./styles.css";
import { createRoot } from "react-dom/client";
import { loadViewer } from "./account/viewer";
import { Explorer } from "./Explorer";
import { readLink } from "./share/link";

// The panels at the left are wide enough for a timeline, unless the user has chosen otherwise.
if (localStorage.getItem("graphiql:docExplorerFlex") === null) localStorage.setItem("graphiql:docExplorerFlex", "0.6");

const root = createRoot(document.getElementById("explorer")!);
let failure: string | null = null;
const [viewer, linked] = await Promise.all([
  loadViewer().catch((error: Error) => {
    failure = `The server does not answer: ${error.message}`;
    return null;
  }),
  readLink(window.location),
]);
root.render(<Explorer viewer={viewer} failure={failure} linked={linked} />);
