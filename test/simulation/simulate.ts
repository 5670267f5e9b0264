/** One simulated world from its beginning to its rest: a time of trouble under the adversary, then calm, in which everything must come to its end. */
import { setImmediate } from "node:timers/promises";
import { openStore } from "../../appliance/store/open.ts";
import { FAREWELL_MS } from "../../appliance/ticker.ts";
import type { SimulatedHost } from "./host.ts";
import { World } from "./world.ts";

/** How a world was at its end. */
export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  /** What happened, in order: for the person who looks at a failed seed. */
  readonly story: readonly string[];
  /** How often each thing happened. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Steps under the adversary. */
const TROUBLED_STEPS = 240;
/** Steps in which a world without an adversary must come to rest. */
const CALM_STEPS = 800;

/** The longest that the box waits before it repeats an effect. */
const RETRY_MAX_MS = 300_000;

/** What may happen next, with its weight. */
interface Happening {
  readonly weight: number;
  readonly happen: (world: World) => Promise<void> | void;
}

const anyHost = (world: World): SimulatedHost | undefined => world.dice.pick(world.hosts);

const withHost = (what: string, act: (host: SimulatedHost) => void) => (world: World) => {
  const host = anyHost(world);
  if (host === undefined) return;
  world.tell(what, host.mac);
  act(host);
};

/** Time goes on: mostly by seconds, now and then by what somebody's deadline is. */
const pass = (world: World): void => {
  const [longest] = world.dice.chance(0.05) ? [3_600_000] : world.dice.chance(0.15) ? [240_000] : [12_000];
  world.clock.advance(1 + world.dice.below(longest ?? 0));
};

const startRun = async (world: World): Promise<void> => {
  const host = anyHost(world);
  if (host === undefined) return;
  world.tell("start", host.mac);
  // Whole runs, and short ones: few whole ones come to their last stage in such a world.
  const only = world.dice.pick([undefined, ["Storage"], ["Storage"], ["Network"]] as const);
  const input = { profile: "quick", destructive: false, ...(only === undefined ? {} : { stages: only }) } as const;
  await world.withBox("start", (box) => box.operators.startRun(host.hostId, input, "operator"));
};

const decide = (decision: "cancelRun" | "releaseRun" | "retryRun") => async (world: World) => {
  const run = world.dice.pick(await world.active());
  if (run === undefined) return;
  world.tell(decision, run.state);
  await world.withBox(decision, (box) => box.operators[decision](run.id, "operator"));
};

/** Somebody allows the wipe of the one disk, or names another by mistake. */
const overrideWipe = async (world: World): Promise<void> => {
  const held = (await world.active()).filter(({ state }) => state === "FailedHolding");
  const refused = held.filter(({ failure }) => failure?.code === "unexpected-data");
  const run = world.dice.pick(refused.length > 0 ? refused : held);
  if (run === undefined) return;
  const serial = world.dice.chance(0.9) ? "DISK1" : "DISK2";
  world.tell("overrideWipe", `${run.failure?.code} ${serial}`);
  await world.withBox("overrideWipe", (box) => box.operators.overrideWipe(run.id, [serial], "operator"));
};

const seeBoot = async (world: World): Promise<void> => {
  const host = anyHost(world);
  if (host?.power === "script") await world.seeBoot(host);
};

/** What happens under the adversary. */
const TROUBLE: readonly Happening[] = [
  { weight: 60, happen: (world) => world.hosts.forEach((host) => void world.speak(host)) },
  { weight: 90, happen: (world) => world.deliver() },
  { weight: 90, happen: (world) => world.answer() },
  { weight: 10, happen: (world) => world.deliverLate() },
  { weight: 40, happen: pass },
  { weight: 40, happen: (world) => world.tick() },
  { weight: 15, happen: startRun },
  { weight: 6, happen: seeBoot },
  { weight: 8, happen: (world) => world.armPowerCut() },
  { weight: 5, happen: withHost("agent-killed", (host) => host.restartAgent()) },
  { weight: 4, happen: withHost("host-reset", (host) => host.boot()) },
  { weight: 2, happen: withHost("host-off", (host) => host.off()) },
  { weight: 2, happen: (world) => world.silenceNetwork() },
  { weight: 3, happen: decide("cancelRun") },
  { weight: 3, happen: decide("releaseRun") },
  { weight: 6, happen: decide("retryRun") },
  { weight: 60, happen: overrideWipe },
  {
    weight: 6,
    happen: withHost("data-put", (host) => {
      host.hasData = true;
    }),
  },
  { weight: 1, happen: (world) => world.setClock() },
];

/** What happens in calm: nothing is lost, servers are healthy, people let held servers go. */
const CALM: readonly Happening[] = [
  { weight: 30, happen: (world) => world.hosts.forEach((host) => void world.speak(host)) },
  { weight: 60, happen: (world) => world.deliver() },
  { weight: 60, happen: (world) => world.answer() },
  { weight: 20, happen: (world) => world.tick() },
  { weight: 20, happen: (world) => world.clock.advance(1 + world.dice.below(90_000)) },
  { weight: 10, happen: decide("releaseRun") },
];

const choose = (world: World, table: readonly Happening[]): Happening | undefined => {
  let left = world.dice.unit() * table.reduce((sum, { weight }) => sum + weight, 0);
  return table.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
};

const live = async (world: World, table: readonly Happening[]): Promise<void> => {
  await choose(world, table)?.happen(world);
  await world.inspect();
};

/** Whatever went wrong, LEDs are right as soon as every BMC was asked again: held servers are there, and others whose hold has ended. */
const lookAtLamps = async (world: World): Promise<void> => {
  world.clock.advance(RETRY_MAX_MS);
  await world.tick();
  await world.tick(); // a power cut may have been armed for the first
  if (world.lamps.lit.size > 0) world.tell("lamp-lit");
  await world.inspectLamps();
};

/** Without an adversary every run ends, and every session after it. */
const calmDown = async (world: World): Promise<void> => {
  world.adverse = false;
  for (const host of world.hosts) host.mood = "healthy";
  await lookAtLamps(world);
  for (let i = 0; i < CALM_STEPS && (i % 10 > 0 || (await world.active()).length > 0); i++) await live(world, CALM);
  for (const run of await world.active()) world.violations.push(`${run.id}: stuck in ${run.state}`);
  world.clock.advance(FAREWELL_MS);
  await world.tick();
  await world.tick();
  await world.inspect();
  await world.inspectEffects();
  await world.inspectLamps();
};

const liveThrough = async (seed: number): Promise<Outcome> => {
  await using store = await openStore({ path: ":memory:" });
  const world = new World(seed, store);
  await world.furnish();
  for (let i = 0; i < TROUBLED_STEPS && world.violations.length === 0; i++) await live(world, TROUBLE);
  if (world.violations.length === 0) await calmDown(world);
  await world.inspectResults();
  await world.inspectWipes();
  await world.countEnds();
  return { seed, violations: world.violations, story: world.story, counts: world.counts };
};

/** Lives through the world of one seed. It stops at the first violation. */
export const simulate = async (seed: number): Promise<Outcome> => {
  const outcome = await liveThrough(seed);
  // A world is some ten thousand statements with native memory, which is freed by a collection between two rounds of the event loop.
  await setImmediate();
  Bun.gc(true);
  await setImmediate();
  return outcome;
};
