/** SCSI persistent reservations: another host may have claimed a disk that both can reach. Asked of the disk itself, through sg_persist (sg3-utils). */
import type { Exec, ExecResult } from "../system/exec.ts";

/** How a disk is asked. It opens the disk for reading and sends one command. */
export const reservationArgv = (devicePath: string): readonly [string, ...string[]] => [
  "sg_persist",
  "--in",
  "--read-reservation",
  devicePath,
];

/** A disk that does not answer in this time is not one to be written. */
const RESERVATION_TIMEOUT_MS = 20_000;
/** A disk tells one thing after the other: that it was reset, that its neighbours have changed. */
const MOST_QUESTIONS = 3;

/** What came back. */
type Reservation = "free" | "held" | "unknown";

/** Exit codes of sg3-utils (sg3_utils(8)): commands that a disk does not know, something that it has to tell first, and the conflict with a reservation. */
const ILLEGAL_REQUEST = 5;
const UNIT_ATTENTION = 6;
const INVALID_OPCODE = 9;
const RESERVATION_CONFLICT = 24;

/** Reads sg_persist's end. A disk that does not know the command cannot be reserved; one that answers anything unexpected may be. */
const parseReservation = ({ end, exitCode, stdout }: ExecResult): Reservation => {
  if (end !== "exited") return "unknown";
  if (exitCode === ILLEGAL_REQUEST || exitCode === INVALID_OPCODE) return "free";
  if (exitCode === RESERVATION_CONFLICT) return "held";
  if (exitCode !== 0) return "unknown";
  if (/there is NO reservation held/.test(stdout)) return "free";
  return /Reservation follows/.test(stdout) ? "held" : "unknown";
};

/** Asks a disk. One that has something else to tell first (a unit attention) has not answered, and is asked again. */
export const askReservation = async (exec: Exec, devicePath: string, signal: AbortSignal): Promise<Reservation> => {
  const invocation = { argv: reservationArgv(devicePath), timeoutMs: RESERVATION_TIMEOUT_MS };
  let result = await exec(invocation, signal);
  for (
    let asked = 1;
    asked < MOST_QUESTIONS && result.end === "exited" && result.exitCode === UNIT_ATTENTION;
    asked += 1
  )
    result = await exec(invocation, signal);
  return parseReservation(result);
};
