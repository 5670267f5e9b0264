/**
 * The box's log: one JSON object a line, written before the call returns.
 *
 * No pino transport: in a compiled executable a transport silently writes nothing, and an asynchronous destination loses its last lines when the
 * process is killed, which are the ones that somebody will look for.
 */
import { type DestinationStream, type Logger, pino } from "pino";
import type { Config } from "./config/settings.ts";

/** Keys whose value never reaches the log, at the top and one and two levels down. */
export const SECRET_KEYS = [
  "bearer",
  "token",
  "sessionToken",
  "enrolCode",
  "claimKey",
  "privateKey",
  "password",
  "authorization",
  "key",
] as const;

/** Where the log goes: a file descriptor, a path, or a stream of a test. */
export interface LogOptions {
  readonly level: Config["log"]["level"];
  readonly dest?: number | string | DestinationStream;
}

/** Opens the log. Standard output unless told otherwise: the init system keeps it. */
export const openLog = ({ level, dest = 1 }: LogOptions): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "[redacted]" },
    },
    typeof dest === "object" ? dest : pino.destination({ dest, sync: true }),
  );
