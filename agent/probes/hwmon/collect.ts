/** Reads the kernel's hardware monitors once: what every sensor says, and its limits. */
import { type Files, readAttribute } from "../../system/files.ts";
import type { SensorFacts } from "../../wire/hardware/management.ts";
import type { Probe } from "../probe.ts";
import { type HwmonChip, parseHwmon } from "./parse.ts";

const ROOT = "/sys/class/hwmon";
/** A disk that sleeps, or a chip on a slow bus, takes its time. */
const TIMEOUT_MS = 15_000;
const READ = /^(?:temp|fan|in|curr|power)\d{1,3}_(?:input|average|label|crit|max)$/;

/** Every chip with its readings and limits. */
export const readHwmonChips = async (files: Files): Promise<readonly HwmonChip[]> => {
  const chips: HwmonChip[] = [];
  for (const hwmon of await files.list(ROOT)) {
    const base = `${ROOT}/${hwmon}`;
    const attributes: Record<string, string | null> = {};
    for (const name of (await files.list(base)).filter((one) => READ.test(one)))
      attributes[name] = await readAttribute(files, `${base}/${name}`);
    const device = (await files.realPath(`${base}/device`))?.split("/").at(-1) ?? hwmon;
    chips.push({ name: (await readAttribute(files, `${base}/name`)) ?? hwmon, device, attributes });
  }
  return chips;
};

/** Temperatures, fans, voltages, currents and power by the kernel's own drivers. */
export const hwmonProbe: Probe<readonly SensorFacts[]> = {
  name: "hwmon",
  timeoutMs: TIMEOUT_MS,
  collect: async ({ files }) => {
    const chips = await readHwmonChips(files);
    const facts = parseHwmon(chips);
    if (facts.length === 0) return { status: "device-absent", reason: "The kernel has no sensor here.", raw: [] };
    return { status: "ok", facts, raw: [{ name: "hwmon.json", text: `${JSON.stringify(chips, null, 2)}\n` }] };
  },
};
