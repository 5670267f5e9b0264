/** The simulated box: a real orchestrator on a real database, that can lose power at any commit and be started again. */
import type { Clock } from "../../agent/system/clock.ts";
import type { Random } from "../../agent/system/random.ts";
import type { OpenPower } from "../../appliance/core/power-port.ts";
import { openIdentifyEffect } from "../../appliance/identify-effect.ts";
import { type Orchestrator, openOrchestrator } from "../../appliance/orchestrator.ts";
import type { Executors } from "../../appliance/outbox.ts";
import { saveReport } from "../../appliance/store/files.ts";
import { revokeHoldKey, saveHoldKey } from "../../appliance/store/holds.ts";
import type { Store, Unit } from "../../appliance/store/open.ts";
import { SIMULATED_BOOK } from "./stages.ts";

/** Thrown out of everything that a box without power still tries. */
export class PowerCut extends Error {
  override readonly name = "PowerCut";
}

/** A store whose box may lose power. */
export interface CrashableStore extends Store {
  /** Cuts the power at the n-th turn from now, before or after its commit. */
  arm(turns: number, moment: "before" | "after"): void;
  readonly dead: boolean;
}

/** Puts the power switch in front of a store. After the cut, this box reaches the store no more; the store itself lives on. */
export const crashable = (store: Store): CrashableStore => {
  let left = Number.POSITIVE_INFINITY;
  let moment: "before" | "after" = "before";
  let dead = false;
  const cut = (): never => {
    dead = true;
    throw new PowerCut();
  };
  return {
    feed: store.feed,
    get dead() {
      return dead;
    },
    arm: (turns, when) => {
      left = turns;
      moment = when;
    },
    turn: async <T>(work: (unit: Unit) => Promise<T>): Promise<T> => {
      if (dead) return cut();
      left -= 1;
      if (left > 0) return store.turn(work);
      if (moment === "before") return store.turn(async (unit) => work(unit).then(cut));
      await store.turn(work);
      return cut();
    },
    [Symbol.asyncDispose]: async () => {},
  };
};

/** The box's own key, the same across its restarts. */
export const BOX_KEY = new Uint8Array(32).fill(7);

const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** What the effects of a simulated box do to its world. */
export interface Surroundings {
  /** A magic packet was sent for this run. */
  woken(runId: string): Promise<void>;
  /** Whether the next effect fails. */
  fails(): boolean;
  /** Opens a host's BMC; where there is none, no host has one. */
  readonly openPower?: OpenPower;
}

const noBmc: OpenPower = () => {
  throw new Error("no simulated host has a BMC");
};

const executorsOf = (store: Store, clock: Clock, random: Random, around: Surroundings): Executors => {
  const sometimes =
    (work: (runId: string) => Promise<void>) =>
    async (runId: string): Promise<void> => {
      if (around.fails()) throw new Error("the world is against us");
      await work(runId);
    };
  const keyOf = () => ({
    publicKey: `ssh-ed25519 ${random.hex(16)}`,
    fingerprint: "SHA256:simulated",
    privateKey: random.hex(16),
  });
  return {
    wake: sometimes((runId) => around.woken(runId)),
    escalateWake: sometimes(async () => {}),
    diagnoseLoss: sometimes(async () => {}),
    issueHoldKey: sometimes((runId) => saveHoldKey(store, runId, keyOf(), clock.wallMs())),
    revokeHoldKey: sometimes((runId) => revokeHoldKey(store, runId, clock.wallMs())),
    identifyHost: openIdentifyEffect({
      ...{ store, boxKey: BOX_KEY, openPower: around.openPower ?? noBmc, log: silent },
      nowMs: () => clock.wallMs(),
    }),
    renderReport: sometimes((runId) =>
      saveReport(store, { runId, htmlPath: `${runId}.html`, jsonPath: `${runId}.json` }),
    ),
  };
};

/** How many simulated runs go at once. */
export const PLACES = 2;

/** Starts a box on a store. */
export const startBox = (
  store: Store,
  parts: {
    readonly clock: Clock;
    readonly random: Random;
    readonly around: Surroundings;
    readonly artifactDir?: string;
    readonly announces?: boolean;
  },
): Orchestrator =>
  openOrchestrator({
    store,
    clock: parts.clock,
    random: parts.random,
    boxKey: BOX_KEY,
    openPower: parts.around.openPower ?? noBmc,
    effects: executorsOf(store, parts.clock, parts.random, parts.around),
    log: silent,
    box: { name: "box", version: "0", address: "10.0.0.1", dnsmasq: () => "off" },
    imageId: null,
    artifactDir: parts.artifactDir ?? "/nonexistent",
    places: PLACES,
    announces: parts.announces ?? false,
    stages: SIMULATED_BOOK,
  });
