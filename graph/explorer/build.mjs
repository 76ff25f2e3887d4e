// Bundles GraphiQL and the Monaco workers it needs into static/.
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

process.chdir(import.meta.dirname);
rmSync('static', { recursive: true, force: true });

// What graphql's instanceOf.mjs comes to in production, which it cannot detect in a browser.
const production = {
  name: 'production',
  setup({ onLoad }) {
    onLoad({ filter: /graphql\/jsutils\/instanceOf\.mjs$/ }, () => ({
      contents: 'export const instanceOf = (value, constructor) => value instanceof constructor;',
    }));
  },
};

const { metafile } = await build({
  entryPoints: {
    explorer: 'src/explorer.jsx',
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
  },
  outdir: 'static',
  bundle: true,
  minify: true,
  metafile: true,
  format: 'iife',
  target: 'es2022',
  jsx: 'automatic',
  // Both names mean the same plugin: bundle it once.
  alias: {
    'prettier/parser-babel': 'prettier/plugins/babel',
    'prettier/parser-graphql': 'prettier/plugins/graphql',
  },
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [production],
  loader: { '.ttf': 'file' },
  assetNames: '[name]',
  publicPath: '/explorer', // where the server mounts static/
  legalComments: 'none', // the licences are written below
  logLevel: 'info',
});
copyFileSync('src/index.html', 'static/index.html');

// Packages published without a licence file, and their siblings from the same authors with one.
const siblings = {
  '@graphiql/plugin-doc-explorer': 'graphiql',
  '@graphiql/plugin-history': 'graphiql',
  'react-compiler-runtime': 'react',
  'react-remove-scroll-bar': 'react-remove-scroll',
};
const isLicence = (name) => /^(licen[cs]e|notice|third-?party-?notices|copyright)/i.test(name);
const licences = (path) => readdirSync(path).filter(isLicence).sort().map((name) => `${path}/${name}`);

const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) =>
  Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput).map(([input]) => input));
const paths = bundled.map((input) => input.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0]);

const texts = [...new Set(paths)].filter(Boolean).sort().map((path) => {
  const { name, version, license } = JSON.parse(readFileSync(`${path}/package.json`, 'utf8'));
  let files = licences(path);
  if (!files.length) files = licences(`node_modules/${siblings[name]}`);
  const text = files.map((file) => readFileSync(file, 'utf8').trim()).join('\n\n');
  return `${name} ${version} (${license})\n\n${text}\n`;
});
texts.push(`codicon.ttf, from monaco-editor (CC-BY-4.0)

Visual Studio Code icons, Copyright (c) Microsoft Corporation, unchanged, under
the Creative Commons Attribution 4.0 International licence:
https://creativecommons.org/licenses/by/4.0/legalcode
`);
writeFileSync('static/THIRD_PARTY_LICENSES.txt', texts.join(`\n${'='.repeat(79)}\n\n`));
