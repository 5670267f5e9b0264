/** SCSI persistent reservations: another host may have claimed a disk that both can reach. Asked of the disk itself, through sg_persist (sg3-utils). */
import type { ExecResult } from "../system/exec.ts";

/** How a disk is asked. It opens the disk for reading and sends one command. */
export const reservationArgv = (devicePath: string): readonly [string, ...string[]] => [
  "sg_persist",
  "--in",
  "--read-reservation",
  devicePath,
];

/** A disk that does not answer in this time is not one to be written. */
export const RESERVATION_TIMEOUT_MS = 20_000;

/** What came back. */
export type Reservation = "free" | "held" | "unknown";

/** Exit codes of sg3-utils (sg3_utils(8)): commands that a disk does not know, and the conflict with a reservation. */
const ILLEGAL_REQUEST = 5;
const INVALID_OPCODE = 9;
const RESERVATION_CONFLICT = 24;

/** Reads sg_persist's end. A disk that does not know the command cannot be reserved; one that answers anything unexpected may be. */
export const parseReservation = ({ end, exitCode, stdout }: ExecResult): Reservation => {
  if (end !== "exited") return "unknown";
  if (exitCode === ILLEGAL_REQUEST || exitCode === INVALID_OPCODE) return "free";
  if (exitCode === RESERVATION_CONFLICT) return "held";
  if (exitCode !== 0) return "unknown";
  if (/there is NO reservation held/.test(stdout)) return "free";
  return /Reservation follows/.test(stdout) ? "held" : "unknown";
};
