/** Gives queued runs their places, oldest first (`core/dispatch.ts` says who may go). */
import { nextToGo } from "./core/dispatch.ts";
import { lineUp } from "./desks/link-line.ts";
import { applyEvent, type Office } from "./desks/office.ts";
import { loadActiveRuns } from "./store/runs.ts";

/**
 * Lets every run go that may go now. Where somebody else's DHCP server answers too, nobody knows what a server will boot: no run begins there that may write to its
 * disks.
 */
export const dispatch = (office: Office, isNetworkShared: boolean): Promise<void> =>
  office.store.turn(async (unit) => {
    const active = await loadActiveRuns(unit.db);
    for (const run of nextToGo(active, office.places, lineUp(office, active), !isNetworkShared))
      applyEvent(office, unit, run, { name: "dispatched" }, "box");
  });
