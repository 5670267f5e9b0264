import { beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildEmulator } from "./build.ts";
import { type BoardEmulator, openBoardEmulator } from "./emulator.ts";

beforeAll(async () => void (await buildEmulator()), 120_000);

const shell = async (board: BoardEmulator, script: string): Promise<string> => {
  const child = Bun.spawn(board.enter(["bash", "-c", script]), { stdout: "pipe", stderr: "inherit" });
  return (await new Response(child.stdout).text()).trim();
};

test("a board has the chips and the bus that it is given, and everything else of the machine", async () => {
  await using board = await openBoardEmulator({ chips: [{ label: "gpio-sim", base: 600, lines: 3 }], bus: null });
  expect(
    await shell(board, "cat /sys/class/gpio/gpiochip600/{label,base,ngpio}; ls /dev/i2c-1 2>&1 | tail -c 26"),
  ).toBe("gpio-sim\n600\n3\nNo such file or directory");
  const names = await shell(board, "ls -A /dev /sys/class/net");
  const outside = Bun.spawnSync(["ls", "-A", "/dev", "/sys/class/net"]).stdout.toString().trim();
  expect(names).toBe(outside);
  expect(await shell(board, "head -c 4 /dev/zero | wc -c; cat /sys/class/net/lo/ifindex")).toBe("4\n1");
});

test("a press is low and a release high, and a line that is none is refused", async () => {
  await using board = await openBoardEmulator();
  await shell(board, "echo 529 > /sys/class/gpio/export");
  await board.press(17);
  expect(await shell(board, "cat /sys/class/gpio/gpio529/value")).toBe("0");
  await board.release(17);
  expect(await shell(board, "cat /sys/class/gpio/gpio529/value")).toBe("1");
  await expect(board.press(999)).rejects.toThrow("EPERM to: level 1511 0");
});

test("play gives levels at their microseconds", async () => {
  await using board = await openBoardEmulator();
  const startedMs = performance.now();
  await board.play(3, [
    { afterUs: 0, level: 0 },
    { afterUs: 30_000, level: 1 },
    { afterUs: 30_100, level: 0 },
  ]);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(30);
  expect(await board.level(3)).toBe(0);
});

test("a display that was pulled out starts afresh", async () => {
  await using board = await openBoardEmulator();
  const send = (bytes: string) =>
    shell(
      board,
      `${process.execPath} -e 'const b = require("i2c-bus").openSync(1); try { b.i2cWriteSync(0x3c, ${bytes.length / 2}, Buffer.from("${bytes}", "hex")); console.log("sent") } catch (e) { console.log(e.code) }'`,
    );
  expect(await send("008120af")).toBe("sent");
  expect(board.panel.registers).toMatchObject({ contrast: 0x20, on: true });
  await board.unplug({ afterBytes: 3 });
  expect(await send("008130ae")).toBe("EREMOTEIO"); // the contrast arrived, "off" did not
  expect(board.panel.registers).toMatchObject({ contrast: 0x30, on: true });
  expect(await send("008140af")).toBe("EREMOTEIO");
  await board.plug();
  expect(board.panel.registers).toMatchObject({ contrast: 0x7f, on: false });
  expect(await send("008150af")).toBe("sent");
  expect(board.transfers.map(({ acknowledged, bytes }) => `${acknowledged} ${bytes.toHex()}`)).toEqual([
    ...["true 008120af", "false 008130", "false ", "true 008150af"],
  ]);
});

test("an emulator leaves nothing behind, also when whoever opened it is killed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "owner-"));
  const code = `
    const { openBoardEmulator } = await import("${join(import.meta.dir, "emulator.ts")}");
    const board = await openBoardEmulator();
    console.log(board.pid);
    if (process.argv[1] === "killed") process.kill(process.pid, "SIGKILL");
    await board[Symbol.asyncDispose]();`;
  for (const end of ["disposed", "killed"]) {
    const owner = Bun.spawn([process.execPath, "-e", code, end], {
      stdout: "pipe",
      stderr: "inherit",
      env: { ...process.env, TMPDIR: folder },
    });
    const pid = Number(await new Response(owner.stdout).text());
    await owner.exited;
    expect(owner.signalCode).toBe(end === "killed" ? "SIGKILL" : null);
    const gone = Bun.spawnSync(["tail", `--pid=${pid}`, "-f", "/dev/null"], { timeout: 10_000 }); // ends with the process, whosever child it is
    expect(gone.exitCode).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  }
  expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(folder);
  rmdirSync(folder);
});
