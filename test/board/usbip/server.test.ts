import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../rack/until.ts";
import { I2C_TINY_USB, openTinyUsb } from "./i2c-tiny-usb.ts";
import { openWires } from "./i2c-wires.ts";
import { decodeImportReply, renderImportRequest, renderListRequest } from "./protocol.ts";
import { openUsbIpServer } from "./server.ts";

const undo = new Set<() => void>();
afterEach(() => {
  for (const one of undo) one();
  undo.clear();
});

const openBench = () => {
  const folder = mkdtempSync(join(tmpdir(), "usbip-"));
  const path = join(folder, "socket");
  const device = openTinyUsb(openWires());
  const server = openUsbIpServer(path, [{ busId: "1-2", deviceNumber: 3, speed: 2, facts: I2C_TINY_USB, device }]);
  undo.add(() => {
    server[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });
  return { server, path };
};

/** A client; `bytes(n)` waits for that many in all. */
const openClient = async (path: string) => {
  let received: Uint8Array = new Uint8Array();
  let waiting = { count: Infinity, resolve: (_: Uint8Array): void => {} };
  const closed = Promise.withResolvers<string>();
  const look = (): void => {
    if (received.length >= waiting.count) waiting.resolve(received);
  };
  const socket = await Bun.connect({
    unix: path,
    socket: {
      data: (_, chunk) => {
        received = Buffer.concat([received, chunk]);
        look();
      },
      close: () => closed.resolve("closed"),
    },
  });
  undo.add(() => void socket.end());
  return {
    send: (bytes: Uint8Array) => void socket.write(bytes),
    bytes: (count: number) => {
      const { promise, resolve } = Promise.withResolvers<Uint8Array>();
      waiting = { count, resolve };
      look();
      return promise;
    },
    closed: closed.promise,
    end: () => void socket.end(),
  };
};

const importDevice = async (path: string) => {
  const client = await openClient(path);
  client.send(renderImportRequest("1-2"));
  return { client, reply: decodeImportReply(await client.bytes(8)) };
};

test("openUsbIpServer lists a device with its ids and its one interface", async () => {
  const client = await openClient(openBench().path);
  client.send(renderListRequest());
  const reply = await client.bytes(12 + 312 + 4);
  expect(reply.subarray(0, 12).toHex()).toBe("011100050000000000000001");
  expect(reply.subarray(12 + 288).toHex()).toBe(
    "000000010000000300000002" + "0403c6310105" + "ff0000000101" + "ff000000",
  );
});

test("UsbIpServer.unplug cuts off who has the device, and nobody finds it until it is plugged again", async () => {
  const { server, path } = openBench();
  const { client } = await importDevice(path);
  expect(server.isImported("1-2")).toBe(true);
  await server.unplug("1-2");
  expect(await client.closed).toBe("closed");
  expect(server.isImported("1-2")).toBe(false);
  expect((await importDevice(path)).reply).toMatchObject({ message: null });
  server.plug("1-2");
  const { client: second } = await importDevice(path);
  expect(decodeImportReply(await second.bytes(320))).toMatchObject({ message: { deviceId: 0x10003, speed: 2 } });
});

test("openUsbIpServer: a device has one owner, and is free again when that one is gone", async () => {
  const { server, path } = openBench();
  const { client } = await importDevice(path);
  const second = await importDevice(path);
  expect(second.reply).toMatchObject({ message: null });
  client.end();
  await until("the owner gone", () => !server.isImported("1-2"), 5_000);
  second.client.send(renderImportRequest("1-2"));
  expect(decodeImportReply((await second.client.bytes(8 + 320)).subarray(8))).toMatchObject({ message: { speed: 2 } });
});

test("openUsbIpServer hangs up on what is no USB/IP, keeps why, and serves the next one", async () => {
  const { server, path } = openBench();
  const client = await openClient(path);
  client.send(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  expect(await client.closed).toBe("closed");
  expect(server.faults).toEqual(["version 0x4745"]);
  expect((await importDevice(path)).client).toBeDefined();
});
