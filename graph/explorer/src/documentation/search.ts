/** Search in the names and descriptions of a schema. */
import { isEnumType, isInputObjectType, isInterfaceType, isObjectType, type GraphQLField, type GraphQLInputField, type GraphQLNamedType, type GraphQLSchema } from "graphql";

export interface Found {
  /** Such as `Task`, `Task.title` or `TaskPriority.HIGH`. */
  name: string;
  description: string;
  type: GraphQLNamedType;
  field?: GraphQLField<unknown, unknown> | GraphQLInputField;
}

interface Entry extends Found {
  text: string;
}

/** Everything that has a name and may have a description. */
export function entriesOf(schema: GraphQLSchema): Entry[] {
  const entries: Entry[] = [];
  const add = (found: Found, more = "") =>
    entries.push({ ...found, text: `${found.name} ${found.description} ${more}`.toLowerCase() });
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__")) continue;
    add({ name: type.name, description: type.description ?? "", type });
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        const parameters = field.args.map((one) => `${one.name} ${one.description ?? ""}`).join(" ");
        add({ name: `${type.name}.${field.name}`, description: field.description ?? "", type, field }, parameters);
      }
    } else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        add({ name: `${type.name}.${field.name}`, description: field.description ?? "", type, field });
      }
    } else if (isEnumType(type)) {
      for (const value of type.getValues()) {
        add({ name: `${type.name}.${value.name}`, description: value.description ?? "", type });
      }
    }
  }
  return entries;
}

/** The entries that have all words; first those that have them in their names. */
export function search(entries: Entry[], words: string, limit = Infinity): Found[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return [];
  const rank = ({ name }: Found) => {
    const lower = name.toLowerCase();
    if (lower === wanted.join(" ")) return 0;
    return wanted.every((word) => lower.includes(word)) ? 1 : 2;
  };
  return entries
    .filter(({ text }) => wanted.every((word) => text.includes(word)))
    .sort((one, other) => rank(one) - rank(other) || one.name.length - other.name.length)
    .slice(0, limit);
}
