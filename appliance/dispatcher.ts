/** Gives queued runs their places, oldest first (`core/dispatch.ts` says who may go). */
import { nextToGo } from "./core/dispatch.ts";
import { applyEvent, type Office } from "./desks/office.ts";
import { loadActiveRuns } from "./store/runs.ts";

/** Lets every run go that may go now. */
export const dispatch = (office: Office): Promise<void> =>
  office.store.turn(async (unit) => {
    for (const run of nextToGo(await loadActiveRuns(unit.db), office.places))
      applyEvent(office, unit, run, { name: "dispatched" }, "box");
  });
