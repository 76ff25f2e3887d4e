import { Kind, parse, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from "graphql";

export interface FieldRange {
  path: string;
  start: number;
  end: number;
}

/** The fields of a document with the paths of their keys in the response; those of fragments repeatedly. */
export function fieldRanges(query: string): FieldRange[] {
  let document: DocumentNode;
  try {
    document = parse(query);
  } catch {
    return [];
  }
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const found: FieldRange[] = [];
  const walk = (selectionSet: SelectionSetNode | undefined, path: string, depth: number) => {
    if (!selectionSet || depth > 20) return;
    for (const node of selectionSet.selections) {
      if (node.kind === Kind.FIELD) {
        const key = (node.alias ?? node.name).value;
        const own = path ? `${path}.${key}` : key;
        found.push({ path: own, start: node.loc!.start, end: node.loc!.end });
        walk(node.selectionSet, own, depth + 1);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        walk(node.selectionSet, path, depth + 1);
      } else {
        walk(fragments.get(node.name.value)?.selectionSet, path, depth + 1);
      }
    }
  };
  for (const node of document.definitions) {
    if (node.kind === Kind.OPERATION_DEFINITION) walk(node.selectionSet, "", 0);
  }
  return found;
}

/** The path of the innermost field around an offset. */
export function pathAt(ranges: readonly FieldRange[], offset: number): string | null {
  let found: FieldRange | null = null;
  for (const range of ranges) {
    const isAround = range.start <= offset && offset <= range.end;
    if (isAround && (!found || range.end - range.start <= found.end - found.start)) found = range;
  }
  return found?.path ?? null;
}
