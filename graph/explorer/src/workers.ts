/** The editors' workers, which Vite bundles. */
import EditorWorker from "monaco-editor/esm/vs/editor/editor.worker.js?worker";
import JsonWorker from "monaco-editor/esm/vs/language/json/json.worker.js?worker";
import GraphQLWorker from "monaco-graphql/esm/graphql.worker.js?worker";

const environment = {
  getWorker(_id: string, label: string) {
    if (label === "graphql") return new GraphQLWorker();
    return label === "json" ? new JsonWorker() : new EditorWorker();
  },
};

Object.assign(globalThis, { MonacoEnvironment: environment });
