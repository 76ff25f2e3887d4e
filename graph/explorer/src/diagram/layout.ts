import dagre from "@dagrejs/dagre";
import { getNamedType, isInterfaceType, isObjectType, isUnionType, type GraphQLNamedType, type GraphQLSchema } from "graphql";

export interface Box {
  name: string;
  x: number;
  y: number;
  width: number;
  height: number;
  fields: { name: string; type: string; target: string | null }[];
}

export interface Layout {
  boxes: Box[];
  lines: { from: string; to: string; points: { x: number; y: number }[] }[];
  width: number;
  height: number;
}

const LINE = 16;
const HEAD = 24;
const WIDTH = 210;
/** Types that say little about the model: pages, payloads and errors. */
const HIDDEN = /(Connection|Edge|Payload|PageInfo|UserError|TaskBatchResult|CappedCount|RateLimit)$/;

/** The types that are shown: those that hold the model's data. */
export function shownTypes(schema: GraphQLSchema): GraphQLNamedType[] {
  const roots = new Set([schema.getQueryType()?.name, schema.getMutationType()?.name, schema.getSubscriptionType()?.name]);
  return Object.values(schema.getTypeMap()).filter(
    (type) => (isObjectType(type) || isUnionType(type)) && !type.name.startsWith("__") && !HIDDEN.test(type.name) && !roots.has(type.name),
  );
}

/** The type that a field leads to; of a connection, that of its nodes. */
export function targetOf(type: GraphQLNamedType): string {
  if (isObjectType(type) && type.name.endsWith("Connection")) {
    const nodes = type.getFields().nodes;
    if (nodes) return getNamedType(nodes.type).name;
  }
  return type.name;
}

export function layOut(schema: GraphQLSchema): Layout {
  const types = shownTypes(schema);
  const names = new Set(types.map(({ name }) => name));
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 90, marginx: 20, marginy: 20 });
  graph.setDefaultEdgeLabel(() => ({}));
  const fieldsOf = new Map<string, Box["fields"]>();
  for (const type of types) {
    const fields = isObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields()).map((field) => {
          const target = targetOf(getNamedType(field.type));
          return { name: field.name, type: String(field.type), target: names.has(target) ? target : null };
        })
      : isUnionType(type)
        ? type.getTypes().map(({ name }) => ({ name: "…", type: name, target: names.has(name) ? name : null }))
        : [];
    const related = fields.filter(({ target }) => target !== null);
    fieldsOf.set(type.name, related);
    graph.setNode(type.name, { width: WIDTH, height: HEAD + related.length * LINE + 8 });
  }
  for (const [name, fields] of fieldsOf) {
    for (const target of new Set(fields.map((field) => field.target))) {
      if (target && target !== name) graph.setEdge(name, target);
    }
  }
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    boxes: graph.nodes().map((name) => {
      const node = graph.node(name);
      return { name, fields: fieldsOf.get(name)!, width: node.width, height: node.height, x: node.x - node.width / 2, y: node.y - node.height / 2 };
    }),
    lines: graph.edges().map(({ v, w }) => ({ from: v, to: w, points: graph.edge(v, w).points })),
  };
}
