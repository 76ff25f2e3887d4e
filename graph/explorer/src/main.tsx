import "./workers";
import "./styles.css";
import { createRoot } from "react-dom/client";
import { loadViewer } from "./account/viewer";
import { Explorer } from "./Explorer";
import { readLink } from "./share/link";

const root = createRoot(document.getElementById("explorer")!);
const [viewer, linked] = await Promise.all([loadViewer(), readLink(window.location)]);
root.render(<Explorer viewer={viewer} linked={linked} />);
