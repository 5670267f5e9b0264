/**
 * The panel as a follower: it hears of committed changes, shows what its pages make of them, and asks the desk for what its buttons mean.
 *
 * Whatever becomes of it, the record and its other followers do not notice: nobody waits for it, what it draws waits for nobody, and what it cannot do is
 * logged. Display and buttons are given; that they are not there is a state of theirs and no error.
 */
import type { Clock } from "../../agent/system/clock.ts";
import type { ButtonEdge, Buttons } from "../../board/buttons.ts";
import type { Brightness, Display } from "../../board/display.ts";
import type { Frame } from "../../board/frame.ts";
import { dueMonoMs } from "../../board/gestures.ts";
import type { OperatorDesk, ReadModel } from "../core/ports.ts";
import { brightnessOf } from "./attention.ts";
import { carryOut } from "./carry-out.ts";
import { type PanelEvent, reducePanel } from "./controller.ts";
import { type BoxPlace, type PanelFacts, renderPanelModel } from "./model-of.ts";
import { drawPanel } from "./pages/panel.ts";
import { openPanelLearner, type PanelSources } from "./panel-facts.ts";
import { isTouched, openState, PANEL_GESTURES, PANEL_TIMES, type PanelState } from "./panel-state.ts";
import { viewOf } from "./view-of.ts";

/** The log, as far as the panel uses it. */
export interface PanelLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What a panel is made of. */
export interface PanelParts {
  readonly display: Display;
  readonly buttons: Buttons;
  readonly reads: Pick<ReadModel, "box" | "hosts" | "run" | "changes">;
  readonly operators: Pick<OperatorDesk, "cancelRun" | "releaseRun" | "overrideWipe">;
  readonly own: PanelSources["own"];
  readonly place: BoxPlace;
  readonly clock: Clock;
  readonly log: PanelLog;
}

/** A running panel. */
export interface Panel extends AsyncDisposable {
  /** Whether somebody who stands before it sees it and can press its buttons. */
  readonly isAttended: boolean;
  /** Arms a run's override for a minute, and shows its serials. False when the run is not held by data on its disks. */
  arm(runId: string): Promise<boolean>;
}

/** Four pictures a second are more than a person reads, and cost the bus less than a tenth of its time. */
const DRAW_GAP_MS = 250;
/** Between two looks at the time: while something goes on, and else. */
const BUSY_TICK_MS = 250;
const IDLE_TICK_MS = 1_000;
/** Reads of the record are this far apart, and its own looks around no farther. */
const LEARN_GAP_MS = 500;
const LEARN_AGAIN_MS = 10_000;

/** A wait that somebody can end. */
const openBell = (clock: Clock, ending: AbortSignal) => {
  let bell = new AbortController();
  const ring = (): void => bell.abort();
  ending.addEventListener("abort", ring);
  return {
    ring,
    /** Until it rings, also if it has rung since the last wait. */
    wait: async (ms: number): Promise<void> => {
      await clock.sleep(ms, bell.signal);
      bell = new AbortController();
    },
  };
};

/** Shows what has changed, and no more often than a display can follow. */
const openDrawer = (display: Display) => {
  let shown: { readonly frame: Frame; readonly brightness: Brightness } | null = null;
  let drawnMs = -Infinity;
  return {
    /** How long to wait until the next picture may be drawn. */
    restMs: (nowMs: number): number => drawnMs + DRAW_GAP_MS - nowMs,
    draw: (frame: Frame, brightness: Brightness, nowMs: number): void => {
      if (shown === null || Buffer.compare(shown.frame, frame) !== 0) {
        display.show(frame);
        drawnMs = nowMs; // a look that changed nothing delays no other
      }
      if (brightness !== shown?.brightness) display.setBrightness(brightness);
      shown = { frame, brightness };
    },
  };
};

/** Everything that the panel keeps while it runs. */
class RunningPanel implements Panel {
  readonly #parts: PanelParts;
  readonly #ending = new AbortController();
  readonly #tick;
  readonly #learn;
  readonly #learner;
  readonly #drawer;
  readonly #loops: Promise<void>[] = [];
  #state: PanelState;
  #facts: PanelFacts;
  #isDrawDue = true;

  constructor(parts: PanelParts, learner: ReturnType<typeof openPanelLearner>, facts: PanelFacts) {
    this.#parts = parts;
    this.#facts = facts;
    this.#learner = learner;
    this.#state = openState(parts.clock.monoMs());
    this.#tick = openBell(parts.clock, this.#ending.signal);
    this.#learn = openBell(parts.clock, this.#ending.signal);
    this.#drawer = openDrawer(parts.display);
  }

  start(): void {
    const stopListening = this.#parts.buttons.listen((edge) => this.#hear(edge));
    this.#ending.signal.addEventListener("abort", stopListening);
    this.#loops.push(this.#follow(), this.#keepLearning(), this.#keepTime());
  }

  get isAttended(): boolean {
    return this.#parts.display.state === "present" && this.#parts.buttons.state === "present";
  }

  async arm(runId: string): Promise<boolean> {
    this.#learner.noteRun(runId);
    this.#facts = await this.#learner.learn();
    this.#take({ kind: "arm", runId });
    this.#tick.ring();
    return this.#state.armed?.runId === runId;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#loops);
  }

  #hear(edge: ButtonEdge): void {
    this.#take({ kind: "edge", edge });
    this.#tick.ring(); // a countdown wants more looks
  }

  /** One step: the state goes on, what it asks for is carried out, and what it shows is drawn. A fault of ours costs this step. */
  #take(event: PanelEvent): void {
    const { clock, log, place } = this.#parts;
    const nowMs = clock.monoMs();
    try {
      const model = renderPanelModel(this.#facts, place, clock.wallMs());
      const { state, acts } = reducePanel(this.#state, event, model, nowMs);
      this.#state = state;
      for (const act of acts) void this.#ask(act);
      this.#isDrawDue = this.#drawer.restMs(nowMs) > 0;
      if (this.#isDrawDue) return;
      this.#drawer.draw(drawPanel(model, viewOf(state, model, nowMs)), brightnessOf(state, model, nowMs), nowMs);
    } catch (err) {
      log.error({ err, event: event.kind }, "the panel failed to show something");
    }
  }

  async #ask(act: Parameters<typeof carryOut>[1]): Promise<void> {
    const { operators, log } = this.#parts;
    const refusal = await carryOut(operators, act, log);
    this.#learner.noteRun(act.runId);
    this.#learn.ring();
    this.#take({ kind: "answer", act, refusal });
  }

  /** Hears of what has been committed. It reads nothing itself, so that changes never wait for it. */
  async #follow(): Promise<void> {
    const { reads, log, display } = this.#parts;
    for await (const change of reads.changes(null, this.#ending.signal)) {
      // A box without a display reads for who looks at `/panel` now and then, and no more.
      if (this.#learner.note(change) && display.state === "present") this.#learn.ring();
    }
    if (!this.#ending.signal.aborted)
      log.error({}, "the stream of changes ended: the panel looks around by itself only");
  }

  async #keepLearning(): Promise<void> {
    const { clock, log } = this.#parts;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.#learn.wait(LEARN_AGAIN_MS);
      if (signal.aborted) return;
      try {
        this.#facts = await this.#learner.learn();
        this.#take({ kind: "time" });
      } catch (err) {
        log.error({ err }, "the panel could not read the record; it tries again");
      }
      await clock.sleep(LEARN_GAP_MS, signal);
    }
  }

  /** How long until the next look at the time: until a press is complete, until a picture may be drawn, or at ease. */
  #tickMs(nowMs: number): number {
    const { fingers, armed, notice } = this.#state;
    const dueMs = dueMonoMs(fingers, PANEL_GESTURES);
    const isBusy = isTouched(this.#state) || armed !== null || notice !== null;
    return Math.max(
      1,
      Math.min(
        isBusy ? BUSY_TICK_MS : IDLE_TICK_MS,
        this.#isDrawDue ? this.#drawer.restMs(nowMs) : Infinity,
        dueMs === null ? Infinity : dueMs + PANEL_TIMES.edgeLagMs - nowMs,
      ),
    );
  }

  async #keepTime(): Promise<void> {
    const { clock, display, buttons } = this.#parts;
    while (!this.#ending.signal.aborted) {
      this.#take({ kind: "display", isPresent: display.state === "present" });
      if (isTouched(this.#state) && buttons.state !== "present") this.#take({ kind: "buttons-gone" });
      this.#take({ kind: "time" });
      await this.#tick.wait(this.#tickMs(clock.monoMs()));
    }
  }
}

/** Opens the panel. It answers when it has read the record once. */
export const openPanel = async (parts: PanelParts): Promise<Panel> => {
  const { reads, own, clock } = parts;
  const learner = openPanelLearner({ reads, own, nowMs: () => clock.wallMs() });
  const panel = new RunningPanel(parts, learner, await learner.learn());
  panel.start();
  return panel;
};
