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

createRoot(document.getElementById('explorer')).render(
  <GraphiQL fetcher={fetcher} defaultQuery={defaultQuery}>
    <GraphiQL.Logo>Taskloom</GraphiQL.Logo>
  </GraphiQL>,
);
