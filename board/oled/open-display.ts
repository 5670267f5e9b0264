/**
 * A 128×64 OLED on an I2C bus, as something that comes and goes.
 *
 * One loop owns the bus. It looks for the display, sets it up, sends what its memory lacks of the picture that is wanted, run by run, and waits for
 * another picture. Each run is cut from the picture that is wanted then: what nobody will see is not sent. A transfer that fails is tried again; when
 * that fails too the display is taken for gone, and everything begins anew with whatever answers next. Every few seconds all of it is sent again, so
 * that a controller that a spark reset, or one that was swapped while nothing was sent, does not stay wrong.
 *
 * Transfers wait in the runtime's thread pool, so a slow or stuck bus costs the event loop nothing.
 */
import type { Brightness, Display, DisplayState } from "../display.ts";
import { FRAME_BYTES, type Frame } from "../frame.ts";
import { type BoardClock, type BoardLog, boardClock, reasonOf, waitBefore } from "../surroundings.ts";
import { openShown, startOf } from "./changes.ts";
import { type ControllerName, type Run, renderBrightness, renderRun, renderSetup } from "./controllers.ts";
import { type I2cPort, type OpenI2cPort, openI2cPort } from "./i2c-port.ts";

/** Where the display is, and what the driver needs. */
export interface DisplayOptions {
  readonly controller: ControllerName;
  readonly busNumber: number;
  readonly address: number;
  readonly log: BoardLog;
  readonly clock?: BoardClock;
  readonly openPort?: OpenI2cPort;
}

/** The address of nearly every module; 0x3d where a bridge on its back is moved. */
export const DISPLAY_ADDRESS = 0x3c;

/** Between two looks for a display that does not answer: soon after it went, then at ease. */
const LOOK_AGAIN_MS = [250, 500, 1_000, 2_000] as const;
/** A display that stayed for so long is looked for soon again; one with a loose wire is not. */
const STEADY_MS = 10_000;
/** Everything is sent again this often: 30 ms of the bus at 400 kHz. */
const REFRESH_MS = 5_000;
/** A transfer that fails so often in a row found nobody. */
const TRIES = 3;

interface Wanted {
  readonly frame: Frame;
  readonly brightness: Brightness;
}

/** What is to be seen, and the bell that rings when it changes. */
const openDesk = (clock: BoardClock) => {
  let wanted: Wanted = { frame: new Uint8Array(FRAME_BYTES), brightness: "full" };
  let bell = new AbortController();
  const closing = new AbortController();
  return {
    get wanted() {
      return wanted;
    },
    closing: closing.signal,
    want: (change: Partial<Wanted>): void => {
      wanted = { ...wanted, ...change };
      bell.abort();
    },
    close: (): void => {
      closing.abort();
      bell.abort();
    },
    /** Waits for a change, also for one since the last wait, and no longer than `ms`. */
    waitForChange: async (ms: number): Promise<void> => {
      await clock.sleep(ms, bell.signal);
      if (!closing.signal.aborted) bell = new AbortController();
    },
  };
};

/** Does it again when it fails, and throws what failed last. */
const runFirmly = async (transfer: () => Promise<void>): Promise<void> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await transfer();
    } catch (error) {
      if (tried === TRIES) throw error;
    }
  }
};

interface Session {
  readonly controller: ControllerName;
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly desk: ReturnType<typeof openDesk>;
  readonly clock: BoardClock;
}

/** Keeps a display that answers as it should be, until the desk closes; throws when it answers no more. */
const runSession = async ({ controller, write, desk, clock }: Session): Promise<void> => {
  const shown = openShown();
  let shownBrightness: Brightness | null = null;
  let from = 0;
  let refreshAtMonoMs = clock.monoMs() + REFRESH_MS;
  const sendRun = async (frame: Frame, run: Run): Promise<void> => {
    await runFirmly(async () => {
      for (const bytes of renderRun(controller, frame, run)) await write(bytes);
    });
    shown.keep(frame, run);
    from = startOf(run) + run.length; // onward: where a part changes faster than the bus the others still have their turn
  };
  for (;;) {
    const { frame, brightness } = desk.wanted;
    const run = shown.findRun(frame, from);
    if (run !== null) {
      await sendRun(frame, run);
    } else if (brightness !== shownBrightness) {
      // After the picture: a glass that is switched on with an old memory would flash.
      await runFirmly(() => write(renderBrightness(controller, brightness)));
      shownBrightness = brightness;
    } else if (desk.closing.aborted) {
      return;
    } else if (clock.monoMs() < refreshAtMonoMs) {
      await desk.waitForChange(refreshAtMonoMs - clock.monoMs());
    } else {
      await runFirmly(() => write(renderSetup(controller)));
      shown.forget();
      shownBrightness = null;
      refreshAtMonoMs = clock.monoMs() + REFRESH_MS;
    }
  }
};

const whyAbsent = (reason: string): DisplayState => (reason === "ENOENT" ? "unconfigured" : "absent");

/** Opens the display. It is ready when the display was looked for once, found or not; closing shows what is wanted still, and lets it stand. */
export const openDisplay = async (options: DisplayOptions): Promise<Display> => {
  const { controller, busNumber, address, log, clock = boardClock, openPort = openI2cPort } = options;
  const where = { controller, busNumber, address: `0x${address.toString(16)}` };
  const desk = openDesk(clock);
  const lookedFor = Promise.withResolvers<void>();
  let state: DisplayState = "absent";
  const toldReasons = new Set<string>(); // of this absence

  const tellPresent = (): void => {
    state = "present";
    toldReasons.clear();
    log.info(where, "the display answers");
  };
  const tellAbsent = (error: unknown): void => {
    const reason = reasonOf(error);
    state = whyAbsent(reason);
    if (!toldReasons.has(reason)) log.warn({ ...where, reason }, "the display does not answer");
    toldReasons.add(reason);
  };
  const tryOnce = async (): Promise<void> => {
    await using port: I2cPort = await openPort(busNumber);
    const write = (bytes: Uint8Array): Promise<void> => port.write(address, bytes);
    await write(renderSetup(controller)); // once only: this is also how an absent one is looked for
    tellPresent();
    lookedFor.resolve();
    await runSession({ controller, write, desk, clock });
  };
  const keep = async (): Promise<void> => {
    for (let attempt = 0; !desk.closing.aborted; attempt += 1) {
      const startedMonoMs = clock.monoMs();
      await tryOnce().catch(tellAbsent);
      lookedFor.resolve();
      if (clock.monoMs() - startedMonoMs > STEADY_MS) attempt = 0;
      await clock.sleep(waitBefore(LOOK_AGAIN_MS, attempt), desk.closing);
    }
  };

  const kept = keep();
  await lookedFor.promise;
  return {
    show: (frame) => desk.want({ frame }),
    setBrightness: (brightness) => desk.want({ brightness }),
    get state() {
      return state;
    },
    [Symbol.asyncDispose]: async () => {
      desk.close();
      await kept;
    },
  };
};
