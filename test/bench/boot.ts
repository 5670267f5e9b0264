/** `bun run bench boot`: what a server needs from power-on to its claim: seconds of each phase, bytes on the wire, least memory. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineCommand } from "citty";
import { BOOT_STEPS, type BootStep } from "../../appliance/core/boot.ts";
import { prepareRack } from "../box/prepare.ts";
import { type BoxProcess, openBox } from "../box/process.ts";
import { virtualServer } from "../box/virtual-server.ts";
import { FIRMWARES, type Firmware } from "../rack/declaration.ts";
import { openRack, type Rack } from "../rack/rack.ts";
import { type Namespace, SEGMENT_INTERFACE } from "../rack/segment.ts";
import { median, renderTable } from "./figures.ts";

const ROUNDS = 3;
/** Memory is tried in steps of this size, between these bounds. */
const STEP_MIB = 64;
const LEAST_MIB = 384;
const MOST_MIB = 1024;
/** Five times what a quiet machine takes. */
const CLAIM_LIMIT_MS = 150_000;
/** A server with too little memory is given up after this many times what one with enough takes, or when it powers off. */
const PATIENCE = 2.5;

/** One boot, from power-on. */
interface Boot {
  readonly claimed: boolean;
  /** When each step was done whole. */
  readonly seconds: Readonly<Partial<Record<BootStep, number>>>;
  /** Bytes that the box sent until the claim, all protocols, frames included. */
  readonly bytes: number;
}

const sentBytes = async (box: Namespace): Promise<number> =>
  Number((await box.run(["cat", `/sys/class/net/${SEGMENT_INTERFACE}/statistics/tx_bytes`])).stdout);

interface Bench {
  readonly rack: Rack;
  readonly box: BoxProcess;
  next: number;
}

/** Boots one new server once and cuts it off at its claim. */
const bootOnce = async (
  bench: Bench,
  firmware: Firmware,
  memoryMiB: number,
  limitMs = CLAIM_LIMIT_MS,
): Promise<Boot> => {
  const { rack, box } = bench;
  const declared = virtualServer(bench.next++, firmware);
  const server = await rack.create({ ...declared.declaration, memoryMiB });
  const host = await box.api.addHost({ name: declared.declaration.name, mac: declared.mac });
  const run = await box.api.startRun(host.id, { stages: ["InventoryCheck"] });
  await box.api.until(run.id, "its turn", ({ state }) => state === "WaitingWoL", CLAIM_LIMIT_MS);
  const { box: namespace } = await rack.segment();
  const bytesBefore = await sentBytes(namespace);
  const startedMs = Date.now();
  await server.start();
  const isOver = ({ bootMs }: { readonly bootMs: number | undefined }) => bootMs !== undefined || !server.isRunning;
  const claimMs = (events: readonly { readonly step: BootStep; readonly atMs: number }[]) =>
    events.find(({ step }) => step === "claim")?.atMs;
  const ended = await box.api
    .until(run.id, "its claim", ({ timeline }) => isOver({ bootMs: claimMs(timeline.events) }), limitMs)
    .catch(() => box.api.run(run.id));
  const bytes = (await sentBytes(namespace)) - bytesBefore;
  await server.stop("cut");
  await server.delete();
  if (ended.endedMs === null) await box.api.decide(run.id, "cancel");
  const seconds: Partial<Record<BootStep, number>> = {};
  for (const { step, atMs, complete } of ended.timeline.events)
    if (complete && step !== "dhcp-discover") seconds[step] = (atMs - startedMs) / 1000;
  return { claimed: claimMs(ended.timeline.events) !== undefined, seconds, bytes };
};

const leastMemory = async (bench: Bench, firmware: Firmware, claimMs: number): Promise<number> => {
  let [fails, claims] = [LEAST_MIB / STEP_MIB - 1, MOST_MIB / STEP_MIB];
  while (claims - fails > 1) {
    const middle = Math.floor((fails + claims) / 2);
    const { claimed } = await bootOnce(bench, firmware, middle * STEP_MIB, PATIENCE * claimMs);
    process.stderr.write(`${firmware}, ${middle * STEP_MIB} MiB: ${claimed ? "claims" : "does not claim"}\n`);
    if (claimed) claims = middle;
    else fails = middle;
  }
  return claims * STEP_MIB;
};

const measure = async (
  bench: Bench,
  firmware: Firmware,
  withMemory: boolean,
): Promise<readonly (string | number)[]> => {
  const boots: Boot[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    boots.push(await bootOnce(bench, firmware, 1024));
    process.stderr.write(
      `${firmware}, boot ${round} of ${ROUNDS}: claim after ${boots.at(-1)?.seconds.claim?.toFixed(1)} s\n`,
    );
  }
  const steps = BOOT_STEPS.filter((step) => step !== "dhcp-discover").map((step) => {
    const seen = boots.flatMap(({ seconds }) => seconds[step] ?? []);
    return seen.length === 0 ? "-" : median(seen).toFixed(1);
  });
  const megabytes = (median(boots.map(({ bytes }) => bytes)) / 1e6).toFixed(1);
  const claimMs = 1000 * median(boots.flatMap(({ seconds }) => seconds.claim ?? []));
  return [firmware, ...steps, megabytes, withMemory ? String(await leastMemory(bench, firmware, claimMs)) : "-"];
};

/** The bench. */
export const boot = defineCommand({
  meta: {
    name: "boot",
    description: `Seconds from power-on to the claim (median of ${ROUNDS}), megabytes sent until then, least MiB that still claims`,
  },
  args: {
    memory: { type: "boolean", default: true, description: "search for the least memory, too (--no-memory: not)" },
  },
  run: async ({ args }) => {
    await prepareRack();
    const dir = await mkdtemp(join(tmpdir(), "vetbox-bench-"));
    await chmod(dir, 0o755); // dnsmasq runs as another user and has its files below
    try {
      await using rack = await openRack({ dir: join(dir, "rack") });
      await using box = await openBox({ dir: join(dir, "box"), namespace: (await rack.segment()).box });
      const bench: Bench = { rack, box, next: 1 };
      const head = ["firmware", ...BOOT_STEPS.filter((step) => step !== "dhcp-discover"), "MB sent", "least MiB"];
      const rows: (readonly (string | number)[])[] = [];
      for (const firmware of FIRMWARES) rows.push(await measure(bench, firmware, args.memory));
      process.stdout.write(`${renderTable([head, ...rows])}\n`);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
});
