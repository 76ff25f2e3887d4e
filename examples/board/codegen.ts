import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: ["src/**/*.{ts,tsx}", "!src/gql/**"],
  generates: {
    "src/gql/": {
      preset: "client",
      // Components take the generated type of their own fragment as a prop. Data that has more fields
      // is assignable to it, so it needs no unmasking.
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        // Apollo Client asks for `__typename` in every object.
        nonOptionalTypename: true,
        skipTypeNameForRoot: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: { DateTime: "string", Date: "string", DateTimeOrDuration: "string", JSON: "unknown" },
      },
    },
  },
};

export default config;
