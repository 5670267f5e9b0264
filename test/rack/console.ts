/** A server's serial port on this terminal. */
import { RackRefusal } from "./refusal.ts";
import type { Server } from "./server.ts";

/** Ctrl-], as telnet has it: no program on a console uses it. */
const LEAVE = 0x1d;

/** Prints what the serial port said, and with `follow` all that it says until the server is off. */
export const showConsole = async (server: Server, follow: boolean): Promise<void> => {
  const size = server.serialMark();
  if (!follow) {
    process.stdout.write(await Bun.file(server.serialLog).slice(0, size).text());
    return;
  }
  for await (const text of server.followSerial()) process.stdout.write(text);
};

/** Connects this terminal with the serial port until Ctrl-], the end of stdin, or power off. */
export const attachConsole = async (server: Server): Promise<void> => {
  if (!server.isRunning) throw new RackRefusal("off", `${server.name}: is off`);
  const left = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    unix: server.serialSocket,
    socket: {
      data: (_, bytes) => void process.stdout.write(bytes),
      close: () => left.resolve(),
      error: () => left.resolve(),
    },
  });
  const setRaw = (raw: boolean): void => {
    if (process.stdin.isTTY) process.stdin.setRawMode(raw);
  };
  setRaw(true);
  process.stdin.on("end", () => left.resolve());
  process.stdin.on("data", (typed: Buffer) => {
    const leaveAt = typed.indexOf(LEAVE);
    socket.write(leaveAt < 0 ? typed : typed.subarray(0, leaveAt));
    if (leaveAt >= 0) left.resolve();
  });
  try {
    await left.promise;
  } finally {
    setRaw(false);
    process.stdin.pause();
    socket.end();
  }
};
