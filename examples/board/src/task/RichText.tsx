import type { MouseEvent } from "react";
import { navigate, pathTo } from "../router";

/** The text of a task or comment, as the HTML that the server has sanitized. */
export function RichText({ html }: { html: string }) {
  return <div className="rich-text" onClick={follow} dangerouslySetInnerHTML={{ __html: html }} />;
}

/** Open mentioned tasks in the drawer, and show the tasks of mentioned members on the board. */
function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-key], a[data-handle]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const [workspace] = new URL(link.href).pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const { key, handle } = link.dataset;
  navigate(handle ? pathTo(workspace!, null, `assignee=${encodeURIComponent(handle)}`) : pathTo(workspace!, key!, ""));
}

/** The HTML to show until the server has rendered a text. */
export function plainHTML(text: string): string {
  const element = document.createElement("p");
  element.innerText = text;
  return element.outerHTML;
}
