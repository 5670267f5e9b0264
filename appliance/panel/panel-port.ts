/** The panel as the box's edges may use it (`core/panel-port.ts`). */
import { accept, refuse } from "../core/answer.ts";
import type { PanelPort } from "../core/panel-port.ts";
import type { OperatorDesk } from "../core/ports.ts";
import type { MirroredDisplay } from "./mirror.ts";
import type { Panel } from "./open-panel.ts";

const unattended = refuse(
  "not-ready",
  "The panel cannot be used: its display or its buttons do not answer. Allow the wipe by the disks' serials instead.",
);
const notShown = refuse("out-of-turn", "The run is not held because of data on its disks any more.");

/** Joins the panel with the desk that writes down who armed it. `hold` only where the buttons are a simulator's. */
export const openPanelPort = (parts: {
  readonly panel: Panel;
  readonly mirror: MirroredDisplay;
  readonly operators: Pick<OperatorDesk, "armWipe">;
  readonly hold: PanelPort["hold"];
}): PanelPort => {
  const { panel, mirror, operators, hold } = parts;
  return {
    get isAttended() {
      return panel.isAttended;
    },
    get picture() {
      return mirror.picture;
    },
    pictures: mirror.pictures,
    arm: async (runId, by) => {
      if (!panel.isAttended) return unattended;
      const answer = await operators.armWipe(runId, by);
      if (!answer.ok) return answer;
      return (await panel.arm(runId)) ? accept(true) : notShown;
    },
    hold,
  };
};
