/** What the panel's buttons ask of the operators' desk. The record says that it was the panel: who stood before it, nobody can know. */
import type { Answer, OperatorDesk } from "../core/ports.ts";
import type { PanelAct } from "./panel-state.ts";

/** Who acts, in the record. */
export const BY_PANEL = "panel";

type Desk = Pick<OperatorDesk, "cancelRun" | "releaseRun" | "overrideWipe">;

const ask = (desk: Desk, act: PanelAct): Promise<Answer<unknown>> => {
  if (act.kind === "cancel") return desk.cancelRun(act.runId, BY_PANEL);
  if (act.kind === "release") return desk.releaseRun(act.runId, BY_PANEL);
  return desk.overrideWipe(act.runId, act.serials, BY_PANEL);
};

/** Asks, and says why not; null when it was done. It never rejects: whoever stands before the panel is told. */
export const carryOut = async (
  desk: Desk,
  act: PanelAct,
  log: { info(fields: object, message: string): void; error(fields: object, message: string): void },
): Promise<string | null> => {
  try {
    const answer = await ask(desk, act);
    const refusal = answer.ok ? null : answer.refusal.detail;
    log.info({ act, refusal }, "asked at the panel");
    return refusal;
  } catch (err) {
    log.error({ err, act }, "what was asked at the panel could not be done");
    return "The box could not do it: its log says why.";
  }
};
