// Bundle the drivers. Relay's tagged documents become imports of what its compiler wrote, which
// babel-plugin-relay does in an application.
import { readFile } from "node:fs/promises";
import { build } from "esbuild";

const documents = {
  name: "relay-documents",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]src[/\\]relay[/\\]\w+\.ts$/ }, async ({ path }) => {
      const imports = [];
      const text = (await readFile(path, "utf8")).replace(
        /\bgraphql`\s*(?:query|mutation|fragment)\s+(\w+)[^`]*`/g,
        (_, name) => {
          imports.push(`import ${name}_document from "./__generated__/${name}.graphql";`);
          return `${name}_document`;
        },
      );
      return { contents: `${imports.join("\n")}\n${text}`, loader: "ts" };
    });
  },
};

await build({
  entryPoints: process.argv.slice(2),
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  plugins: [documents],
  logLevel: "warning",
});
