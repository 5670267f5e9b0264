/** Finds the ordered ports on this boot's machine and reads what the kernel and their drivers say of them. */
import { parseEthtool } from "../../probes/ethtool/parse.ts";
import { parseIp } from "../../probes/ip/parse.ts";
import { leadingCount, present } from "../../probes/label.ts";
import { readAttribute } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import { type Counters, ERROR_COUNTERS, type Port } from "./facts.ts";
import type { OrderedPort } from "./order.ts";

/** A tool that only asks the kernel. A driver that hangs costs no more. */
const ASK_MS = 10_000;
const NET = "/sys/class/net";

/** Networks for measurements alone (RFC 2544): an address of theirs was given by a pair, and is no way to the box. */
const isForPairs = (address: string): boolean => /^198\.1[89]\./.test(address);

/** `4294967295` is how drivers write -1, unknown, into an unsigned number. */
const speedOf = (raw: string | null): number | undefined => {
  const speed = leadingCount(raw ?? undefined);
  return speed === 0 || speed === 4_294_967_295 ? undefined : speed;
};

/** What a driver says of one interface; nothing when it says nothing. */
const askEthtool = async ({ exec }: System, ...args: readonly string[]) => {
  const { stdout } = await exec({ argv: ["ethtool", ...args], timeoutMs: ASK_MS });
  const parsed = parseEthtool(stdout);
  return parsed.ok ? parsed.facts : {};
};

/** Kernel names of this boot by MAC, by each address that an interface goes by: burnt in, in use, and given up for a bond. */
export const findInterfaces = async (system: System): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>();
  for (const name of await system.files.list(NET)) {
    if (name === "lo") continue;
    const inUse = await readAttribute(system.files, `${NET}/${name}/address`);
    const bonded = await readAttribute(system.files, `${NET}/${name}/bonding_slave/perm_hwaddr`);
    const { permanentMac } = await askEthtool(system, "-P", name);
    // The burnt-in address is nobody else's; the one in use may be a bond's, too.
    for (const mac of [permanentMac, bonded?.toLowerCase()]) if (mac !== undefined) found.set(mac, name);
    if (inUse !== null && !found.has(inUse.toLowerCase())) found.set(inUse.toLowerCase(), name);
  }
  return found;
};

const addressOf = async ({ exec }: System, name: string): Promise<string | undefined> => {
  const { stdout } = await exec({ argv: ["ip", "-j", "-4", "address", "show", "dev", name], timeoutMs: ASK_MS });
  const parsed = parseIp(stdout);
  const addresses = parsed.ok ? (parsed.facts[0]?.addresses ?? []) : [];
  return addresses.find(({ address, scope }) => scope === "global" && !isForPairs(address))?.address;
};

/** The counters of an interface now. */
export const readCounters = async ({ files }: System, name: string): Promise<Counters> => {
  const read = async (path: string) =>
    leadingCount((await readAttribute(files, `${NET}/${name}/${path}`)) ?? undefined);
  const errors = await Promise.all(
    ERROR_COUNTERS.map(async (counter) => [counter, await read(`statistics/${counter}`)] as const),
  );
  return present({ carrier_changes: await read("carrier_changes"), ...Object.fromEntries(errors) });
};

/** What the port has sent or taken so far, in bytes; undefined when nobody counts. */
export const readTraffic = async (
  { files }: System,
  name: string,
  direction: "to" | "from",
): Promise<number | undefined> =>
  leadingCount(
    (await readAttribute(files, `${NET}/${name}/statistics/${direction === "to" ? "tx" : "rx"}_bytes`)) ?? undefined,
  );

/** One port before it is measured. */
export const readPort = async (system: System, ordered: OrderedPort, name: string | undefined): Promise<Port> => {
  const { mac, boot, linkUp: hadLink } = ordered;
  const known = { mac, boot, ...present({ hadLink }), measurements: [] };
  if (name === undefined) return { ...known, before: {}, after: {} };
  const at = (attribute: string) => readAttribute(system.files, `${NET}/${name}/${attribute}`);
  const [carrier, speed, duplex] = [await at("carrier"), await at("speed"), await at("duplex")];
  const told = await askEthtool(system, name);
  return {
    ...known,
    name,
    ...present({
      // An interface that is down has no carrier to read.
      linkUp: carrier === null ? ((await at("operstate")) === "down" ? false : told.linkUp) : carrier === "1",
      mbps: speedOf(speed) ?? told.speedMbps,
      duplex: told.duplex ?? (duplex === "full" || duplex === "half" ? duplex : undefined),
      maxMbps: told.maxSpeedMbps,
      partnerMaxMbps: told.partnerMaxSpeedMbps,
      address: await addressOf(system, name),
    }),
    before: await readCounters(system, name),
    after: {},
  };
};
