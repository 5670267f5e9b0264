/** i2c-bus as published, over our half of it, on an emulated bus. */
import { beforeAll, expect, test } from "bun:test";
import { buildEmulator } from "../emulator/build.ts";
import { openBoardEmulator } from "../emulator/emulator.ts";
import { type BoardProgram, startProgram } from "./program.ts";

beforeAll(async () => void (await buildEmulator()), 120_000);

type Said = readonly [style: string, call: string, result: unknown];

const allOf = async (program: BoardProgram): Promise<readonly Said[]> => {
  const said: Said[] = [];
  for (let line = await program.next(); line !== null; line = await program.next()) said.push(JSON.parse(line));
  expect(await program.exited).toBe(0);
  return said;
};

/** What a block of 32 bytes holds after `11 22` was read into it. */
const BLOCK = "1122".padEnd(64, "0");
/** I2C_FUNC_I2C, SMBUS_EMUL and READ_BLOCK_DATA, by name. */
const CANNOT = ["tenBitAddr", "protocolMangling", "smbusBlockProcCall"];

test("every call of i2c-bus works synchronously, with a callback and with a promise", async () => {
  await using board = await openBoardEmulator({ registers: [0x48] });
  const said = await allOf(startProgram(board, "bus-calls.ts"));
  const results = (style: string) => said.filter((one) => one[0] === style).map(([, call, result]) => [call, result]);
  const functions = said.find(([, call]) => call === "i2cFuncs")?.[2] as readonly [Record<string, boolean>];
  expect(Object.keys(functions[0]).filter((name) => !functions[0][name])).toEqual(CANNOT);
  const id = { manufacturer: 5, product: 10, name: "Analog Devices" };
  const answers = [
    ["receiveByte", [0]],
    ["deviceId", [id]],
    ["i2cFuncs", functions],
    ["scan", [[0x3c, 0x48]]],
  ];
  const writes = ["sendByte", "writeByte", "writeWord", "writeI2cBlock", "writeBlock", "writeQuick"];
  expect(results("sync")).toEqual([
    ...writes.map((call) => [call, ["bus"]]),
    ["i2cWrite", [3]],
    ["readByte", [0xa5]],
    ["readWord", [0xbeef]],
    ["readI2cBlock", [3]],
    ["buffer", "07080900"],
    ["readBlock", [2]],
    ["buffer", BLOCK],
    ["sendByte", ["bus"]],
    ["i2cRead", [2]],
    ...answers,
  ]);
  const later = (nothing: readonly unknown[]) => [
    ...["sendByte", "writeByte", "writeWord"].map((call) => [call, nothing]),
    ["writeI2cBlock", [3, "070809"]],
    ["writeBlock", [2, "1122"]],
    ["writeQuick", nothing],
    ["i2cWrite", [3, "500102"]],
    ["readByte", [0xa5]],
    ["readWord", [0xbeef]],
    ["readI2cBlock", [3, "07080900"]],
    ["readBlock", [2, BLOCK]],
    ["sendByte", nothing],
    ["i2cRead", [2, "0102"]],
    ...answers,
  ];
  expect(results("callback")).toEqual(later([]));
  expect(results("promise")).toEqual(later([null]));
});

test("each call puts on the bus what SMBus says, the same in every style", async () => {
  await using board = await openBoardEmulator({ registers: [0x48] });
  const said = await allOf(startProgram(board, "bus-calls.ts"));
  const wire = board.transfers.map(
    ({ read, address, bytes }) => `${read ? "r" : "w"} ${address.toString(16)} ${bytes.toHex()}`,
  );
  const [styles, rest] = [3, wire.length % 3];
  expect(new Set(said.map(([style]) => style)).size).toBe(styles);
  expect(rest).toBe(0);
  const each = wire.length / styles;
  expect(wire.slice(0, 21)).toEqual([
    ...["w 48 20", "w 48 21a5", "w 48 22efbe", "w 48 30070809", "w 48 40021122", "w 48 ", "w 48 500102"],
    ...["w 48 21", "r 48 a5", "w 48 22", "r 48 efbe", "w 48 30", "r 48 070809", "w 48 40", "r 48 02", "r 48 1122"],
    ...["w 48 50", "r 48 0102", "r 48 00", "w 7c 90", "r 7c 00500a"],
  ]);
  expect(wire.slice(each, 2 * each)).toEqual(wire.slice(0, each));
  expect(wire.slice(2 * each)).toEqual(wire.slice(0, each));
});

test("a device that does not acknowledge is EREMOTEIO, by the name of the call", async () => {
  await using board = await openBoardEmulator({ registers: [0x48] });
  const said = await allOf(startProgram(board, "bus-calls.ts", "20"));
  const faults = said.filter(([, call]) => !["buffer", "i2cFuncs", "scan"].includes(call));
  expect(faults).toHaveLength(3 * 15);
  for (const [style, call, result] of faults) {
    const file = { i2cWrite: "write", i2cRead: "read" }[call]; // node:fs has its own errors: errno is negative there
    const syscall = file ?? (style === "sync" ? `${call}Sync` : call);
    expect(result).toEqual({ code: "EREMOTEIO", errno: file === undefined ? 121 : -121, syscall });
  }
});

test("an address that a kernel driver holds is EBUSY, and open by force", async () => {
  await using board = await openBoardEmulator({ registers: [0x48] });
  await board.claim(0x48);
  expect(await startProgram(board, "claimed.ts").nextJson<unknown>()).toEqual([
    { code: "EBUSY", errno: 16, syscall: "setAddr" },
    { code: "none", errno: 0, syscall: "none" },
  ]);
});

test.each(["write", "smbus"])("a slow bus does not hold up the event loop: %s", async (call) => {
  await using board = await openBoardEmulator({ registers: [0x48] });
  await board.setFaults({ usPerByte: 5000 }); // 34 bytes: 170 ms
  const { turns, tookMs, calledMs, error } = await startProgram(board, "slow-call.ts", call).nextJson<{
    readonly turns: number;
    readonly tookMs: number;
    readonly calledMs: number;
    readonly error: string | null;
  }>();
  expect(error).toBeNull();
  expect(tookMs).toBeGreaterThanOrEqual(165);
  expect(calledMs).toBeLessThan(tookMs / 2);
  expect(turns).toBeGreaterThan(10);
});

test("every tenth transfer fails when told so, and breaks off in the middle of bytes when the device is pulled out", async () => {
  await using board = await openBoardEmulator({ registers: [0x48] });
  await board.setFaults({ nakEvery: 10 });
  await allOf(startProgram(board, "bus-calls.ts"));
  const own = board.transfers.filter(({ address }) => address === 0x48);
  expect(own.filter(({ acknowledged }) => !acknowledged).length).toBeGreaterThan(3);
  await board.setFaults({});
  await board.unplug({ address: 0x48, afterBytes: 2 });
  await allOf(startProgram(board, "bus-calls.ts"));
  const broken = board.transfers.slice(own.length).find(({ acknowledged, bytes }) => !acknowledged && bytes.length > 0);
  expect(broken?.bytes.toHex()).toBe("21"); // sendByte took one, writeByte was to send two
});

test("no file of native code is loaded besides the C library's", async () => {
  await using board = await openBoardEmulator({ registers: [0x48] });
  const mapped = await startProgram(board, "loaded.ts").nextJson<readonly string[]>();
  expect(mapped.length).toBeGreaterThan(0); // Bun itself is linked to it
  expect(mapped.filter((path) => !/\/(ld-linux|lib(c|m|dl|pthread|gcc_s))[-.\w]*\.so/.test(path))).toEqual([]);
});
