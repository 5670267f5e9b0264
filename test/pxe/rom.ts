/** Boot ROMs in a namespace: DISCOVER, REQUEST and PXE's own question, answered by whatever serves there. */
import { join } from "node:path";
import type { Namespace } from "../rack/segment.ts";
import { within } from "../rack/until.ts";
import { linesOf } from "../setup/lines.ts";
import type { RomAnswer, RomQuestion } from "./dhcp-packet.ts";

/** What a ROM is. */
export interface Rom {
  readonly mac: string;
  /** Null is no network boot at all: an operating system. */
  readonly architecture: number | null;
  readonly http?: boolean;
  readonly ipxe?: boolean;
}

/** The ROMs of one namespace. */
export interface Roms extends AsyncDisposable {
  /** All offers to a DISCOVER, up to `answers` of them. */
  discover(rom: Rom, expected?: { readonly answers: number; readonly waitMs?: number }): Promise<readonly RomAnswer[]>;
  /** The answer to a REQUEST for what was offered. */
  request(rom: Rom, offer: RomAnswer): Promise<readonly RomAnswer[]>;
  /** What the PXE port of an offer's server answers a host that has its address from elsewhere. */
  askBootServer(rom: Rom, own: string, offer: RomAnswer): Promise<readonly RomAnswer[]>;
}

const ANSWER_LIMIT_MS = 10_000;
/** An answer takes some ms; this is for one that must not come. */
const SILENCE_MS = 1_500;

/** Starts the ROMs' process. Its namespace needs an address and a default route, so that a broadcast finds its way out. */
export const openRoms = async (namespace: Namespace): Promise<Roms> => {
  await namespace.run(["ip", "route", "replace", "default", "dev", "rack0"]);
  const child = Bun.spawn([...namespace.inside([process.execPath, join(import.meta.dir, "rom-main.ts")])], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = linesOf(child.stdout);
  await within("the ROMs start", lines.next(), ANSWER_LIMIT_MS);
  let transaction = 0x7e57_0000;

  const ask = async (
    rom: Rom,
    more: Partial<RomQuestion> & {
      readonly answers: number;
      readonly waitMs?: number;
      readonly port?: number;
      readonly to?: string;
    },
  ): Promise<readonly RomAnswer[]> => {
    transaction += 1;
    const question = {
      type: "discover",
      mac: rom.mac,
      transaction,
      vendorClass: vendorClassOf(rom),
      architecture: rom.architecture,
      userClass: rom.ipxe === true ? "iPXE" : null,
      wanted: null,
      own: null,
      bootServer: null,
      port: 67,
      to: "255.255.255.255",
      waitMs: more.answers === 0 ? SILENCE_MS : ANSWER_LIMIT_MS,
      ...more,
    };
    child.stdin.write(`${JSON.stringify({ ...question, answers: Math.max(1, more.answers) })}\n`);
    await child.stdin.flush();
    const { value } = await within("an answer to a ROM", lines.next(), 2 * ANSWER_LIMIT_MS);
    return JSON.parse(value ?? "[]");
  };

  return {
    discover: (rom, expected = { answers: 1 }) => ask(rom, expected),
    request: (rom, offer) =>
      ask(rom, { type: "request", wanted: { address: offer.address, server: offer.server }, answers: 1 }),
    askBootServer: (rom, own, { server, bootServer }) =>
      ask(rom, { type: "request", own, bootServer, port: 4011, to: server, answers: 1 }),
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      child.kill();
      await child.exited;
    },
  };
};

const vendorClassOf = (rom: Rom): string | null => {
  if (rom.architecture === null) return null;
  const number = String(rom.architecture).padStart(5, "0");
  return `${rom.http === true ? "HTTP" : "PXE"}Client:Arch:${number}:UNDI:003001`;
};
