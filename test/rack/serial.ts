/** What a server says on its serial port: QEMU writes it to a file, and everybody reads that. */
import { open } from "node:fs/promises";
import { isErrno } from "./claims.ts";
import { RackRefusal } from "./refusal.ts";

/** Far below what a reader notices, far above what a look costs. */
const LOOK_EVERY_MS = 50;
const LAST_LINES = 15;
const CHUNK_BYTES = 64 * 1024;

/** Colours and cursor moves (ECMA-48 control sequences), and the carriage returns of terminals. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what is taken out
const CONTROL = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[()][A-Z0-9]|\u001b[=>cM78]|\r/g;

/** The text without its terminal control sequences. */
export const plainText = (raw: string): string => raw.replace(CONTROL, "");

/** The log from the byte `from` on, as it stands; nothing if there is no log. */
export const readSerial = async (path: string, from = 0): Promise<string> => {
  const file = Bun.file(path);
  return (await file.exists()) ? file.slice(from).text() : "";
};

/** The log from the byte `from` on, piece by piece as it grows, until `isOver` answers true and all is read. */
export async function* followSerial(path: string, isOver: () => boolean, from = 0): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(CHUNK_BYTES);
  let offset = from;
  for (;;) {
    const over = isOver(); // asked before the read: what was written before the end is read after it
    const size = await readAt(path, offset, buffer);
    offset += size;
    if (size > 0) yield decoder.decode(buffer.subarray(0, size), { stream: true });
    else if (over) return;
    else await Bun.sleep(LOOK_EVERY_MS);
  }
}

const readAt = async (path: string, offset: number, buffer: Uint8Array): Promise<number> => {
  try {
    await using file = await open(path, "r");
    return (await file.read(buffer, 0, buffer.length, offset)).bytesRead;
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return 0;
    throw cause;
  }
};

/** How long to wait for a text, and from which byte of the log on. */
export interface SerialWait {
  readonly path: string;
  readonly from: number;
  readonly timeoutMs: number;
  /** Whether the server is off: then nothing more comes. */
  isOver(): boolean;
}

/** Waits until the log matches. Refuses with `timeout`, or with `off` if the server goes off first; both show the last lines. */
export const waitForSerial = async (what: string, pattern: RegExp, wait: SerialWait): Promise<RegExpExecArray> => {
  const stateless = new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, "")); // a sticky or global one remembers where it was
  const endMs = performance.now() + wait.timeoutMs;
  const isLate = (): boolean => performance.now() >= endMs;
  let text = "";
  for await (const piece of followSerial(wait.path, () => wait.isOver() || isLate(), wait.from)) {
    text += piece;
    const found = stateless.exec(plainText(text));
    if (found !== null) return found;
    if (isLate()) break;
  }
  const last = plainText(text).trimEnd().split("\n").slice(-LAST_LINES).join("\n");
  const [code, why] = isLate()
    ? (["timeout", `not within ${wait.timeoutMs} ms`] as const)
    : (["off", "the server went off first"] as const);
  throw new RackRefusal(code, `${what}: serial ${pattern}: ${why}. It said last:\n${last}`);
};
