// Lint a schema, and a folder that has a folder of documents for each client, with graphql-eslint.
// Validate the documents with GraphQL Inspector. Prints JSON.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import plugin from "@graphql-eslint/eslint-plugin";
import { validate } from "@graphql-inspector/core";
import { ESLint } from "eslint";
import { buildSchema, parse, Source } from "graphql";

const [schemaFile, folder] = process.argv.slice(2);
const text = await readFile(schemaFile, "utf8");
const clients = await readdir(folder);
process.chdir(folder);

// The documents of each client are a project, because clients name their operations alike.
const projects = { default: { schema: schemaFile } };
for (const client of clients) {
  const documents = `${client}/*.graphql`;
  projects[client] = { schema: schemaFile, documents, include: documents };
}

/** Run the rules of a configuration; return `[rule, line, message]` of each problem. */
async function lint(configuration, filePath, text) {
  const config = {
    files: ["**/*.graphql"],
    languageOptions: {
      parser: plugin.parser,
      parserOptions: { graphQLConfig: { projects } },
    },
    plugins: { "@graphql-eslint": plugin },
    rules: plugin.configs[`flat/${configuration}`].rules,
  };
  const options = { overrideConfigFile: true, overrideConfig: [config] };
  const [{ messages }] = await new ESLint(options).lintText(text, { filePath });
  return messages.map(({ ruleId, line, message }) => [ruleId?.split("/")[1], line, message]);
}

/** The coordinates of the innermost definitions of the schema, by their lines. */
function coordinates() {
  const found = [];
  const add = (node, coordinate) => {
    for (let line = node.loc.startToken.line; line <= node.loc.endToken.line; line++) {
      found[line] = coordinate;
    }
  };
  for (const type of parse(text).definitions.filter(({ name }) => name)) {
    add(type, type.name.value);
    for (const member of [...(type.fields ?? []), ...(type.values ?? [])]) {
      add(member, `${type.name.value}.${member.name.value}`);
    }
  }
  return found;
}

const at = coordinates();
const problems = {};
for (const configuration of ["schema-recommended", "schema-relay"]) {
  const found = await lint(configuration, "schema.graphql", text);
  problems[configuration] = found.map(([rule, line, message]) => [rule, at[line], message]);
}

const schema = buildSchema(text);
const documents = { count: 0, problems: [], invalid: [] };
for (const client of clients) {
  const names = await readdir(client);
  for (const name of names) {
    const path = join(client, name);
    const body = await readFile(path, "utf8");
    const found = await lint("operations-recommended", path, body);
    documents.problems.push(...found.map((problem) => [path, ...problem]));
    for (const { errors } of validate(schema, [new Source(body, path)], { strictDeprecated: true })) {
      documents.invalid.push([path, errors.map(String)]);
    }
  }
  documents.count += names.length;
}
console.log(JSON.stringify({ ...problems, documents }));
