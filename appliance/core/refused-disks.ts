/** The disks on which a wipe probe found data, as its checks name them: what an operator has to look at before a wipe is allowed (D3). Pure. */
import type { Check } from "../../agent/wire/check.ts";
import type { Run } from "./run.ts";
import type { RefusedDisk } from "./views.ts";

/** The check that a person may answer with an override; anything else is repaired, or retried. */
export const UNEXPECTED_DATA = "storage.unexpected-data";

/** Its component is `disk` and the serial. */
const serialOf = (component: string): string => component.replace(/^disk /, "");

/** The disks with what was found on each, in the order of the checks. */
export const refusedDisks = (checks: readonly Check[]): readonly RefusedDisk[] => {
  const found = checks.filter(({ code, verdict }) => code === UNEXPECTED_DATA && verdict === "FAIL");
  return [...Map.groupBy(found, ({ component }) => serialOf(component))].map(([serial, own]) => ({
    serial,
    found: own.map(({ message }) => message),
  }));
};

/** Whether the run is held by nothing but data that a person may allow to be destroyed. */
export const isWipeRefused = ({ state, failure }: Pick<Run, "state" | "failure">): boolean =>
  state === "FailedHolding" && failure?.state === "Storage" && failure.code === "unexpected-data";
