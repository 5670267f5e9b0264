/** Chance and time that repeat: everything in a simulated world follows from its seed. */
import type { Clock } from "../../agent/system/clock.ts";
import type { Random } from "../../agent/system/random.ts";

/** Seeded chance. */
export interface Dice extends Random {
  /** True with this probability. */
  chance(probability: number): boolean;
  /** A whole number from 0 up to, but not including, `below`. */
  below(below: number): number;
  /** One of the list; undefined for an empty one. */
  pick<T>(list: readonly T[]): T | undefined;
}

/** Opens seeded chance: mulberry32, good enough to choose by and four lines long. */
export const openDice = (seed: number): Dice => {
  let state = seed >>> 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(unit() * limit);
  return {
    unit,
    below,
    chance: (probability) => unit() < probability,
    pick: (list) => list[below(list.length)],
    hex: (bytes) => Array.from({ length: bytes }, () => below(256).toString(16).padStart(2, "0")).join(""),
  };
};

/** A clock that stands until it is told to go. */
export interface FakeClock extends Clock {
  advance(ms: number): void;
  /** Sets the wall clock alone, as a time server or a person does. */
  setWall(byMs: number): void;
}

/** Opens a clock that begins at a fixed day. */
export const openFakeClock = (): FakeClock => {
  let wallMs = Date.UTC(2026, 0, 5, 8);
  let monoMs = 1_000;
  return {
    wallMs: () => wallMs,
    monoMs: () => monoMs,
    sleep: () => Promise.reject(new Error("nobody sleeps in a simulation")),
    advance: (ms) => {
      wallMs += ms;
      monoMs += ms;
    },
    setWall: (byMs) => {
      wallMs += byMs;
    },
  };
};
