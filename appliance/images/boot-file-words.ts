/** What the box and its boot file process say to each other: the options as one argument, then a line of JSON for each thing that happens. */
import * as v from "valibot";
import { IMAGE_STEPS } from "../core/boot-paths.ts";
import type { Transfer } from "./file-server.ts";

const Served = v.variant("kind", [
  v.object({
    kind: v.literal("image"),
    step: v.picklist(IMAGE_STEPS),
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    path: v.string(),
  }),
  v.object({ kind: v.literal("loader"), name: v.string(), path: v.string() }),
]);

const Options = v.object({ hostname: v.string(), port: v.number(), files: v.array(Served) });
/** What the process is told at its start. */
export type BootFileOptions = v.InferOutput<typeof Options>;

const Line = v.variant("say", [
  v.object({ say: v.literal("listening"), port: v.number() }),
  v.object({
    say: v.literal("transfer"),
    phase: v.picklist(["begun", "ended"]),
    mac: v.nullable(v.string()),
    address: v.string(),
    file: v.picklist([...IMAGE_STEPS, "loader"]),
    name: v.string(),
    sizeBytes: v.number(),
    sentBytes: v.number(),
    durationMs: v.number(),
    complete: v.boolean(),
  }),
]);
/** One line of the process. */
export type BootFileLine = v.InferOutput<typeof Line>;

/** Reads the options; throws with the place of what is wrong. */
export const decodeOptions = (text: string): BootFileOptions => v.parse(Options, JSON.parse(text));

/** A line as the process writes it. */
export const renderLine = (
  line: { readonly say: "listening"; readonly port: number } | (Transfer & { readonly say: "transfer" }),
): string => `${JSON.stringify(line)}\n`;

/** A line as the box reads it; null for anything else, such as the last words of a crash. */
export const parseLine = (text: string): BootFileLine | null => {
  try {
    const line = v.safeParse(Line, JSON.parse(text));
    return line.success ? line.output : null;
  } catch {
    return null; // not JSON: the caller logs the line as it is
  }
};
