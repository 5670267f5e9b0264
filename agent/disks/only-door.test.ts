/**
 * Nothing but `mintWritable` leads to a disk that may be written: no other module opens one so, no tool that writes to disks is named but where its argument
 * list takes a `WritablePath`, and no other type passes for it. The first two are read from the sources, the third is the compiler's.
 */
import { describe, expect, test } from "bun:test";
import { isTestFile, loadSources, type Source } from "../../test/setup/sources.ts";
import { parseTokens } from "../../test/setup/tokens.ts";
import type { ReadablePath } from "./device.ts";
import type { WipeProbe } from "./wipe-probe.ts";
import type { WritableDisk, WritablePath } from "./writable.ts";

const DOOR = "agent/disks/writable.ts";
/** The only file that builds argument lists of tools that write to disks. */
const COMMANDS = "agent/stages/storage/commands.ts";

/** Tools that can change what is on a disk, by the packages of the live image: util-linux, e2fsprogs, fio, nvme-cli, hdparm, sg3-utils, mdadm, lvm2, parted, gdisk. */
const WRITERS =
  /^(?:badblocks|fio|dd|shred|wipefs|blkdiscard|fallocate|mkswap|swapon|mount|losetup|(?:sf|cf|f|g|sg|cg)disk|parted|partprobe|mkfs(?:\..*)?|mke2fs|e2fsck|fsck(?:\..*)?|resize2fs|tune2fs|e2label|debugfs|nvme|hdparm|sdparm|sg_(?:dd|format|sanitize|write_.*|unmap|raw)|mdadm|(?:pv|vg|lv)[a-z]+|cryptsetup|dmsetup|storcli.*|perccli.*|ssacli|smartctl|flashbench|cp|tee|truncate)$/;

/** Where such a word stands all the same, and why that writes to no disk. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  "agent/disks/second-opinion.ts": ["wipefs", "debugfs"], // both list only: held below
};

/** The agent's own sources; what people run beside it and tests are not in the live image. */
const isShipped = ({ path }: Source): boolean =>
  path.startsWith("agent/") && !isTestFile(path) && !/^agent\/(?:fakes|build)/.test(path);

const sources = (await loadSources()).filter(isShipped);
const wordsOf = (text: string) => parseTokens(text).filter(({ kind }) => kind !== "string");

/** Tokens behind the name of a program among which its first option stands. */
const NEAR = 8;

/**
 * Programs that are named as the first word of a list: `["fio", …`. A bracket behind a name is an index: `facts["nvme"]`. fio that is told first of all to refuse
 * to write (fio(1), --readonly) is none of them.
 */
const programsIn = (text: string): readonly string[] => {
  const tokens = parseTokens(text);
  return tokens.flatMap((token, i) => {
    const [before, bracket] = [tokens[i - 2], tokens[i - 1]];
    const isList =
      bracket?.text === "[" && (before?.kind === "mark" ? !/[\])]/.test(before.text) : before?.text === "return");
    const reads = token.text === "fio" && tokens.slice(i, i + NEAR).some(({ text }) => text === "--readonly");
    return token.kind === "string" && isList && !reads ? [token.text] : [];
  });
};

describe("the sources of the agent", () => {
  test.each(["O_RDWR", "O_WRONLY", "O_TRUNC"])("only the door opens a device for writing: %s", (flag) => {
    const holders = sources.filter(({ text }) => wordsOf(text).some((token) => token.text === flag));
    expect(holders.map(({ path }) => path)).toEqual(flag === "O_RDWR" ? [DOOR] : []);
  });

  test("only the door and what reads make paths of descriptors", () => {
    const holders = sources.filter(({ text }) => wordsOf(text).some((token) => token.text === "descriptorPath"));
    expect(holders.map(({ path }) => path).sort()).toEqual(["agent/disks/device.ts", DOOR]);
  });

  test.each(["WritablePath", "WritableDisk"])("only the door says that something is a %s", (type) => {
    const casts = sources.filter(({ text }) => {
      const words = wordsOf(text);
      return words.some((token, i) => token.text === "as" && words[i + 1]?.text === type);
    });
    expect(casts.map(({ path }) => path).filter((path) => path !== DOOR)).toEqual([]);
  });

  test("tools that write to disks are run by one file alone", () => {
    const found = sources
      .filter(({ path }) => path !== COMMANDS && !path.endsWith("/spec.ts") && !path.startsWith("agent/probes/"))
      .flatMap(({ path, text }) =>
        programsIn(text)
          .filter((word) => WRITERS.test(word) && !HARMLESS[path]?.includes(word))
          .map((word) => `${path}: ${word}`),
      );
    expect(found).toEqual([]);
  });

  test("probes run such tools only to read", () => {
    const calls = sources
      .filter(({ path }) => path.startsWith("agent/probes/"))
      .flatMap(({ text }) => [...text.matchAll(/\["(nvme|smartctl|hdparm|sg_\w+|mdadm|wipefs)", ([^\]]*)\]/g)])
      .map(([, tool, rest]) => `${tool} ${(rest ?? "").replaceAll(/[",]/g, "")}`);
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls)
      expect(call).toMatch(/^(?:nvme (?:list|smart-log|id-ctrl|id-ns|error-log|self-test-log)\b|smartctl )/);
  });

  test("what lists signatures and reads a host's name cannot write", async () => {
    const { debugfsArgv, wipefsArgv } = await import("./second-opinion.ts");
    const path = "/proc/1/fd/9" as ReadablePath;
    expect(wipefsArgv(path)).toEqual(["wipefs", "-J", "-n", path]);
    // debugfs opens for writing with -w alone (debugfs(8)).
    expect(debugfsArgv(path, 1024)).toEqual(["debugfs", "-R", "cat /etc/hostname", `${path}?offset=1024`]);
  });
});

/** A tool's argument list that writes. */
const wipe = (path: WritablePath): string => path;

describe("the types", () => {
  test("nothing else is a writable path, a writable disk or a probe", () => {
    // Each of these lines fails to compile as soon as its mistake is allowed. They are never called.
    const mistakes = [
      // @ts-expect-error a text is no writable path
      () => wipe("/dev/sda"),
      // @ts-expect-error a path to read from is no path to write to
      (path: ReadablePath) => wipe(path),
      // @ts-expect-error a writable disk cannot be written down
      (): WritableDisk => ({
        serial: "",
        name: "",
        sizeBytes: 1,
        devNumber: "",
        path: "" as WritablePath,
        [Symbol.asyncDispose]: async () => {},
      }),
      // @ts-expect-error nor copied
      (disk: WritableDisk): WritableDisk => ({ ...disk }),
      // @ts-expect-error a probe cannot be written down
      (probe: Omit<WipeProbe, never>): WipeProbe => ({ ...probe, verdict: "clean" as const }),
      (disk: WritableDisk) => wipe(disk.path),
    ];
    expect(mistakes).toHaveLength(6);
  });
});
