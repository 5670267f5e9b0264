/** Runs SMART: every ordered drive is read, tests itself, and is read again; all drives beside each other. What goes wrong with one is told of that one. */
import { lsblkProbe } from "../../probes/lsblk/collect.ts";
import { runProbe } from "../../probes/probe.ts";
import type { DriveAddress } from "../../probes/smartctl/argv.ts";
import { type Asked, type DriveReport, smartctlProbe } from "../../probes/smartctl/collect.ts";
import type { StageContext } from "../runner.ts";
import { type Drives, openDrives } from "./drive.ts";
import { type Access, type DiskSmart, type OwnTest, type Reading, readingOf, type SmartFacts } from "./facts.ts";
import { accessOf, findDrive, type Seen } from "./find.ts";
import { type SmartDisk, type SmartOrder, testLimitMs, testMinutes } from "./order.ts";
import { runSelfTest } from "./self-test.ts";

/** Reading the drives is so much of the stage, for its progress. */
const READ_SHARE = 0.05;

/** What is there: smartctl's drives and the kernel's. */
const look = async ({ system, signal, artifact, log }: StageContext<unknown>): Promise<Seen> => {
  const [smart, block] = await Promise.all([
    runProbe(smartctlProbe, system, signal),
    runProbe(lsblkProbe, system, signal),
  ]);
  const texts = smart.raw.filter(({ text }) => text !== "");
  artifact("smartctl-before.txt", texts.map(({ name, text }) => `# ${name}\n${text}\n`).join("\n"));
  const lost = [smart, block].filter(({ facts }) => facts === undefined).map(({ report }) => report);
  const trouble = lost.filter(({ status }) => status !== "device-absent");
  for (const { probe, status, reason } of trouble) log("warn", `${probe}: ${status}. ${reason ?? ""}`);
  const words = trouble.map(({ probe, status, reason }) => `${probe}: ${reason ?? status}`).join(" ");
  return { reports: smart.facts ?? [], blocks: block.facts ?? [], trouble: words || null };
};

/** How far all drives are, and the line that says so. */
const createProgress = (context: StageContext<SmartOrder>) => {
  const { disks, selfTests } = context.order;
  const weights = disks.map((disk) => Math.max(1, ...selfTests.map((kind) => testMinutes(disk, kind))));
  const done = disks.map(() => 0);
  const total = Math.max(...weights, 1);
  return (index: number, ratio: number): void => {
    done[index] = ratio;
    // All begin at once, so the stage is as far as the drive that has the most before it.
    const left = Math.max(0, ...done.map((part, i) => (1 - part) * (weights[i] ?? 1)));
    const over = done.filter((part) => part >= 1).length;
    const note = `${over} of ${disks.length} drives are done`;
    context.progress(READ_SHARE + (1 - READ_SHARE) * (1 - left / total), note);
  };
};

/** One drive under examination. */
interface Examined {
  readonly context: StageContext<SmartOrder>;
  readonly drives: Drives;
  readonly disk: SmartDisk;
  readonly keep: (text: string) => void;
  readonly progress: (ratio: number) => void;
}

/** Reads a drive and makes sure that it still is the one: a name may lead to another after a reset. */
const readAgain = async (
  { drives, disk, keep }: Examined,
  address: DriveAddress,
  serial: string | undefined,
): Promise<{ readonly access: Access; readonly reading?: Reading; readonly report: DriveReport }> => {
  const { report, text }: Asked = await drives.read(address);
  keep(text);
  const access = accessOf(report, disk);
  if (report.facts === undefined) return { access, report };
  if (serial !== undefined && report.facts.serial !== serial)
    return { access: { status: "gone", reason: `${address.device} is another drive now.` }, report };
  return { access, reading: readingOf(report.facts), report };
};

/** The drive's tests one after the other; a drive that fails one, or cannot do it, is spared the next. */
const testAll = async (examined: Examined, address: DriveAddress, first: Reading, serial: string | undefined) => {
  const { context, drives, disk, progress } = examined;
  const { selfTests, pollS } = context.order;
  const tests: OwnTest[] = [];
  let last = first;
  let access: Access | undefined;
  for (const [index, kind] of selfTests.entries()) {
    const failed = tests.find(({ outcome }) => outcome !== "passed");
    const expectedMinutes = testMinutes(disk, kind);
    if (failed !== undefined) {
      const outcome = failed.outcome === "unsupported" ? "unsupported" : "not-reached";
      const reason = failed.outcome === "unsupported" ? failed.reason : `The ${failed.kind} self-test did not pass.`;
      tests.push({ kind, outcome, reason, expectedMinutes, durationMs: 0 });
      continue;
    }
    const reread = async () => {
      const again = await readAgain(examined, address, serial);
      access = again.access;
      return again.reading;
    };
    const parts = {
      drives,
      address,
      clock: context.system.clock,
      signal: context.signal,
      kind,
      expectedMinutes,
      reread,
    };
    const { test, after } = await runSelfTest(
      {
        ...parts,
        limitMs: testLimitMs(disk, kind),
        pollMs: pollS * 1_000,
        progress: (ratio) => progress((index + ratio) / selfTests.length),
      },
      last,
    );
    context.log(
      test.outcome === "passed" ? "info" : "warn",
      `disk ${disk.serial}: ${kind} self-test ${test.outcome}: ${test.reason}`,
    );
    tests.push(test);
    last = after ?? last;
    if (context.signal.aborted) break;
  }
  return { tests, after: last === first ? undefined : last, access };
};

/** Switches SMART on where it is off, and reads the drive anew. */
const enabled = async (examined: Examined, address: DriveAddress, reading: Reading, serial: string | undefined) => {
  if (reading.smartEnabled !== false || reading.smartAvailable === false) return { reading, switchedOn: false };
  await examined.drives.enable(address);
  const again = await readAgain(examined, address, serial);
  return { reading: again.reading ?? reading, switchedOn: again.reading?.smartEnabled === true };
};

/** Everything about one disk. */
const examine = async (examined: Examined, seen: Seen): Promise<DiskSmart> => {
  const { context, disk } = examined;
  const echo = { serial: disk.serial, class: disk.class, ...(disk.model === undefined ? {} : { model: disk.model }) };
  const found = findDrive(disk, seen);
  if (found.kind === "none") return { ...echo, access: found.access, tests: [] };
  const asked = found.kind === "report" ? found.report : (await readAgain(examined, found.address, undefined)).report;
  const access = accessOf(asked, disk);
  const address: DriveAddress = { type: asked.type, device: asked.device };
  const device = `${address.device} (${address.type})`.slice(0, 256);
  if (asked.facts === undefined) return { ...echo, device, access, tests: [] };
  const { serial } = asked.facts;
  const { reading: before, switchedOn } = await enabled(examined, address, readingOf(asked.facts), serial);
  const { tests, after, access: later } = await testAll(examined, address, before, serial);
  const end =
    after !== undefined || context.signal.aborted
      ? { reading: after, access: later }
      : await readAgain(examined, address, serial);
  examined.progress(1);
  return {
    ...echo,
    device,
    access,
    before,
    tests,
    ...(switchedOn ? { switchedOn } : {}),
    ...(end.reading === undefined ? {} : { after: end.reading }),
    ...(end.access === undefined ? {} : { accessAfter: end.access }),
  };
};

/** The effects of SMART. */
export const runSmart = async (context: StageContext<SmartOrder>): Promise<SmartFacts> => {
  const { disks, selfTests } = context.order;
  const seen = await look(context);
  const drives = openDrives(context);
  const progress = createProgress(context);
  const texts: string[] = [];
  const examinedDisks = await Promise.all(
    disks.map((disk, index) => {
      const keep = (text: string) => texts.push(`# disk ${disk.serial}\n${text}\n`);
      return examine({ context, drives, disk, keep, progress: (ratio) => progress(index, ratio) }, seen);
    }),
  );
  context.artifact("smartctl-after.txt", texts.join("\n"));
  return { selfTests: [...selfTests], disks: examinedDisks };
};
