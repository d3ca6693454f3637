/** Small snapshots made up for tests: random graphs in the layouts of different Node.js lines, as text. */
import fc from "fast-check";
import type { SnapshotFile } from "../support/reference-graph.ts";

const NODE_TYPES = ["hidden", "array", "string", "object", "code", "closure", "native", "synthetic"];
const EDGE_TYPES = ["context", "element", "property", "internal", "hidden", "shortcut", "weak"];
const WITH_TRACE = ["type", "name", "id", "self_size", "edge_count", "trace_node_id", "detachedness"];
const WITHOUT_TRACE = ["type", "name", "id", "self_size", "edge_count", "detachedness"];
const STRINGS = ["", "(GC roots)", "Map", 'a "quoted" \\ name', "line\nbreak", "größe €", "[", "]", "x".repeat(40)];

/** A snapshot, and whether its rows stand on lines of their own, as Node 20 and 22 write them. */
export interface SmallSnapshot {
  readonly file: SnapshotFile;
  readonly hasLines: boolean;
}

/** Random graphs of up to `most` nodes: cycles, doubled edges, edges to oneself, unreachable parts, weak ones, shortcuts, WeakMap entries. */
export function smallSnapshots(most = 14): fc.Arbitrary<SmallSnapshot> {
  const node = fc.record({
    type: fc.nat(NODE_TYPES.length - 1),
    name: fc.nat(STRINGS.length - 1),
    size: fc.oneof(fc.nat(500), fc.constant(2 ** 32 + 7), fc.constant(2 ** 40)),
    detachedness: fc.nat(2),
    edges: fc.array(
      fc.record({ type: fc.nat(EDGE_TYPES.length - 1), name: fc.nat(STRINGS.length - 1), to: fc.nat() }),
      {
        maxLength: 4,
      },
    ),
  });
  const entry = fc.record({ table: fc.nat(), key: fc.nat(), value: fc.nat() });
  return fc
    .record({
      nodes: fc.array(node, { minLength: 1, maxLength: most }),
      entries: fc.array(entry, { maxLength: 2 }),
      isNode24: fc.boolean(),
      hasLines: fc.boolean(),
    })
    .map(({ nodes, entries, isNode24, hasLines }) => {
      const fields = isNode24 ? WITHOUT_TRACE : WITH_TRACE;
      const idOf = (index: number): number => 1 + 2 * ((index * 7) % 97);
      const strings = [...STRINGS];
      const edgesOf = nodes.map(({ edges }) =>
        edges.map(({ type, name, to }) => [type, name, to % nodes.length] as const),
      );
      for (const [nth, { table, key, value }] of entries.entries()) {
        const [from, by, to] = [table, key, value].map((index) => index % nodes.length) as [number, number, number];
        const label = ` / part of key (K @${idOf(by)}) -> value (V @${idOf(to)}) pair in WeakMap (table @${idOf(from)})`;
        for (const [holder, place] of [
          [by, 2 * nth],
          [from, 2 * nth + 1],
        ] as const) {
          edgesOf[holder]?.push([3, strings.length, to]);
          strings.push(`${place}${label}`);
        }
      }
      const rows = nodes.flatMap(({ type, name, size, detachedness }, index) => {
        const edgeCount = edgesOf[index]?.length ?? 0;
        const values: Readonly<Record<string, number>> = {
          type,
          name,
          id: idOf(index),
          self_size: size,
          edge_count: edgeCount,
          detachedness,
        };
        return fields.map((field) => values[field] ?? 0);
      });
      const edges = edgesOf.flat();
      const meta = {
        node_fields: fields,
        node_types: [NODE_TYPES],
        edge_fields: ["type", "name_or_index", "to_node"],
        edge_types: [EDGE_TYPES],
        location_fields: ["object_index", "script_id", "line", "column"],
      };
      const file: SnapshotFile = {
        snapshot: {
          meta,
          node_count: nodes.length,
          edge_count: edges.length,
          ...(isNode24 && { extra_native_bytes: 4096 }),
        },
        nodes: rows,
        edges: edges.flatMap(([type, name, to]) => [type, name, to * fields.length]),
        locations: [0, 12, 3, 4],
        strings,
      };
      return { file, hasLines };
    });
}

/** The text of a file as V8 writes it. */
export function snapshotText({ file, hasLines }: SmallSnapshot): string {
  const { snapshot, nodes, edges, locations, strings } = file;
  const line = hasLines ? "\n" : "";
  const rows = (values: readonly number[], width: number): string => {
    const lines: string[] = [];
    for (let at = 0; at < values.length; at += width) lines.push(values.slice(at, at + width).join(","));
    return `[${lines.join(`${line},`)}${line}]`;
  };
  return [
    `{"snapshot":${JSON.stringify(snapshot)}`,
    `"nodes":${rows(nodes, snapshot.meta.node_fields.length)}`,
    `"edges":${rows(edges, 3)}`,
    `"trace_function_infos":[]`,
    `"trace_tree":[]`,
    `"samples":[]`,
    `"locations":${rows(locations ?? [], 4)}`,
    `"strings":[${strings.map((text) => JSON.stringify(text)).join(`,${line}`)}]}`,
  ].join(`,\n`);
}
