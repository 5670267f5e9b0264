/**
 * A drive of a virtual server, as a process beside QEMU: an iSCSI target whose one unit is the disk's image, with health as declared.
 * It takes changes on a socket of its own, and ends when its server's connection does.
 *
 * Usage: bun test/rack/drive/main.ts DECLARATION DISK IMAGE CONTROL-SOCKET. Says `drive DISK: port N` on stderr when it listens.
 */
import { open, readFile } from "node:fs/promises";
import * as v from "valibot";
import { decodeServer } from "../declaration.ts";
import { diskKey } from "../declared-disk.ts";
import { DRIVE_FIELDS } from "../declared-drive.ts";
import { listenForOrders } from "../orders.ts";
import { openScsi } from "./scsi.ts";
import { openSession } from "./session.ts";
import { openDrive } from "./state.ts";

/** A server that was never powered on never connects. */
const CONNECT_TIMEOUT_MS = 120_000;

const [declaration = "", key = "", image = "", controlPath = ""] = process.argv.slice(2);
const spec = decodeServer(JSON.parse(await readFile(declaration, "utf8")));
const disk = spec.disks.find((candidate) => diskKey(candidate) === key);
if (disk?.drive === undefined) throw new Error(`${spec.name} has no drive ${key}`);
const drive = openDrive(disk, Date.now);
const execute = openScsi(drive, await open(image, "r+"));
const ChangeSchema = v.strictObject(DRIVE_FIELDS);
listenForOrders(controlPath, (order) => drive.change(v.parse(ChangeSchema, order)));

/** Keeps what the socket has no room for, in its order. */
const openOutput = (write: (bytes: Uint8Array) => number) => {
  let waiting: readonly Uint8Array[] = [];
  const flush = (): void => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const written = Math.max(0, write(first));
      if (written < first.length) {
        waiting = [first.subarray(written), ...waiting.slice(1)];
        return;
      }
      waiting = waiting.slice(1);
    }
  };
  return {
    flush,
    send: (bytes: Uint8Array): void => {
      waiting = [...waiting, bytes];
      flush();
    },
  };
};

const unused = setTimeout(() => process.exit(), CONNECT_TIMEOUT_MS);
const listener = Bun.listen<{ take: (bytes: Uint8Array) => void; flush: () => void }>({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open: (socket) => {
      clearTimeout(unused);
      const output = openOutput((bytes) => socket.write(bytes));
      socket.data = { take: openSession(execute, output.send), flush: output.flush };
    },
    data: (socket, bytes) => socket.data.take(bytes),
    drain: (socket) => socket.data.flush(),
    close: () => process.exit(),
  },
});
process.stderr.write(`drive ${key}: port ${listener.port}\n`);
