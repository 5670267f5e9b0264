/**
 * `lshw -json` to what it adds to other sources: the system by device tree where there is no SMBIOS, and names and firmware of network
 * interfaces. Pure, total, linear.
 *
 * Its JSON has been one object for the whole machine, and for a class of components a list (from B.02.19 on) or, before, objects behind each
 * other with a comma after the last. Values of firmware stand in it unescaped.
 */
import type { BoardFacts } from "../../wire/hardware/board.ts";
import { cleanLabel, cleanText, present } from "../label.ts";
import { objectOf, parseLenientJson } from "../lenient-json.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** A network interface as lshw has it. */
export interface LshwNic {
  /** Kernel name. */
  readonly name: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  /** What the port can do at most. */
  readonly maxSpeedMbps?: number;
}

/** What lshw adds. */
export interface LshwFacts {
  /** The machine, by SMBIOS or device tree. */
  readonly system: Pick<BoardFacts, "manufacturer" | "product" | "version" | "serial">;
  readonly nics: readonly LshwNic[];
}

type Component = Readonly<Record<string, unknown>>;

/** `PowerEdge R640 (SKU=NotProvided;ModelName=PowerEdge R640)`: the SKU stands behind the product, and once more among the settings. */
const productOf = (system: Component): string | undefined => {
  const product = system["product"];
  const sku = objectOf(system["configuration"])?.["sku"];
  const tail = typeof sku === "string" ? ` (${sku})` : undefined;
  return cleanLabel(
    typeof product === "string" && tail !== undefined && product.endsWith(tail)
      ? product.slice(0, -tail.length)
      : product,
  );
};

const systemOf = (component: Component): LshwFacts["system"] =>
  present({
    manufacturer: cleanLabel(component["vendor"]),
    product: productOf(component),
    version: cleanLabel(component["version"]),
    serial: cleanLabel(component["serial"]),
  });

/** lshw's numbers may be strings in old versions; a capacity of a network interface is in bits per second. */
const megabitsOf = (raw: unknown): number | undefined => {
  const bits = typeof raw === "string" && /^\d{1,15}$/.test(raw) ? Number(raw) : raw;
  return typeof bits === "number" && Number.isFinite(bits) && bits >= 1e6 && bits <= 1e13
    ? Math.round(bits / 1e6)
    : undefined;
};

/** One interface for each of its kernel names. A virtual NIC's vendor and product stand at the component above it. */
const nicsOf = (component: Component, above: Component | undefined): readonly LshwNic[] => {
  const names = component["logicalname"];
  const own = above?.["class"] === "network" ? above : undefined;
  return (Array.isArray(names) ? names : [names]).flatMap((raw) => {
    if (typeof raw !== "string" || raw === "" || raw.startsWith("/")) return [];
    return {
      name: cleanText(raw, 64),
      ...present({
        vendor: cleanLabel(component["vendor"]) ?? cleanLabel(own?.["vendor"]),
        model: cleanLabel(component["product"]) ?? cleanLabel(own?.["product"]),
        firmware: cleanLabel(objectOf(component["configuration"])?.["firmware"]),
        maxSpeedMbps: megabitsOf(component["capacity"]),
      }),
    };
  });
};

/** Reads the output of `lshw -json`, of the whole machine or of a class. */
export const parseLshw = (text: string): Parsed<LshwFacts> => {
  const documents = parseLenientJson(text);
  if (!documents.ok) return documents;
  let system: LshwFacts["system"] | undefined;
  const nics: LshwNic[] = [];
  let components = 0;
  // A stack of our own, in the order of the text: the last of the list is what comes next.
  const waiting: { readonly value: unknown; readonly above?: Component }[] = documents.facts
    .map((value) => ({ value }))
    .reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, above } = next;
    if (Array.isArray(value)) {
      for (let i = value.length - 1; i >= 0; i -= 1) waiting.push({ value: value[i], ...present({ above }) });
      continue;
    }
    const component = objectOf(value);
    if (component === undefined) continue;
    if (typeof component["id"] === "string" && typeof component["class"] === "string") components += 1;
    if (component["class"] === "system" && above === undefined) system ??= systemOf(component);
    if (component["class"] === "network") nics.push(...nicsOf(component, above));
    if (component["children"] !== undefined) waiting.push({ value: component["children"], above: component });
  }
  return components === 0
    ? notUnderstood("line 1", "No component of lshw -json.")
    : understood({ system: system ?? {}, nics });
};
