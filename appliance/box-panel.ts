/** The box's panel, put together: the display and the buttons that the config names, what they show while the box starts, and the follower behind them. */
import type { Logger } from "pino";
import type { System } from "../agent/system/system.ts";
import type { Buttons } from "../board/buttons.ts";
import type { Display } from "../board/display.ts";
import { openButtons } from "../board/gpio/open-buttons.ts";
import { PI_CHIP_LABELS } from "../board/gpio/port.ts";
import { openDisplay } from "../board/oled/open-display.ts";
import { openSimulatedButtons, openSimulatedDisplay } from "../board/simulator.ts";
import type { Config } from "./config.ts";
import type { PanelPort } from "./core/panel-port.ts";
import type { Orchestrator } from "./orchestrator.ts";
import { openBootScreen } from "./panel/boot-screen.ts";
import { readBoxFacts } from "./panel/box-facts.ts";
import { openBrowserFingers } from "./panel/browser-fingers.ts";
import { type MirroredDisplay, openMirror } from "./panel/mirror.ts";
import { openPanel } from "./panel/open-panel.ts";
import { openPanelPort } from "./panel/panel-port.ts";

/** What the panel stands on. */
export interface PanelBoard extends AsyncDisposable {
  readonly mirror: MirroredDisplay;
  readonly buttons: Buttons;
  /** How a browser holds the buttons; null where they are real. */
  readonly hold: PanelPort["hold"];
}

const openHardware = async (
  { display, buttons }: Config["panel"],
  { clock }: System,
  log: Logger,
): Promise<readonly [Display, Buttons]> => {
  const { next, override, abort } = buttons;
  return Promise.all([
    openDisplay({
      ...{ controller: display.controller, busNumber: display.bus, address: display.address },
      clock,
      log,
    }),
    openButtons({
      ...{ lines: { next, override, abort }, clock, log },
      chipLabels: buttons.chip === "auto" ? PI_CHIP_LABELS : [buttons.chip],
    }),
  ]);
};

/** Opens the display and the buttons; null where the config wants no panel. That neither answers is no fault: they are looked for again and again. */
export const openPanelBoard = async (config: Config, system: System, log: Logger): Promise<PanelBoard | null> => {
  const { mode } = config.panel;
  if (mode === "off") return null;
  if (mode === "simulated") {
    const simulated = openSimulatedButtons(() => system.clock.monoMs());
    const { hold } = openBrowserFingers(simulated, system.clock);
    return ownBoard(openSimulatedDisplay(), simulated, hold);
  }
  const [display, buttons] = await openHardware(config.panel, system, log);
  return ownBoard(display, buttons, null);
};

const ownBoard = (display: Display, buttons: Buttons, hold: PanelPort["hold"]): PanelBoard => {
  const mirror = openMirror(display);
  return {
    ...{ mirror, buttons, hold },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([mirror.display[Symbol.asyncDispose](), buttons[Symbol.asyncDispose]()]);
    },
  };
};

/** What is shown while the box starts. */
export const startScreen = (board: PanelBoard | null, version: string) =>
  openBootScreen(board?.mirror.display ?? null, version);

/** What the panel follows and asks. */
export interface BoxPanelParts {
  readonly board: PanelBoard;
  readonly config: Config;
  readonly system: System;
  readonly log: Logger;
  readonly orchestrator: Pick<Orchestrator, "operators" | "reads">;
  /** Where the pages are, once they are. */
  readonly pageUrl: () => string | null;
}

/** Opens the follower on its board. */
export const openBoxPanel = async (parts: BoxPanelParts): Promise<{ readonly port: PanelPort } & AsyncDisposable> => {
  const { board, config, system, log, orchestrator } = parts;
  const { operators, reads } = orchestrator;
  const interfaceName = config.network.interface;
  const panel = await openPanel({
    ...{ operators, reads, clock: system.clock, log },
    ...{ display: board.mirror.display, buttons: board.buttons },
    own: () => readBoxFacts(system.files, { interfaceName, stateDir: config.stateDir }),
    place: {
      interfaceName,
      mdnsName: null,
      get pageUrl() {
        return parts.pageUrl();
      },
    },
  });
  return {
    port: openPanelPort({ panel, operators, mirror: board.mirror, hold: board.hold }),
    [Symbol.asyncDispose]: async () => {
      await panel[Symbol.asyncDispose]();
      board.mirror.display.setBrightness("off"); // a display that still tells of runs would lie
    },
  };
};
