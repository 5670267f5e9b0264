/**
 * The panel's buttons, as something that comes and goes.
 *
 * One loop holds the lines. It takes them, tells what is certain of their movements, looks at all of them every few seconds in case an edge was lost,
 * and when a line has gone it gives all back and begins anew. A button that is down when its line is taken means nothing until it was let go of:
 * it may be a finger, or a wire that touches its neighbour, and neither was asked for.
 */
import { BUTTON_NAMES, type ButtonEdge, type ButtonName, type Buttons } from "../buttons.ts";
import { type BoardClock, type BoardLog, boardClock, reasonOf, waitBefore } from "../surroundings.ts";
import {
  correctLine,
  type DebounceState,
  type DebounceStep,
  moveLine,
  quietAt,
  settleLine,
  settlesAtMonoMs,
} from "./debounce.ts";
import { openGpioPort } from "./open-port.ts";
import { ChipMissing, type GpioPort, type LineMove, type OpenGpioPort } from "./port.ts";

/** Where the buttons are, and what the driver needs. */
export interface ButtonsOptions {
  /** The line of each button within the chip. */
  readonly lines: Readonly<Record<ButtonName, number>>;
  readonly chipLabels: readonly string[];
  readonly log: BoardLog;
  /** How long a contact may be open while it bounces. */
  readonly windowMs?: number;
  readonly clock?: BoardClock;
  readonly openPort?: OpenGpioPort;
}

/**
 * Of eighteen kinds of switches that J. Ganssle measured ("A Guide to Debouncing") all but one came to rest within 6.2 ms. The window is the longest pause
 * within the bouncing, not all of it, so this is ample; a finger does not notice it.
 */
export const DEBOUNCE_MS = 20;

const TAKE_AGAIN_MS = [250, 1_000, 2_000, 5_000] as const;
const STEADY_MS = 10_000;
/** How often all levels are looked at although nothing was told. */
const LOOK_MS = 5_000;
/** How long an edge may be on its way once its level can be read. */
const LATE_EDGE_MS = 5;

/** A button's line, as far as it has been told. */
interface Line {
  readonly button: ButtonName;
  readonly offset: number;
  state: DebounceState;
  /** False from the taking of a line that was down until it was up. */
  heeded: boolean;
  /** Whether somebody waits for the line to settle. */
  awaited: boolean;
}

interface Session {
  readonly lines: ReadonlyMap<number, Line>;
  readonly port: GpioPort;
  readonly windowMs: number;
  readonly clock: BoardClock;
  readonly tell: (edge: ButtonEdge) => void;
  readonly lose: (error: unknown) => void;
  readonly over: AbortSignal;
}

/** Takes a step of a line, and tells what became certain with it. */
const takeStep = (line: Line, { state, edge }: DebounceStep, tell: Session["tell"]): void => {
  line.state = state;
  if (edge === null) return;
  const { button } = line;
  if (line.heeded) tell({ button, down: edge.down, atMonoMs: edge.atMonoMs });
  if (!edge.down) line.heeded = true;
};

/**
 * Waits until the line has settled. Its level is read again before it counts. When that is another one, edges of a busy moment are still on their way,
 * and are judged by their own times as soon as they are there; the level itself counts when none comes.
 */
const settleLater = async (line: Line, session: Session): Promise<void> => {
  if (line.awaited) return;
  line.awaited = true;
  const { clock, windowMs, port, tell, over } = session;
  for (;;) {
    const { state } = line;
    const settlesAt = settlesAtMonoMs(state, windowMs);
    if (settlesAt === null || over.aborted) break;
    const nowMonoMs = clock.monoMs();
    if (nowMonoMs < settlesAt) {
      await clock.sleep(settlesAt - nowMonoMs, over);
      continue;
    }
    const down = port.isDown(line.offset);
    if (down === state.unrest?.down) {
      takeStep(line, settleLine(state, nowMonoMs, windowMs), tell);
    } else {
      await clock.sleep(LATE_EDGE_MS, over);
      if (line.state === state) line.state = correctLine(state, down);
    }
  }
  line.awaited = false;
};

const takeMove = (session: Session, { offset, down, atMonoMs }: LineMove): void => {
  const line = session.lines.get(offset);
  if (line === undefined || session.over.aborted) return;
  takeStep(line, moveLine(line.state, down, atMonoMs, session.windowMs), session.tell);
  settleLater(line, session).catch(session.lose);
};

/** Looks at all levels now and then, until the session is over. */
const keepLooking = async (session: Session): Promise<void> => {
  const { clock, over, lines, port } = session;
  for (;;) {
    await clock.sleep(LOOK_MS, over);
    if (over.aborted) return;
    for (const { offset, state } of lines.values()) {
      const down = port.isDown(offset);
      if (state.unrest === null && down !== state.down) takeMove(session, { offset, down, atMonoMs: clock.monoMs() });
    }
  }
};

const isHeld = ({ state, heeded }: Line): boolean => heeded && state.down;

/** Takes the lines and tells of them until `closing`; throws when they are lost or cannot be had. */
const runSession = async (
  options: ButtonsOptions,
  told: Pick<Session, "tell"> & { readonly closing: AbortSignal; readonly onTaken: () => void },
): Promise<void> => {
  const { log, chipLabels, windowMs = DEBOUNCE_MS, clock = boardClock, openPort = openGpioPort } = options;
  const broken = new AbortController();
  let session: Session | null = null;
  const buttonAt = (offset: number): ButtonName | undefined =>
    BUTTON_NAMES.find((name) => options.lines[name] === offset);
  await using port = await openPort({
    chipLabels,
    offsets: BUTTON_NAMES.map((name) => options.lines[name]),
    monoMs: clock.monoMs,
    onMove: (move) => {
      if (session !== null) takeMove(session, move); // before that, the levels are about to be read
    },
    onMissed: (offset, count) => log.warn({ button: buttonAt(offset), count }, "edges of a button were lost"),
    onLost: (error) => broken.abort(error),
  });
  const lines = BUTTON_NAMES.map((button): Line => {
    const offset = options.lines[button];
    const down = port.isDown(offset);
    if (down) log.warn({ button, offset }, "a button is down already: held, or its line is grounded or has no pull-up");
    return { button, offset, state: quietAt(down), heeded: !down, awaited: false };
  });
  const over = AbortSignal.any([told.closing, broken.signal]);
  const byOffset = new Map(lines.map((line) => [line.offset, line]));
  session = { lines: byOffset, port, windowMs, clock, tell: told.tell, lose: (error) => broken.abort(error), over };
  told.onTaken();
  try {
    await keepLooking(session);
  } finally {
    // A line that has gone will tell no release; a press that never ends must not become a long one.
    for (const { button } of lines.filter(isHeld)) told.tell({ button, down: false, atMonoMs: clock.monoMs() });
  }
  broken.signal.throwIfAborted();
};

/** Opens the buttons. They are ready when their lines were asked for once, had or not. */
export const openButtons = async (options: ButtonsOptions): Promise<Buttons> => {
  const { log, lines, chipLabels, clock = boardClock } = options;
  const listeners = new Set<(edge: ButtonEdge) => void>();
  const closing = new AbortController();
  const askedFor = Promise.withResolvers<void>();
  const toldReasons = new Set<string>(); // of this absence
  let state: Buttons["state"] = "absent";

  const onTaken = (): void => {
    state = "present";
    toldReasons.clear();
    log.info({ lines }, "the buttons are there");
    askedFor.resolve();
  };
  const tellAbsent = (error: unknown): void => {
    state = error instanceof ChipMissing ? "unconfigured" : "absent";
    const reason = reasonOf(error);
    if (!toldReasons.has(reason)) log.warn({ lines, chipLabels, reason }, "the buttons are not there");
    toldReasons.add(reason);
  };
  const tell = (edge: ButtonEdge): void => {
    for (const listener of [...listeners]) listener(edge);
  };
  const keep = async (): Promise<void> => {
    for (let attempt = 0; !closing.signal.aborted; attempt += 1) {
      const startedMonoMs = clock.monoMs();
      await runSession(options, { tell, closing: closing.signal, onTaken }).catch(tellAbsent);
      askedFor.resolve();
      if (clock.monoMs() - startedMonoMs > STEADY_MS) attempt = 0;
      await clock.sleep(waitBefore(TAKE_AGAIN_MS, attempt), closing.signal);
    }
  };

  const kept = keep();
  await askedFor.promise;
  return {
    listen: (onEdge) => {
      const own = (edge: ButtonEdge): void => onEdge(edge); // the same function may listen twice
      listeners.add(own);
      return () => listeners.delete(own);
    },
    get state() {
      return state;
    },
    [Symbol.asyncDispose]: async () => {
      listeners.clear();
      closing.abort();
      await kept;
    },
  };
};
