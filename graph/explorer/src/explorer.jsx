import 'monaco-graphql/esm/monaco-editor.js'; // first, so that its styles come before ours
import './explorer.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';

const workers = { graphql: 'graphql.worker.js', json: 'json.worker.js' };

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(`/explorer/${workers[label] ?? 'editor.worker.js'}`),
};

const defaultQuery = `# Taskloom: press the play button, or Ctrl-Enter.
{
  viewer {
    handle
    workspaces {
      nodes {
        slug
        name
        tasks(first: 10) {
          totalCount
          nodes {
            key
            title
            state { name category }
            assignees { handle }
            labels { name color }
            comments(first: 3) {
              nodes { body author { handle } }
            }
          }
        }
      }
    }
  }
}
`;

const fetcher = createGraphiQLFetcher({
  url: '/graphql',
  // "http" becomes "ws", and "https" becomes "wss".
  subscriptionUrl: new URL('/graphql', location.href).href.replace(/^http/, 'ws'),
});

// A link may hold an operation, in the parameters of GraphQL over HTTP. It is shown, not run.
const parameters = new URLSearchParams(location.search);
const given = (name) => parameters.get(name) ?? undefined;

createRoot(document.getElementById('explorer')).render(
  <GraphiQL
    fetcher={fetcher}
    defaultQuery={defaultQuery}
    initialQuery={given('query')}
    initialVariables={given('variables')}
  >
    <GraphiQL.Logo>Taskloom</GraphiQL.Logo>
  </GraphiQL>,
);
