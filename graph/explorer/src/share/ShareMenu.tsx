import { ToolbarButton, ToolbarMenu, CopyIcon } from "@graphiql/react";
import { useEffect, useState } from "react";
import { editors } from "../editors";
import { linkTo, type Operation } from "./link";
import { LANGUAGES, snippet, type Language } from "./snippets";

function current(): Operation {
  const { query, variables } = editors.get();
  return { query: query?.getValue() ?? "", variables: variables?.getValue() };
}

/** Copy the operation as a link, or as code for other programs. */
export function ShareMenu() {
  const [said, setSaid] = useState("");
  const copy = async (text: string | Promise<string>, what: string) => {
    try {
      await navigator.clipboard.writeText(await text);
      setSaid(`Copied ${what}.`);
    } catch (error) {
      setSaid(`Not copied: ${(error as Error).message}`);
    }
  };
  useEffect(() => {
    const timer = setTimeout(() => setSaid(""), 3000);
    return () => clearTimeout(timer);
  }, [said]);
  const share = async () => {
    const link = await linkTo(current(), window.location);
    await copy(link, "a link to this operation");
  };
  const url = new URL("/graphql", window.location.href).href;
  const copySnippet = (language: Language) => {
    try {
      void copy(snippet(language, current(), url), `the operation for ${language}`);
    } catch {
      setSaid("Not copied: the operation or its variables cannot be read.");
    }
  };
  return (
    <>
      <ToolbarButton label="Copy a link to this operation" onClick={() => void share()}><LinkIcon /></ToolbarButton>
      <ToolbarMenu button={<ToolbarButton label="Copy as code"><CodeIcon /></ToolbarButton>}>
        {LANGUAGES.map((language) => (
          <ToolbarMenu.Item key={language} onSelect={() => copySnippet(language)}>
            <CopyIcon className="graphiql-toolbar-icon" aria-hidden="true" /> {language}
          </ToolbarMenu.Item>
        ))}
      </ToolbarMenu>
      <span className="said" role="status">{said}</span>
    </>
  );
}

function LinkIcon() {
  return (
    <svg className="graphiql-toolbar-icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" aria-hidden="true">
      <path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1-1" />
    </svg>
  );
}

function CodeIcon() {
  return (
    <svg className="graphiql-toolbar-icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d="m8 7-5 5 5 5M16 7l5 5-5 5M14 4l-4 16" />
    </svg>
  );
}
