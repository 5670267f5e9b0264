/** The box's display and buttons on the emulated board: i2c-bus and onoff as published, over our own native halves, against files of the kernel's manners. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { ButtonEdge } from "../../board/buttons.ts";
import { type Frame, isLit } from "../../board/frame.ts";
import { PRESSES, RELEASES } from "../setup/bounces.ts";
import { linesOf } from "../setup/lines.ts";
import { type BoardEmulator, openBoardEmulator } from "./emulator/emulator.ts";
import type { DisplayModel } from "./emulator/ssd1306-commands.ts";
import { patterned } from "./programs/pattern.ts";

const PROGRAM = join(import.meta.dir, "programs/panel.ts");
const LINES = { next: 4, override: 5, abort: 6 } as const;
const SLOW_US_PER_BYTE = 900;
const LIMIT_MS = 120_000; // the first of these tests compiles the emulator

interface Tiding {
  readonly edge?: ButtonEdge;
  readonly toldAtMonoMs?: number;
  readonly log?: string;
  readonly part?: string;
  readonly reason?: string;
  readonly ready?: { readonly display: string; readonly buttons: string };
  readonly turns?: number;
  readonly closed?: { readonly display: string };
}

/** Starts the program on the board. */
const startPanel = (board: BoardEmulator, controller: DisplayModel, windowMs: number) => {
  const child = Bun.spawn(board.enter([process.execPath, PROGRAM, controller, String(windowMs)]), {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const tidings: Tiding[] = [];
  const waiting = new Set<() => void>();
  const follow = async (): Promise<void> => {
    for await (const line of linesOf(child.stdout)) {
      tidings.push(JSON.parse(line) as Tiding);
      for (const look of [...waiting]) look();
    }
  };
  const followed = follow();
  const order = (what: object): void => {
    child.stdin.write(`${JSON.stringify(what)}\n`);
    child.stdin.flush();
  };
  const until = async (holds: () => boolean): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (holds()) resolve();
    };
    waiting.add(look);
    look();
    await Promise.race([
      promise,
      followed.then(() => {
        if (!holds()) throw new Error(`the program has ended: ${JSON.stringify(tidings.slice(-3))}`);
      }),
    ]);
    waiting.delete(look);
  };
  return {
    order,
    until,
    tidings,
    edges: () => tidings.flatMap(({ edge }) => edge ?? []),
    logs: (part: string) => tidings.filter((one) => one.part === part && one.log !== undefined),
    close: async (): Promise<Tiding["closed"]> => {
      order({ close: true });
      await followed;
      expect(await child.exited).toBe(0);
      return tidings.at(-1)?.closed;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await child.exited;
    },
  };
};

const isSame = (one: Frame, other: Frame): boolean => Buffer.compare(one, other) === 0;

describe.each(["ssd1306", "sh1106"] as const)("openDisplay over i2c-bus with %s", (controller) => {
  let board: BoardEmulator;
  let panel: ReturnType<typeof startPanel>;
  beforeEach(async () => {
    board = await openBoardEmulator({ display: controller });
    panel = startPanel(board, controller, 20);
    await panel.until(() => panel.tidings.some(({ ready }) => ready !== undefined));
  }, LIMIT_MS);
  afterEach(async () => {
    await panel[Symbol.asyncDispose]();
    await board[Symbol.asyncDispose]();
  });
  const showAndSee = async (seed: number): Promise<void> => {
    panel.order({ show: seed });
    await board.until(() => isSame(board.panel.picture(), patterned(seed)));
  };

  test("shows pictures pixel by pixel", async () => {
    expect(panel.tidings.find(({ ready }) => ready)?.ready).toEqual({ display: "present", buttons: "present" });
    for (const seed of [1, 2, 3]) await showAndSee(seed);
    expect(isLit(board.panel.picture(), 0, 0)).toBe(isLit(patterned(3), 0, 0));
    expect((await panel.close())?.display).toBe("present");
    expect(board.panel.faults).toEqual([]);
  });

  test("leaves the event loop alone while a slow bus is busy", async () => {
    const countTurns = async (): Promise<number> => {
      const counts = () => panel.tidings.flatMap(({ turns }) => turns ?? []);
      const before = counts().length;
      panel.order({ count: true });
      await panel.until(() => counts().length > before);
      return counts().at(-1) ?? 0;
    };
    await showAndSee(1);
    await board.setFaults({ usPerByte: SLOW_US_PER_BYTE });
    const transfers = board.transfers.length;
    const turns = await countTurns();
    await showAndSee(2);
    // A driver that writes on the JavaScript thread gives it a turn between two writes at most. This one: a turn a millisecond, as far as the machine is free.
    expect((await countTurns()) - turns).toBeGreaterThan(4 * (board.transfers.length - transfers));
  });

  test("is right again after an unplugging in the middle of a picture, and on a bus that refuses every tenth transfer", async () => {
    await showAndSee(1);
    await board.unplug({ afterBytes: 300 });
    panel.order({ show: 2 });
    await panel.until(() => panel.logs("display").length === 2);
    expect(panel.logs("display").at(-1)).toMatchObject({ log: "the display does not answer", reason: "EREMOTEIO" });
    await board.plug();
    await board.until(() => isSame(board.panel.picture(), patterned(2)));
    await board.setFaults({ nakEvery: 10 });
    for (const seed of [3, 4, 5, 6, 7, 8]) await showAndSee(seed);
    expect(board.transfers.filter(({ acknowledged }) => !acknowledged).length).toBeGreaterThan(20);
    expect(panel.logs("display").map(({ log }) => log)).toEqual([
      "the display answers",
      "the display does not answer",
      "the display answers",
    ]);
    expect(board.panel.faults).toEqual([]);
  });
});

describe("openButtons over onoff", () => {
  let board: BoardEmulator;
  let panel: ReturnType<typeof startPanel> | null = null;
  beforeEach(async () => {
    board = await openBoardEmulator({ display: null });
  }, LIMIT_MS);
  afterEach(async () => {
    await panel?.[Symbol.asyncDispose]();
    await board[Symbol.asyncDispose]();
  });
  const start = async (windowMs: number): Promise<NonNullable<typeof panel>> => {
    const started = startPanel(board, "ssd1306", windowMs);
    panel = started;
    await started.until(() => started.tidings.some(({ ready }) => ready !== undefined));
    return started;
  };

  test("tells 200 of 200 edges in order, on a board without a display", async () => {
    const { tidings, until, edges, close } = await start(1);
    expect(tidings.find(({ ready }) => ready)?.ready).toEqual({ display: "absent", buttons: "present" });
    const order = ["next", "override", "abort"] as const;
    for (let index = 0; index < 200; index += 1) {
      const line = LINES[order[(index >> 1) % 3] ?? "next"];
      await (index % 2 === 0 ? board.press(line) : board.release(line));
      await until(() => edges().length === index + 1);
    }
    expect(edges().map(({ button, down }) => [button, down])).toEqual(
      Array.from({ length: 200 }, (_, index) => [order[(index >> 1) % 3] ?? "next", index % 2 === 0]),
    );
    await close();
  });

  test("takes presses that bounce as real switches do for one press each, and closes with its lines given back", async () => {
    const { until, edges, close } = await start(20);
    const pairs = Object.values(PRESSES).flatMap((press) =>
      Object.values(RELEASES).map((release) => [press, release] as const),
    );
    for (const [index, [press, release]] of pairs.entries()) {
      await board.play(LINES.abort, press);
      await until(() => edges().length === 2 * index + 1);
      await board.play(LINES.abort, release);
      await until(() => edges().length === 2 * index + 2);
    }
    expect(edges().map(({ button, down }) => [button, down])).toEqual(
      pairs.flatMap(() => [
        ["abort", true],
        ["abort", false],
      ]),
    );
    await close();
    const exported = Bun.spawnSync(board.enter(["ls", "/sys/class/gpio"])).stdout.toString();
    expect(exported.match(/gpio\d+/g)).toBeNull();
    expect(exported).toContain("gpiochip512");
  });

  test("takes its lines again after somebody gave one back, and hears the next press", async () => {
    const { until, edges, logs, close } = await start(1);
    const line = 512 + LINES.next;
    Bun.spawnSync(board.enter(["sh", "-c", `echo ${line} > /sys/class/gpio/unexport`]));
    await until(() => logs("buttons").length === 3);
    expect(logs("buttons").map(({ log }) => log)).toEqual([
      "the buttons are there",
      "the buttons are not there",
      "the buttons are there",
    ]);
    await board.press(LINES.next);
    await until(() => edges().length === 1);
    await close();
  });
});
