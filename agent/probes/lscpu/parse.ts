/** `lscpu -J` to processor facts. Pure and total; newer versions nest the fields in `children`, older ones do not. */
import { cleanLabel, leadingCount, present } from "../label.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** What lscpu says about all processors together. */
export interface LscpuFacts {
  readonly model?: string;
  readonly vendor?: string;
  readonly socketCount?: number;
  readonly coresPerSocket?: number;
  readonly threadCount?: number;
  readonly maxMhz?: number;
}

interface Field {
  readonly field?: unknown;
  readonly data?: unknown;
  readonly children?: unknown;
}

/** All fields at any depth, the first of each name. A stack of our own, so that no nesting overflows the program's. */
const fieldsOf = (document: unknown): ReadonlyMap<string, string> => {
  const fields = new Map<string, string>();
  const waiting: unknown[] = [(document as { lscpu?: unknown } | null | undefined)?.lscpu];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (Array.isArray(next)) {
      for (let i = next.length - 1; i >= 0; i -= 1) waiting.push(next[i]);
    } else if (typeof next === "object" && next !== null) {
      const { field, data, children } = next as Field;
      if (typeof field === "string" && typeof data === "string" && !fields.has(field)) fields.set(field, data);
      if (children !== undefined) waiting.push(children);
    }
  }
  return fields;
};

/** Reads the output of `lscpu -J`. */
export const parseLscpu = (text: string): Parsed<LscpuFacts> => {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return notUnderstood("line 1", "Not the JSON of lscpu.");
  }
  const fields = fieldsOf(document);
  if (fields.size === 0) return notUnderstood("line 1", "No field of lscpu.");
  const maxMhz = Number(fields.get("CPU max MHz:") || Number.NaN);
  const facts = present({
    model: cleanLabel(fields.get("Model name:")),
    vendor: cleanLabel(fields.get("Vendor ID:")),
    // "-" on boards whose topology the kernel does not know.
    socketCount: leadingCount(fields.get("Socket(s):")),
    coresPerSocket: leadingCount(fields.get("Core(s) per socket:")),
    threadCount: leadingCount(fields.get("CPU(s):")),
    maxMhz: Number.isFinite(maxMhz) && maxMhz > 0 ? maxMhz : undefined,
  });
  return understood(facts);
};
