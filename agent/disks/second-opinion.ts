/**
 * What tools say of a disk, beside our own look: wipefs, which is all of libblkid, and debugfs for the name of the host whose root file system lies there.
 *
 * Left out on purpose: `blkid -p` answers 2 both for "nothing there" and for "cannot read" (util-linux 2.38, misc-utils/blkid.c); `lsblk` repeats what udev
 * once cached; `pvs` reads every disk of the host and takes locks; `mdadm --examine` answers 1 in both cases. What the last two would tell, the name of a group
 * or an array, is read from the metadata itself.
 */
import { cleanText, present } from "../probes/label.ts";
import { statusOfTool } from "../probes/probe.ts";
import { parseWipefs, type WipefsSignature } from "../probes/wipefs/parse.ts";
import type { System } from "../system/system.ts";
import type { WipeEvidence } from "../wire/wipe.ts";
import type { ReadablePath } from "./device.ts";

const TIMEOUT_MS = 60_000;
/** libblkid names the mark, we name the structure around it; the ring of a ZFS label is the widest. */
const SAME_PLACE_BYTES = 256 * 1024;
const MAX_HOST_LOOKS = 4;

/** How wipefs is asked. Without `--all` or `--offset` it only lists; `-n` says so once more. */
export const wipefsArgv = (path: ReadablePath): readonly [string, ...string[]] => ["wipefs", "-J", "-n", path];

/** debugfs opens read-only unless told (debugfs(8)); an offset follows a question mark (ext2fs_open2). */
export const debugfsArgv = (path: ReadablePath, offset: number): readonly [string, ...string[]] => [
  "debugfs",
  "-R",
  "cat /etc/hostname",
  offset === 0 ? path : `${path}?offset=${offset}`,
];

const isTold = ({ offsetBytes }: WipefsSignature, own: readonly WipeEvidence[]): boolean =>
  own.some((one) => one.offsetBytes !== undefined && Math.abs(one.offsetBytes - offsetBytes) <= SAME_PLACE_BYTES);

/** libblkid's signatures that we did not find ourselves, one for each type. Pure. */
export const onlyWipefs = (
  signatures: readonly WipefsSignature[],
  own: readonly WipeEvidence[],
): readonly WipeEvidence[] => {
  const types = Map.groupBy(signatures, ({ type }) => type);
  return [...types.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined || same.some((one) => isTold(one, own))) return [];
    const { type, label, offsetBytes } = first;
    return [{ kind: "signature", name: cleanText(type, 100), offsetBytes, by: "wipefs", ...present({ label }) }];
  });
};

/** Asks wipefs. That it is absent or fails is evidence too: then a second opinion is missing, and nothing is called clean. */
export const askWipefs = async (
  { exec }: System,
  path: ReadablePath,
  own: readonly WipeEvidence[],
  signal: AbortSignal,
): Promise<readonly WipeEvidence[]> => {
  const result = await exec({ argv: wipefsArgv(path), timeoutMs: TIMEOUT_MS }, signal);
  const bad = statusOfTool("wipefs", result);
  const failed = (reason: string): readonly WipeEvidence[] => [
    { kind: "tool", name: "wipefs", detail: cleanText(reason, 300) },
  ];
  if (bad !== undefined) return failed(bad.reason);
  const parsed = parseWipefs(result.stdout);
  return parsed.ok ? onlyWipefs(parsed.facts, own) : failed(`${parsed.place}: ${parsed.reason}`);
};

/** A host name as RFC 1123 has it; anything else in that file is nobody's business. */
const hostNameIn = (text: string): string | undefined => /^([A-Za-z0-9][A-Za-z0-9._-]{0,199})\s*$/.exec(text)?.[1];

/** Adds the names of hosts whose root file systems are ext. A file system that hides it costs nothing. */
export const nameHosts = async (
  { exec }: System,
  path: ReadablePath,
  evidence: readonly WipeEvidence[],
  signal: AbortSignal,
): Promise<readonly WipeEvidence[]> => {
  const named: WipeEvidence[] = [];
  let looks = 0;
  for (const one of evidence) {
    const isExt = one.kind === "signature" && /^ext[234]$/.test(one.name) && one.offsetBytes !== undefined;
    if (!isExt || looks >= MAX_HOST_LOOKS) {
      named.push(one);
      continue;
    }
    looks += 1;
    const begins = (one.offsetBytes ?? 0) - 1024; // its super block lies that far into it
    const result = await exec({ argv: debugfsArgv(path, begins), timeoutMs: TIMEOUT_MS, maxOutputBytes: 4096 }, signal);
    const hostName = result.end === "exited" ? hostNameIn(result.stdout) : undefined;
    named.push(hostName === undefined ? one : { ...one, hostName });
  }
  return named;
};
