/**
 * `lscpu` to processor facts, as JSON or as text. Pure and total.
 *
 * Newer versions nest the fields of the JSON in `children`, older ones do not; versions before util-linux 2.30 know text alone.
 */
import { cleanLabel, leadingCount, present } from "../label.ts";
import { objectOf, parseLenientJson } from "../lenient-json.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** What lscpu says about all processors together. */
export interface LscpuFacts {
  readonly architecture?: string;
  readonly model?: string;
  readonly vendor?: string;
  readonly family?: number;
  readonly modelNumber?: number;
  readonly stepping?: number;
  readonly socketCount?: number;
  readonly coresPerSocket?: number;
  readonly threadsPerCore?: number;
  /** All logical processors, online or not. */
  readonly threadCount?: number;
  readonly onlineCount?: number;
  readonly numaNodeCount?: number;
  readonly minMhz?: number;
  readonly maxMhz?: number;
  /** `VT-x`, `AMD-V`. */
  readonly virtualization?: string;
  /** `KVM` when the server is itself a virtual machine. */
  readonly hypervisor?: string;
}

type Fields = ReadonlyMap<string, string>;
const MOST_FIELDS = 1_000;

/** All fields of the JSON at any depth, the first of each name. */
const fieldsOfJson = (document: unknown): Fields => {
  const fields = new Map<string, string>();
  const waiting: unknown[] = [objectOf(document)?.["lscpu"]];
  // A stack of our own, so that no nesting overflows the program's.
  while (waiting.length > 0 && fields.size < MOST_FIELDS) {
    const next = waiting.pop();
    if (Array.isArray(next)) {
      for (let i = next.length - 1; i >= 0; i -= 1) waiting.push(next[i]);
      continue;
    }
    const { field, data, children } = objectOf(next) ?? {};
    if (typeof field === "string" && typeof data === "string" && !fields.has(field))
      fields.set(field.replace(/:$/, ""), data);
    if (children !== undefined) waiting.push(children);
  }
  return fields;
};

/** All fields of the text: `Model name:          Intel(R) …`, from 2.37 on indented below a heading. */
const fieldsOfText = (text: string): Fields => {
  const fields = new Map<string, string>();
  for (const line of linesOf(text)) {
    const at = line.indexOf(":");
    if (at <= 0 || at > 60 || fields.size >= MOST_FIELDS) continue;
    const name = line.slice(0, at).trim();
    if (!fields.has(name)) fields.set(name, line.slice(at + 1, at + 10_000).trim());
  }
  return fields;
};

/** How many processors a list like `0-31,64` names. */
const listedCount = (list: string | undefined): number | undefined => {
  if (list === undefined || !/^\d{1,7}(?:-\d{1,7})?(?:,\d{1,7}(?:-\d{1,7})?)*$/.test(list)) return undefined;
  return list.split(",").reduce((total, range) => {
    const [first, last] = range.split("-").map(Number);
    return total + Math.max(0, (last ?? first ?? 0) - (first ?? 0) + 1);
  }, 0);
};

/** `3000.0000`; a dash or zero says nothing. */
const megahertzOf = (raw: string | undefined): number | undefined => {
  const megahertz = /^\d{1,6}(?:[.,]\d{1,6})?$/.test(raw ?? "") ? Number(raw?.replace(",", ".")) : 0;
  return megahertz > 0 ? megahertz : undefined;
};

const factsOf = (fields: Fields): LscpuFacts =>
  present({
    architecture: cleanLabel(fields.get("Architecture")),
    model: cleanLabel(fields.get("Model name")),
    vendor: cleanLabel(fields.get("Vendor ID")),
    family: leadingCount(fields.get("CPU family")),
    modelNumber: leadingCount(fields.get("Model")),
    stepping: leadingCount(fields.get("Stepping")),
    // "-" on boards whose topology the kernel does not know. Old versions said "CPU socket(s)".
    socketCount: leadingCount(fields.get("Socket(s)") ?? fields.get("CPU socket(s)")),
    coresPerSocket: leadingCount(fields.get("Core(s) per socket")),
    threadsPerCore: leadingCount(fields.get("Thread(s) per core")),
    threadCount: leadingCount(fields.get("CPU(s)")),
    onlineCount: listedCount(fields.get("On-line CPU(s) list")),
    numaNodeCount: leadingCount(fields.get("NUMA node(s)")),
    minMhz: megahertzOf(fields.get("CPU min MHz")),
    maxMhz: megahertzOf(fields.get("CPU max MHz")),
    virtualization: cleanLabel(fields.get("Virtualization")),
    hypervisor: cleanLabel(fields.get("Hypervisor vendor")),
  });

/** Reads the output of `lscpu` or `lscpu -J`. */
export const parseLscpu = (text: string): Parsed<LscpuFacts> => {
  if (!/^\s*[{[]/.test(text.slice(0, 1_000))) {
    const fields = fieldsOfText(text);
    return fields.has("CPU(s)") ? understood(factsOf(fields)) : notUnderstood("line 1", "No field “CPU(s)” of lscpu.");
  }
  const json = parseLenientJson(text);
  if (!json.ok) return json;
  const fields = fieldsOfJson(json.facts[0]);
  return fields.size > 0 ? understood(factsOf(fields)) : notUnderstood("line 1", "No field of lscpu in this JSON.");
};
