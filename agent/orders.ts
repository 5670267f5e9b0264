/** The box's commands, by whichever way they come: each is carried out once, and acknowledged until the box has heard it. */
import type { Turns } from "./turns.ts";
import type { Command } from "./wire/messages.ts";
import type { LogLevel } from "./wire/names.ts";

/** See above. */
export interface Orders {
  take(command: Command): void;
  /** Ids to acknowledge with the next heartbeat. */
  acks(): number[];
  /** A heartbeat with these acknowledgements was answered. */
  heard(acks: readonly number[]): void;
  /** Everything is delivered: commands that end the run may be acknowledged, too. The box takes nothing more once it has heard of that. */
  leave(): void;
}

/** As many acknowledgements as one heartbeat carries. */
const MAX_ACKS = 16;

/** Makes the orders of one run. `onTaken` is told when there is something to acknowledge soon. */
export const createOrders = (
  turns: Turns,
  log: (level: LogLevel, text: string) => void,
  onTaken: () => void,
): Orders => {
  const done = new Set<number>();
  let unheard: number[] = [];
  const last = new Set<number>();
  let leaving = false;
  const carryOut = (command: Command): void => {
    switch (command.cmd) {
      case "continue":
        return;
      // All three end in power off. A stage that runs is cancelled by its turn being over; a hold's key is removed by the turn not being hold.
      case "shutdown":
      case "abort":
      case "cancel_stage":
        last.add(command.id);
        turns.force({ do: "off" });
        return;
      case "retry_stage":
        // What to do, on which disks and by whose leave, stands in the turn of the heartbeat that `onTaken` asks for.
        return;
    }
  };
  return {
    take: (command) => {
      if (command.cmd === "continue") return;
      if (!unheard.includes(command.id)) unheard = [...unheard, command.id].slice(-MAX_ACKS);
      // A repeat is acknowledged with the next heartbeat as it comes: at once would be a loop, if the box repeats what it has heard.
      if (done.has(command.id)) return;
      done.add(command.id);
      log("info", `command ${command.cmd} (${command.id})`);
      carryOut(command);
      onTaken();
    },
    acks: () => unheard.filter((id) => leaving || !last.has(id)),
    heard: (acks) => {
      unheard = unheard.filter((id) => !acks.includes(id));
    },
    leave: () => {
      leaving = true;
    },
  };
};
