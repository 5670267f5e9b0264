/** PCI Express: errors that links reported (AER), and what the links run at. */
import { type Files, readAttribute } from "../system/files.ts";
import { type Answer, absent, createTally } from "./sighting.ts";

const ROOT = "/sys/bus/pci/devices";
const ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;
/** Display controllers slow their links down when they have nothing to do (PCI Code and ID Assignment, class 03). */
const DISPLAY = /^0x03/;

const AER = [
  ["aer-correctable", "aer_dev_correctable"],
  ["aer-nonfatal", "aer_dev_nonfatal"],
  ["aer-fatal", "aer_dev_fatal"],
] as const;

/** `BadTLP 3` a line, and the sum as `TOTAL_ERR_COR 3` (Documentation/ABI/testing/sysfs-bus-pci-devices-aer_stats). Pure. */
export const parseAerCounters = (
  text: string,
): { readonly total: number; readonly parts: Readonly<Record<string, number>> } => {
  const parts: Record<string, number> = {};
  let total: number | undefined;
  for (const line of text.slice(0, 8_000).split("\n")) {
    const [, name, digits] = /^([A-Za-z0-9_]{1,40}) (\d{1,15})$/.exec(line.trim()) ?? [];
    if (name === undefined || digits === undefined) continue;
    if (name.startsWith("TOTAL_")) total = Number(digits);
    else parts[name] = Number(digits);
  }
  return { total: total ?? Object.values(parts).reduce((sum, one) => sum + one, 0), parts };
};

/** More lanes and more GT/s than there are: all bits set, which a function that sleeps answers. */
const MOST = { lanes: 32, speed: 128 } as const;

/** `8.0 GT/s PCIe`, `16`; `Unknown` and `0` are a link that sleeps or is none. */
const linkFigure = (raw: string | null, most: number): number | undefined => {
  const value = Number(/^(\d{1,3}(?:\.\d{1,2})?)\b/.exec(raw ?? "")?.[1] ?? 0);
  return value > 0 && value <= most ? value : undefined;
};

/** Every PCI function. */
export const sightPci = async (files: Files): Promise<Answer> => {
  const addresses = (await files.list(ROOT)).filter((name) => ADDRESS.test(name));
  if (addresses.length === 0) return absent("The server has no PCI bus.");
  const tally = createTally();
  for (const address of addresses) {
    const at = (name: string) => readAttribute(files, `${ROOT}/${address}/${name}`);
    for (const [kind, name] of AER) {
      const text = await at(name);
      if (text === null) continue;
      const { total, parts } = parseAerCounters(text);
      tally.add(kind, address, total, parts);
    }
    // Width 0 stands for a function without a link: it is still known to be there.
    tally.add("pcie-width", address, linkFigure(await at("current_link_width"), MOST.lanes) ?? 0);
    if (!DISPLAY.test((await at("class")) ?? ""))
      tally.add("pcie-speed", address, linkFigure(await at("current_link_speed"), MOST.speed));
  }
  return { status: "seen", figures: tally.figures };
};
