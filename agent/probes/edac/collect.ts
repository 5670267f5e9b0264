/** Reads the kernel's counts of memory errors (EDAC). */
import { type Files, readAttribute } from "../../system/files.ts";
import type { Probe } from "../probe.ts";
import { type Attributes, type ControllerAttributes, type EdacController, parseEdac } from "./parse.ts";

const ROOT = "/sys/devices/system/edac/mc";
const TIMEOUT_MS = 10_000;

const MODULE_NAMES = ["dimm_label", "dimm_ce_count", "dimm_ue_count"];
const ROW_NAME = /^(?:ue_count|ch\d{1,2}_(?:ce_count|dimm_label))$/;

const attributesOf = async (files: Files, base: string, names: readonly string[]): Promise<Attributes> => {
  const found: Record<string, string | null> = {};
  for (const name of names) found[name] = await readAttribute(files, `${base}/${name}`);
  return found;
};

const controllerOf = async (files: Files, name: string): Promise<ControllerAttributes> => {
  const base = `${ROOT}/${name}`;
  const parts: Record<string, Attributes> = {};
  for (const part of (await files.list(base)).filter((one) => /^(?:dimm|rank|csrow)\d{1,4}$/.test(one))) {
    const names = part.startsWith("csrow")
      ? (await files.list(`${base}/${part}`)).filter((one) => ROW_NAME.test(one))
      : MODULE_NAMES;
    parts[part] = await attributesOf(files, `${base}/${part}`, names);
  }
  return { name, own: await attributesOf(files, base, ["mc_name", "ce_count", "ue_count"]), parts };
};

/** Error counts of the memory. Without a driver for the memory controller nobody counts, and that is told. */
export const edacProbe: Probe<readonly EdacController[]> = {
  name: "edac",
  timeoutMs: TIMEOUT_MS,
  collect: async ({ files }) => {
    const names = (await files.list(ROOT)).filter((name) => /^mc\d{1,4}$/.test(name));
    const controllers: ControllerAttributes[] = [];
    for (const name of names) controllers.push(await controllerOf(files, name));
    const facts = parseEdac(controllers);
    if (facts.length === 0)
      return {
        status: "device-absent",
        reason: "No driver counts memory errors here (EDAC has no controller).",
        raw: [],
      };
    return { status: "ok", facts, raw: [{ name: "edac.json", text: `${JSON.stringify(controllers, null, 2)}\n` }] };
  },
};
