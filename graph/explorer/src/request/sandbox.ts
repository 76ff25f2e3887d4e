import { Kind, OperationTypeNode, parse, print, visit, type DocumentNode, type GraphQLSchema } from "graphql";

/** A mutation that cannot be previewed is refused in the sandbox. */
export class NotPreviewable extends Error {
  constructor(field: string) {
    super(`Sandbox: ${field} has no \`dryRun\`, so it cannot be previewed. Turn the sandbox off to run it.`);
  }
}

/** Return a document whose mutations all have `dryRun: true`. Throw `NotPreviewable` for others. */
export function withDryRun(query: string, schema: GraphQLSchema): string {
  const document = parse(query);
  const fields = schema.getMutationType()?.getFields() ?? {};
  const fragments = rootFragments(document);
  let depth = 0;
  let isMutation = false;
  const changed = visit(document, {
    OperationDefinition: {
      enter(node) {
        isMutation = node.operation === OperationTypeNode.MUTATION;
        depth = 0;
      },
    },
    FragmentDefinition: {
      enter(node) {
        isMutation = fragments.has(node.name.value);
        depth = 0;
      },
    },
    Field: {
      enter(node) {
        depth += 1;
        if (!isMutation || depth > 1 || node.name.value === "__typename") return undefined;
        const field = fields[node.name.value];
        if (!field?.args.some(({ name }) => name === "dryRun")) throw new NotPreviewable(node.name.value);
        const others = (node.arguments ?? []).filter(({ name }) => name.value !== "dryRun");
        const dryRun = {
          kind: Kind.ARGUMENT,
          name: { kind: Kind.NAME, value: "dryRun" },
          value: { kind: Kind.BOOLEAN, value: true },
        } as const;
        return { ...node, arguments: [...others, dryRun] };
      },
      leave() {
        depth -= 1;
      },
    },
  });
  return print(withoutUnusedVariables(changed));
}

/** The fragments that apply to the root of mutations. */
function rootFragments(document: DocumentNode): Set<string> {
  const names = new Set<string>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION && node.typeCondition.name.value === "Mutation") {
      names.add(node.name.value);
    }
  }
  return names;
}

/** A variable that only `dryRun` has used would be an error now. */
function withoutUnusedVariables(document: DocumentNode): DocumentNode {
  const used = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: (node) => void used.add(node.name.value),
  });
  return visit(document, {
    VariableDefinition: (node) => (used.has(node.variable.name.value) ? undefined : null),
  });
}
