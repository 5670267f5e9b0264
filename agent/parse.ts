/** `agent parse TOOL [FILE…]`: what a parser understood of a tool's output, one line of JSON for each file. Whatever the bytes, it answers. */
import { defineCommand } from "citty";
import type { Parsed } from "./probes/parsed.ts";
import { PARSERS } from "./probes/parsers.ts";

/** No tool prints more; beyond it somebody named the wrong file. */
const MOST_BYTES = 64 * 2 ** 20;
const EXIT = { refused: 1, usage: 2 } as const;

/** Reasons why a file cannot be read, as people say them. */
const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: "There is no such file.",
  EISDIR: "It is a directory.",
  EACCES: "It may not be read.",
  EPERM: "It may not be read.",
};

type Answer = Parsed<unknown>;
const refused = (reason: string): Answer => ({ ok: false, place: "file", reason });

/** UTF-8, but for what a Windows shell wrote; bytes that are neither stand as a mark in the text, which no parser takes for data. */
const decodeText = (bytes: Uint8Array): string =>
  new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8").decode(bytes);

/** All bytes, or null when there are too many: pipes do not say beforehand how much comes. */
const readBytes = async (source: Bun.BunFile): Promise<Uint8Array | null> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source.stream()) {
    size += chunk.byteLength;
    if (size > MOST_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const parseSource = async (source: Bun.BunFile, parse: (text: string) => Answer): Promise<Answer> => {
  try {
    const bytes = await readBytes(source);
    return bytes === null ? refused(`It is larger than ${MOST_BYTES / 2 ** 20} MiB.`) : parse(decodeText(bytes));
  } catch (error) {
    // Only the world's errors: one of a parser is a bug, and shows as one.
    if (!(error instanceof Error && "code" in error && typeof error.code === "string")) throw error;
    return refused(UNREADABLE[error.code] ?? `It cannot be read (${error.code}).`);
  }
};

/** One line of JSON. Facts that are a list stand under `items`. */
export const renderParsed = (file: string | undefined, answer: Answer): string => {
  const name = file === undefined ? {} : { file };
  if (!answer.ok) return JSON.stringify({ ...name, error: { place: answer.place, reason: answer.reason } });
  const { facts } = answer;
  const isObject = typeof facts === "object" && facts !== null && !Array.isArray(facts);
  return JSON.stringify({ ...name, ...(isObject ? facts : { items: facts }) });
};

/** False when the reader of stdout has gone, as `head` does: then nobody wants the rest. */
const write = async (sink: Bun.BunFile, line: string): Promise<boolean> => {
  try {
    await Bun.write(sink, `${line}\n`);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EPIPE") return false;
    throw error;
  }
};

/** Parses each file, or stdin when none is named, and answers the exit code. */
const parseAll = async (parse: (text: string) => Answer, files: readonly string[]): Promise<number> => {
  let code = 0;
  for (const file of files.length === 0 ? [undefined] : files) {
    const answer = await parseSource(file === undefined ? Bun.stdin : Bun.file(file), parse);
    if (!(await write(Bun.stdout, renderParsed(file, answer)))) break;
    if (answer.ok) continue;
    code = EXIT.refused;
    await write(Bun.stderr, `${file ?? "stdin"}: ${answer.place}: ${answer.reason}`);
  }
  return code;
};

const TOOLS = Object.entries(PARSERS).map(([tool, { title }]) => `${tool} (${title})`);

/** The command. */
export const parseCommand = defineCommand({
  meta: {
    name: "parse",
    description:
      `Print what a tool's output says, one line of JSON for each file. Exit codes: 0 all understood, 1 some refused or unreadable, 2 unknown tool. ` +
      `Tools: ${TOOLS.join("; ")}.`,
  },
  args: {
    tool: { type: "positional", required: true, description: "Whose output it is" },
    files: {
      type: "positional",
      required: false,
      description: "Files with its output (default: stdin)",
      valueHint: "FILE…",
    },
  },
  run: async ({ args }) => {
    const entry = Object.hasOwn(PARSERS, args.tool) ? PARSERS[args.tool] : undefined;
    if (entry === undefined) {
      await write(Bun.stderr, `There is no parser of this name. The tools:\n  ${TOOLS.join("\n  ")}`);
      process.exitCode = EXIT.usage;
      return;
    }
    process.exitCode = await parseAll(entry.parse, args._.slice(1));
  },
});
