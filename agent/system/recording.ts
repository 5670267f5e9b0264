/**
 * A machine as it was seen once: every command with its output, every file that was read. Recorded on real hardware, replayed anywhere.
 *
 * A folder: `commands.json` names the commands with their outputs in files beside it, `files.json` holds what was read. Both are meant to be read by people, and
 * edited.
 */
import { join } from "node:path";
import * as v from "valibot";
import type { Clock } from "./clock.ts";
import { loadFile, makeDirectory, saveFile } from "./durable.ts";
import type { Exec, ExecResult } from "./exec.ts";
import { Fault } from "./fault.ts";
import type { Files } from "./files.ts";
import type { System } from "./system.ts";

const RecordedCommand = v.object({
  argv: v.pipe(v.array(v.string()), v.minLength(1)),
  end: v.picklist(["exited", "signalled", "timed-out", "aborted", "absent"]),
  exitCode: v.nullable(v.number()),
  signal: v.optional(v.nullable(v.string()), null),
  truncated: v.optional(v.boolean(), false),
  durationMs: v.number(),
  confined: v.exactOptional(v.object({ oomKilled: v.boolean(), peakBytes: v.exactOptional(v.number()) })),
  /** File beside `commands.json`; absent when there was no output. */
  stdout: v.optional(v.string()),
  stderr: v.optional(v.string()),
});
const RecordedFiles = v.object({
  /** What a file held; null when it was absent or refused to be read. */
  text: v.record(v.string(), v.nullable(v.string())),
  /** What a directory listed. */
  names: v.record(v.string(), v.array(v.string())),
  /** Where a path led. */
  real: v.record(v.string(), v.nullable(v.string())),
});

/** A recorded machine. */
export interface Recording {
  readonly commands: readonly { readonly argv: readonly string[]; readonly result: ExecResult }[];
  readonly files: v.InferOutput<typeof RecordedFiles>;
}

/** Wraps a machine so that everything that is asked of it is kept. */
export const recordSystem = (system: System): { readonly system: System; readonly recording: Recording } => {
  const commands: { argv: readonly string[]; result: ExecResult }[] = [];
  const files: v.InferOutput<typeof RecordedFiles> = { text: {}, names: {}, real: {} };
  const exec: Exec = async (invocation, signal) => {
    const result = await system.exec(invocation, signal);
    commands.push({ argv: invocation.argv, result });
    return result;
  };
  const recorded: Files = {
    readText: async (path) => {
      files.text[path] = null;
      const text = await system.files.readText(path);
      files.text[path] = text;
      return text;
    },
    list: async (path) => {
      const names = await system.files.list(path);
      files.names[path] = [...names];
      return names;
    },
    realPath: async (path) => {
      const real = await system.files.realPath(path);
      files.real[path] = real;
      return real;
    },
  };
  return { system: { ...system, exec, files: recorded }, recording: { commands, files } };
};

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Writes a recording into a folder. */
export const saveRecording = (directory: string, { commands, files }: Recording): void => {
  makeDirectory(directory);
  const written = commands.map(({ argv, result }, i) => {
    const { stdout, stderr, ...rest } = result;
    const base = `${String(i + 1).padStart(2, "0")}-${(argv[0] ?? "command").replace(/[^A-Za-z0-9_-]/g, "_")}`;
    const output = (ending: string, text: string) => {
      if (text === "") return {};
      saveFile(join(directory, `${base}.${ending}`), text, 0o644);
      return { [ending]: `${base}.${ending}` };
    };
    return { argv, ...rest, ...output("stdout", stdout), ...output("stderr", stderr) };
  });
  const read = { text: sorted(files.text), names: sorted(files.names), real: sorted(files.real) };
  saveFile(join(directory, "commands.json"), `${JSON.stringify(written, null, 2)}\n`, 0o644);
  saveFile(join(directory, "files.json"), `${JSON.stringify(read, null, 2)}\n`, 0o644);
};

const loadJson = <T>(path: string, schema: v.GenericSchema<unknown, T>): T => {
  const bytes = loadFile(path);
  if (bytes === null) throw new Fault("file-unreadable", { path, reason: "no such file" });
  try {
    return v.parse(schema, JSON.parse(bytes.toString("utf8")));
  } catch (cause) {
    throw new Fault("bad-input", { path, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
};

/** Reads a recording from its folder. */
export const loadRecording = (directory: string): Recording => {
  const textOf = (name: string | undefined): string =>
    name === undefined ? "" : (loadFile(join(directory, name))?.toString("utf8") ?? "");
  const commands = loadJson(join(directory, "commands.json"), v.array(RecordedCommand)).map(
    ({ argv, stdout, stderr, ...rest }) => ({
      argv,
      result: { ...rest, stdout: textOf(stdout), stderr: textOf(stderr) },
    }),
  );
  return { commands, files: loadJson(join(directory, "files.json"), RecordedFiles) };
};

/** A recorded machine as a system. A command that was not recorded is not installed there; a file that was not read is not there. */
export const replaySystem = (
  { commands, files }: Recording,
  surroundings: Pick<System, "clock" | "random">,
  /** 1 takes as long as the recorded machine took, 0 no time. */
  pace: number,
): System => {
  const byArgv = new Map(commands.map(({ argv, result }) => [JSON.stringify(argv), result]));
  const absent: ExecResult = {
    end: "absent",
    exitCode: null,
    signal: null,
    stdout: "",
    stderr: "",
    truncated: false,
    durationMs: 0,
  };
  return {
    ...surroundings,
    exec: async ({ argv }, signal) => {
      const result = byArgv.get(JSON.stringify(argv)) ?? absent;
      await waitPaced(surroundings.clock, result.durationMs * pace, signal);
      return signal?.aborted ? { ...absent, end: "aborted" } : result;
    },
    files: {
      readText: async (path) => files.text[path] ?? null,
      list: async (path) => files.names[path] ?? [],
      realPath: async (path) => files.real[path] ?? null,
    },
  };
};

const waitPaced = (clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> =>
  ms > 0 ? clock.sleep(ms, signal) : Promise.resolve();
