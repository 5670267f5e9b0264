/**
 * The panel decides about a server: with real onoff and i2c-bus on emulated lines and an emulated bus, it shows whose data would go, allows it by a long
 * press, and ends the run by another. What is shown is read back from the bytes on the bus.
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Frame } from "../../board/frame.ts";
import { type BoardEmulator, openBoardEmulator } from "../board/emulator/emulator.ts";
import { showsText } from "../board/find-text.ts";
import { SHORT_LIMITS } from "../box/short-limits.ts";
import { macOf, type VirtualServer } from "../box/virtual-server.ts";
import { until, within } from "../rack/until.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";
import { openSsh } from "./ssh.ts";

/** The lines of the config's defaults, as `board/README.md` wires them. */
const LINES = { next: 5, override: 6, abort: 4 } as const;
const MIB = 2 ** 20;
const DATA = "DATAEXT4";
const BLANK = "BLANK001";
const HOST = "panel";
/** Within its minute the override has to be shown, read and pressed. */
const SHOWN_WITHIN_MS = 30_000;
/** A short press of a person. */
const PRESS_US = 100_000;
const MOST_PRESSES = 10;
/** A long press takes three seconds of it, and the box looks at its panel every 250 ms. */
const ANSWERED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 100;
/** Longer than any test: only ABORT ends it. */
const LOAD_S = 600;

const server = (): VirtualServer => {
  const mac = macOf(81);
  const disk = (serial: string, content: "ext4" | "zeros") =>
    ({ serial, size: "40 MiB", bus: "scsi", rotational: false, content }) as const;
  return {
    mac,
    declaration: {
      ...{ name: HOST, firmware: "bios", nics: [{ mac }] },
      disks: [disk(DATA, "ext4"), disk(BLANK, "zeros")],
    },
    specYaml: stringify({
      disks: [DATA, BLANK].map((serial) => ({ serial, sizeBytes: 40 * MIB })),
      limits: { ...SHORT_LIMITS, network: { ...SHORT_LIMITS.network, loadS: LOAD_S } },
    }),
  };
};

/** Says on the console, where no hold takes it away, when the load of a stage runs and when the last process of it is gone. */
const WATCH_LOAD = `
trap '' HUP
( until busybox pidof iperf3 >/dev/null; do busybox usleep 100000; done
  echo "vetbox-test: the load runs" >/dev/console
  while busybox pidof iperf3 >/dev/null; do busybox usleep 100000; done
  echo "vetbox-test: the load is gone" >/dev/console ) </dev/null >/dev/null 2>&1 &
echo armed`;

const shows = (board: BoardEmulator, text: string): Promise<void> =>
  within(
    `the panel shows ${text}`,
    board.until(() => showsText(board.panel.picture(), text)),
    SHOWN_WITHIN_MS,
  );

const isSame = (one: Frame, other: Frame): boolean => Buffer.compare(one, other) === 0;

/** Whether it came within the time in which a panel answers; a press that it did not take is repeated, as a person would. */
const comes = (what: string, wanted: () => boolean | Promise<boolean>): Promise<boolean> =>
  until(what, wanted, ANSWERED_WITHIN_MS, LOOK_EVERY_MS).then(
    () => true,
    () => false,
  );

/** Walks by NEXT to the page with this text. A panel that nobody touches for a minute goes by itself to what is wrong with the box, and here its network has no link. */
const walkTo = async (board: BoardEmulator, text: string): Promise<void> => {
  const isShown = (): boolean => showsText(board.panel.picture(), text);
  for (let presses = 0; !isShown(); presses += 1) {
    if (presses === MOST_PRESSES) throw new Error(`no page shows ${text}`);
    const before = board.panel.picture();
    await board.play(LINES.next, [
      { level: 0, afterUs: 0 },
      { level: 1, afterUs: PRESS_US },
    ]);
    await comes("another page", () => isShown() || !isSame(board.panel.picture(), before));
  }
};

/** Goes where a long press means something and presses, until it did what it should. A page that has only just come up takes no finger. */
const holdDown = async (
  board: BoardEmulator,
  line: number,
  arrive: () => Promise<void>,
  isDone: () => Promise<boolean>,
): Promise<void> => {
  for (let presses = 0; presses < MOST_PRESSES; presses += 1) {
    await arrive();
    await board.press(line);
    const done = await comes("what the press is for", isDone);
    await board.release(line);
    if (done) return;
  }
  throw new Error(`${MOST_PRESSES} long presses did nothing`);
};

test(
  "the page arms, the panel shows the serials, a long press of OVERRIDE wipes them and the run goes on; ABORT kills the load",
  async () => {
    await using board = await openBoardEmulator();
    await using place = await openPlace({ enter: (command) => board.enter(command) });
    const declared = server();
    const placed = await place.place(declared);
    const { api } = place.box;
    const before = await placed.diskHash(DATA);
    const runId = await place.run(declared, declared.specYaml, { destructive: true, stages: ["Storage", "Network"] });
    const held = await api.until(runId, "its hold", (run) => run.hold?.installed === true, BOOT_LIMIT_MS);
    expect(held.refusedDisks.map(({ serial }) => serial)).toEqual([DATA]);
    const ssh = await openSsh(place.segment, place.dir, await api.holdKey(runId));
    expect((await ssh.run(WATCH_LOAD)).stdout).toBe("armed\n");

    expect(await placed.diskHash(DATA)).toBe(before);
    const armAndRead = async (): Promise<void> => {
      await api.armPanel(runId);
      await shows(board, DATA);
      await shows(board, "OVERRIDE"); // it was read
    };
    await holdDown(board, LINES.override, armAndRead, async () => (await api.run(runId)).state !== "FailedHolding");
    const allowed = await api.run(runId);
    expect(allowed.transitions.findLast(({ event }) => event === "wipeOverridden")?.by).toBe("panel");

    await placed.serialHas(/vetbox-test: the load runs/, BOOT_LIMIT_MS);
    const wiped = await api.run(runId);
    // A slow machine is warned of its speed.
    expect(wiped.stages.find(({ state }) => state === "Storage")?.status).toMatch(/^(passed|warned)$/);
    expect(await placed.diskHash(DATA)).not.toBe(before);
    const isCancelled = async (): Promise<boolean> => (await api.run(runId)).verdict === "cancelled";
    await holdDown(board, LINES.abort, () => walkTo(board, "Network"), isCancelled);
    await placed.serialHas(/vetbox-test: the load is gone/, BOOT_LIMIT_MS);
    const ended = await api.until(runId, "its end", ({ endedMs }) => endedMs !== null, BOOT_LIMIT_MS);
    expect(ended).toMatchObject({ state: "Cancelled", verdict: "cancelled" });
    expect(await placed.exited(BOOT_LIMIT_MS)).toMatchObject({ byGuest: true });

    using record = new Database(join(place.dir, "box/state/vetbox.db"), { readonly: true });
    const acts = record.query("select by, what from audit where run_id = ? order by id").all(runId);
    expect(acts.filter((act) => (act as { by: string }).by === "panel")).toEqual([
      { by: "panel", what: "wipe-overridden" },
      { by: "panel", what: "run-cancelled" },
    ]);
    expect(acts).toContainEqual({ by: "operator@local", what: "wipe-armed" });
    expect(board.panel.faults).toEqual([]);
  },
  TEST_LIMIT_MS,
);
