/**
 * `bun run bench panel`: from a press at the panel to the last process of a running stage gone, and to the first changed pixel on the bus, with a real box
 * on an emulated board; what a picture costs on the bus and the event loop, ours and oled-i2c-bus's own way.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineCommand } from "citty";
import { renderPanelModel } from "../../appliance/panel/model-of.ts";
import { drawPanel } from "../../appliance/panel/pages/panel.ts";
import { LONG_PRESS_MS, type PanelView } from "../../appliance/panel/pages/view.ts";
import type { Frame } from "../../board/frame.ts";
import { NOW_MS } from "../../web/fixtures/clock.ts";
import { BOX } from "../../web/fixtures/rack.ts";
import { RUNNING } from "../../web/fixtures/runs.ts";
import { type BusCost, busMsOf, measureOurs, measureUpstream } from "../board/bus-cost.ts";
import { type BoardEmulator, openBoardEmulator } from "../board/emulator/emulator.ts";
import { showsText } from "../board/find-text.ts";
import { needPackages } from "../setup/packages.ts";
import { openBoxProcess } from "./box-alone.ts";
import { median, percentile, renderTable } from "./figures.ts";
import { openCgroupMount, removeCgroup, timeLoadEnd } from "./load.ts";

/** The lines of the config's defaults. */
const LINES = { next: 5, abort: 4 } as const;
const BUS_HZ = 400_000;
/** What a byte takes at 400 kHz. */
const US_PER_BYTE = 22.5;
/** A page that came up by itself takes no finger before (`panel-state.ts`), and pictures are a quarter of a second apart. */
const SETTLED_MS = 1_200;
/** A short press of a person. */
const HELD_MS = 100;
/** A press that shows nothing for so long was lost, and is no sample. */
const SHOWN_MS = 5_000;

interface Figures {
  readonly title: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const isSame = (one: Frame, other: Frame): boolean => Buffer.compare(one, other) === 0;

const figuresOf = (title: string, times: readonly number[]): Figures => ({
  ...{ title, count: times.length, p50Ms: median(times) },
  ...{ p99Ms: percentile(times, 0.99), maxMs: percentile(times, 1) },
});

/** Presses NEXT until a page with this text stands, and lets it stand for as long as it must before it takes a finger. */
const walkTo = async (board: BoardEmulator, text: string): Promise<void> => {
  await Bun.sleep(SETTLED_MS);
  for (let pages = 0; !showsText(board.panel.picture(), text); pages += 1) {
    if (pages > 10) throw new Error(`no page shows ${text}`);
    await timePress(board);
    await Bun.sleep(SETTLED_MS);
  }
};

/** A press of ABORT on the page of a running stage, held until nothing of it is left. */
const timeAborts = async (board: BoardEmulator, dir: string, rounds: number): Promise<Figures> => {
  await using mount = await openCgroupMount();
  const cgroup = join(mount.path, `vetbox-bench-${process.pid}`);
  await writeFile(join(dir, "root"), "root");
  await using box = await openBoxProcess(join(dir, "box"), join(dir, "root"), (command) => board.enter(command));
  const times: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const at = { dir: join(dir, `agent-${i}`), cgroup, hasStream: true };
    const shown = () => walkTo(board, "CPU");
    const { ms, pids } = await timeLoadEnd(box, at, shown, () => board.press(LINES.abort));
    await board.release(LINES.abort);
    times.push(ms - LONG_PRESS_MS);
    say(`ABORT ${i + 1} of ${rounds}: ${ms.toFixed(0)} ms for ${pids} processes`);
  }
  await removeCgroup(cgroup);
  return figuresOf("ABORT held for its 3 s to the last process gone", times);
};

/** From NEXT let go of to the first transfer that changes the picture; null when nothing changes: on a machine that is too busy, sysfs tells of no edge. */
const timePress = async (board: BoardEmulator): Promise<number | null> => {
  await board.press(LINES.next);
  await Bun.sleep(HELD_MS);
  const before = board.panel.picture();
  const startMs = performance.now();
  await board.release(LINES.next);
  const changed = board.until(() => !isSame(board.panel.picture(), before));
  await Promise.race([changed, Bun.sleep(SHOWN_MS)]);
  const ms = performance.now() - startMs;
  return ms < SHOWN_MS ? ms : null;
};

const timePresses = async (board: BoardEmulator, dir: string, presses: number): Promise<Figures> => {
  await writeFile(join(dir, "root"), "root");
  await using box = await openBoxProcess(join(dir, "box"), join(dir, "root"), (command) => board.enter(command));
  await box.startRun({ stages: ["CPUStress"] }); // a second page, which comes up by itself
  await Bun.sleep(3 * SETTLED_MS);
  const times: (number | null)[] = [];
  for (let i = 0; i < presses; i += 1) {
    times.push(await timePress(board));
    await Bun.sleep(300 + Math.random() * 700);
  }
  const shown = times.filter((ms) => ms !== null);
  say(`NEXT: ${presses - shown.length} of ${presses} presses showed nothing within ${SHOWN_MS} ms`);
  return figuresOf("NEXT let go of to the first pixel on the bus", shown);
};

const timeStalls = async (board: BoardEmulator, way: "ours" | "upstream", count: number): Promise<Figures> => {
  const program = join(import.meta.dir, "../board/programs/stall.ts");
  const child = Bun.spawn(board.enter([process.execPath, program, way, String(count)]), {
    stdout: "pipe",
    stderr: "inherit",
  });
  const gaps: unknown = JSON.parse(await new Response(child.stdout).text());
  if (!Array.isArray(gaps)) throw new Error(`${way}: no gaps`);
  return figuresOf(`event loop held, ${way === "ours" ? "ours" : "oled-i2c-bus's update()"}`, gaps.map(Number));
};

/** Pictures as the box shows them one after the other. */
const pictures = (): Readonly<Record<"before" | "percent" | "page", Frame>> => {
  const draw = (progress: number, view: PanelView): Frame => {
    const run = { ...RUNNING, progress, restMs: 3_600_000 };
    const own = { hasCarrier: true, disk: null };
    const place = { interfaceName: "eth0", pageUrl: "http://10.77.0.1:8088", mdnsName: null };
    return drawPanel(
      renderPanelModel({ box: BOX, own, hostCount: 3, runs: [run], learnedMs: NOW_MS }, place, NOW_MS),
      view,
    );
  };
  const page = { kind: "run", runId: RUNNING.id, scroll: 0 } as const;
  return { before: draw(0.41, page), percent: draw(0.42, page), page: draw(0.42, { kind: "home", scroll: 0 }) };
};

const costRow = (title: string, cost: BusCost): readonly (string | number)[] => [
  title,
  String(cost.transactions),
  String(cost.bytes),
  busMsOf(cost, BUS_HZ),
];

const measureBus = async (): Promise<readonly (readonly (string | number)[])[]> => {
  const { before, percent, page } = pictures();
  const [small, whole] = await measureOurs(before, [percent, page]);
  if (small === undefined || whole === undefined) throw new Error("two pictures were shown");
  return [
    costRow("ours, one per cent more", small),
    costRow("ours, another page", whole),
    costRow("oled-i2c-bus's update(), any", await measureUpstream(page)),
  ];
};

/** The bench. */
export const panel = defineCommand({
  meta: { name: "panel", description: "From a press at the panel to its effect, and what a picture costs" },
  args: {
    rounds: { type: "string", default: "30", description: "runs that are aborted" },
    presses: { type: "string", default: "100", description: "presses of NEXT" },
    json: { type: "boolean", default: false, description: "figures as JSON on stdout" },
  },
  run: async ({ args }) => {
    const [rounds, presses] = [Number(args.rounds), Number(args.presses)];
    if (!(rounds >= 1) || !(presses >= 1)) throw new Error("--rounds and --presses take numbers from 1 up");
    await needPackages(["stress-ng"]);
    const dir = await mkdtemp(join(tmpdir(), "vetbox-bench-"));
    try {
      await using board = await openBoardEmulator();
      await board.setFaults({ usPerByte: US_PER_BYTE });
      const bus = await measureBus();
      const times = [
        await timeStalls(board, "ours", 20),
        await timeStalls(board, "upstream", 20),
        await timePresses(board, await mkdtemp(join(dir, "presses-")), presses),
        await timeAborts(board, await mkdtemp(join(dir, "aborts-")), rounds),
      ];
      const rows = times.map(({ title, count, p50Ms, p99Ms, maxMs }) => [title, String(count), p50Ms, p99Ms, maxMs]);
      const head = ["", "count", "p50 ms", "p99 ms", "max ms"];
      const busHead = ["a picture on the bus, 400 kHz", "messages", "bytes", "bus ms"];
      const text = `${renderTable([busHead, ...bus])}\n\n${renderTable([head, ...rows])}`;
      console.log(args.json ? JSON.stringify({ bus, times }, null, 2) : text);
    } finally {
      await rm(dir, { recursive: true });
    }
  },
});
