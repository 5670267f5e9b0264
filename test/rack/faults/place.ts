/** What a fault acts upon: one running server. */
import { Fault } from "../../../agent/system/fault.ts";
import type { ServerSpec } from "../declaration.ts";
import type { RackPaths } from "../paths.ts";
import type { Qmp } from "../qmp.ts";
import { RackRefusal } from "../refusal.ts";
import type { Segment } from "../segment.ts";

/** A running server, held by its control session: while one fault is made, no other one is. */
export interface FaultPlace {
  readonly spec: ServerSpec;
  readonly paths: RackPaths;
  readonly qmp: Qmp;
  segment(): Promise<Segment>;
}

/** Runs a command of QEMU's human monitor, which tells of failure by saying something. */
export const runMonitor = async (qmp: Qmp, line: string): Promise<string> => {
  const said = await qmp.execute("human-monitor-command", { "command-line": line });
  return typeof said === "string" ? said.trim() : "";
};

/** Runs a command of QEMU's human monitor that says nothing when it succeeds. */
export const needMonitor = async (qmp: Qmp, line: string): Promise<void> => {
  const said = await runMonitor(qmp, line);
  if (said !== "") throw new Fault("tool-failed", { monitor: line, detail: said });
};

/** A card of the server by its place in the declaration. */
export const needNic = ({ spec }: Pick<FaultPlace, "spec">, index: number): ServerSpec["nics"][number] => {
  const nic = spec.nics[index];
  if (nic === undefined) throw new RackRefusal("unknown", `${spec.name}: has no NIC ${index}`);
  return nic;
};
