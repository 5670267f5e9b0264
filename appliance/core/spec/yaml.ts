/** YAML to plain data that still knows where each value stood, so that an error can say `line:column`. Pure. */
import { isMap, isNode, isPair, isSeq, LineCounter, parseDocument } from "yaml";

/** Where something stands in the text, both from 1: `3:7`. */
export type Place = string;

/** What one key or position on a path is: a name in a map, a number in a list. */
export type PathKey = string | number;

/** A document that could be read. */
export interface YamlDocument {
  readonly data: unknown;
  /** Where a value stands or, with `ofKey`, its key. For what is not there it is the nearest thing around it. */
  placeOf(path: readonly PathKey[], ofKey?: boolean): Place;
  /** The value's own text as it was written: `0042` where YAML reads the number 42. */
  textOf(path: readonly PathKey[]): string | null;
}

/** A document or the first thing that is wrong with it. */
export type YamlAnswer =
  | { readonly ok: true; readonly document: YamlDocument }
  | { readonly ok: false; readonly place: Place; readonly message: string };

/** More aliases than any spec has; fewer than an alias bomb needs. */
const MAX_ALIASES = 20;

/** A map's children by their keys, made once for each map. */
type Children = WeakMap<object, ReadonlyMap<string, { readonly value: unknown; readonly key: unknown }>>;

/** Child of a node by key or position, with the key's own node where there is one. */
const childOf = (
  node: unknown,
  key: PathKey,
  known: Children,
): { readonly value: unknown; readonly key: unknown } | null => {
  if (isSeq(node)) return { value: node.items[Number(key)] ?? null, key: null };
  if (!isMap(node)) return null;
  const children = known.get(node) ?? new Map(node.items.filter(isPair).map((pair) => [String(pair.key), pair]));
  known.set(node, children);
  return children.get(String(key)) ?? null;
};

const offsetOf = (node: unknown): number | null => (isNode(node) ? (node.range?.[0] ?? null) : null);

/** Reads one YAML 1.2 document. Syntax errors, duplicate keys, unknown tags, a second document and alias bombs are refused. */
export const parseYaml = (text: string): YamlAnswer => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return `${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const wrong = document.errors[0] ?? document.warnings[0];
  if (wrong?.code === "MULTIPLE_DOCS")
    return { ok: false, place: placeAt(wrong.pos[0]), message: "a second document begins here" };
  if (wrong !== undefined) {
    // The library has no limit of its own: it reports where its stack ended.
    const message = wrong.message.includes("call stack") ? "it is nested too deeply" : wrong.message;
    return { ok: false, place: placeAt(wrong.pos[0]), message };
  }

  const children: Children = new WeakMap();
  const find = (path: readonly PathKey[]): { readonly node: unknown; readonly key: unknown } => {
    let found: { node: unknown; key: unknown } = { node: document.contents, key: null };
    for (const step of path) {
      const child = childOf(found.node, step, children);
      if (child === null) return found;
      found = { node: child.value, key: child.key };
    }
    return found;
  };
  try {
    return {
      ok: true,
      document: {
        data: document.toJS({ maxAliasCount: MAX_ALIASES }),
        placeOf: (path, ofKey = false) => {
          const { node, key } = find(path);
          const [first, second] = ofKey ? [key, node] : [node, key];
          return placeAt(offsetOf(first) ?? offsetOf(second) ?? 0);
        },
        textOf: (path) => {
          const { node } = find(path);
          return isNode(node) && node.range ? text.slice(node.range[0], node.range[1]) : null;
        },
      },
    };
  } catch (error) {
    if (error instanceof RangeError) return { ok: false, place: "1:1", message: "it is nested too deeply" };
    // The library's other throw while converting: too many aliases, or one that names nothing.
    if (!(error instanceof ReferenceError)) throw error;
    return { ok: false, place: "1:1", message: error.message };
  }
};
