/** Network interfaces: damaged and missed frames, how often the link changed, and its speed. */
import { type Files, readAttribute } from "../system/files.ts";
import { type Answer, absent, createTally } from "./sighting.ts";

const ROOT = "/sys/class/net";

const countOf = (raw: string | null): number | undefined => (/^\d{1,16}$/.test(raw ?? "") ? Number(raw) : undefined);

/** Frames that were damaged on their way, by why; `rx_errors` and `tx_errors` are the sums (Documentation/networking/statistics.rst). */
const PARTS = [
  "rx_crc_errors",
  "rx_frame_errors",
  "rx_length_errors",
  "tx_carrier_errors",
  "tx_aborted_errors",
] as const;

/** Interfaces with hardware behind them; others count what these carry once more. */
export const sightNics = async (files: Files): Promise<Answer> => {
  const tally = createTally();
  for (const name of await files.list(ROOT)) {
    const base = `${ROOT}/${name}`;
    if ((await files.realPath(`${base}/device`)) === null) continue;
    const at = async (attribute: string) => readAttribute(files, `${base}/${attribute}`);
    const counted = async (counter: string) => countOf(await at(`statistics/${counter}`));
    const component = (await at("address"))?.slice(0, 100) ?? name;
    const [rx, tx] = [await counted("rx_errors"), await counted("tx_errors")];
    const parts: Record<string, number> = {};
    for (const part of PARTS) parts[part] = (await counted(part)) ?? 0;
    if (rx !== undefined || tx !== undefined) tally.add("nic-errors", component, (rx ?? 0) + (tx ?? 0), parts);
    tally.add("nic-missed", component, await counted("rx_missed_errors"));
    tally.add("nic-carrier", component, countOf(await at("carrier_changes")));
    // A link that is down has no speed; refusing to be read is how a port that is switched off says so.
    const isUp = (await at("carrier")) === "1";
    tally.add("nic-speed", component, isUp ? (countOf(await at("speed")) ?? undefined) : 0);
  }
  return tally.isEmpty() ? absent("The server has no network interface.") : { status: "seen", figures: tally.figures };
};
