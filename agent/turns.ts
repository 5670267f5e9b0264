/**
 * What the box wants now. Answers of several calls say it, and they may overtake each other: one that was asked for before the last change is old
 * news and changes nothing.
 */
import { type Bell, createBell } from "./bell.ts";
import type { Clock } from "./system/clock.ts";
import type { Turn } from "./wire/messages.ts";

/** See above. */
export interface Turns {
  readonly current: Turn;
  /** Counts changes. Taken before a request is sent, it goes with the turn of its answer. */
  readonly epoch: number;
  /** Takes over the turn of an answer, unless something newer came since `epoch`. */
  offer(turn: Turn, epoch: number): void;
  /** Takes over a command's turn. */
  force(turn: Turn): void;
  /** Aborts when the current turn is over. */
  readonly over: AbortSignal;
  /** Ends when the turn has changed since it was last waited for, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>;
}

/** Whether two turns ask for the same. The limit is the box's own affair. */
const isSame = (a: Turn, b: Turn): boolean =>
  a.do === "run" && b.do === "run" ? a.stage === b.stage && a.attempt === b.attempt : a.do === b.do;

/** `wait` is what the box says when it has nothing to say; it takes no running stage away. `off` is never taken back. */
const replaces = (current: Turn, next: Turn): boolean =>
  !isSame(current, next) && current.do !== "off" && !(current.do === "run" && next.do === "wait");

/** Longest wait at a bell: 24 h. It is waited for again, so the number only has to fit a timer. */
const LONG_MS = 86_400_000;

/** Starts with a turn. */
export const createTurns = (first: Turn, clock: Clock): Turns => {
  const bell: Bell = createBell(clock);
  let [current, epoch, ending] = [first, 0, new AbortController()];
  const set = (turn: Turn): void => {
    if (!replaces(current, turn)) return;
    current = turn;
    epoch += 1;
    const ended = ending;
    ending = new AbortController();
    ended.abort();
    bell.ring();
  };
  return {
    get current() {
      return current;
    },
    get epoch() {
      return epoch;
    },
    get over() {
      return ending.signal;
    },
    offer: (turn, at) => {
      if (at === epoch) set(turn);
    },
    force: set,
    changed: (signal) => bell.wait(LONG_MS, signal),
  };
};
