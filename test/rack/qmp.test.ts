import { afterAll, beforeAll, expect, test } from "bun:test";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openQmp } from "./qmp.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "vetbox-qmp-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const TIMEOUT_MS = 10_000;
const RESET = { event: "RESET", data: { guest: true }, timestamp: { seconds: 1, microseconds: 2 } };

/** A QEMU that greets, answers in pieces of `pieceBytes`, tells one event before each answer, refuses `wrong` and hangs up on `quit`. */
const listen = async (path: string, pieceBytes: number): Promise<AsyncDisposable> => {
  const server = createServer((socket) => {
    const send = (...messages: readonly object[]): void => {
      const text = messages.map((message) => `${JSON.stringify(message)}\r\n`).join("");
      for (let at = 0; at < text.length; at += pieceBytes) socket.write(text.slice(at, at + pieceBytes));
    };
    const answer = (line: string): void => {
      const { execute, id, arguments: args } = JSON.parse(line);
      if (execute === "quit") socket.end();
      else if (execute === "wrong") send(RESET, { error: { class: "GenericError", desc: "no" }, id });
      else send(RESET, { return: args, id });
    };
    send({ QMP: { version: {}, capabilities: [] } });
    socket.on("data", (bytes) => bytes.toString().trim().split("\n").forEach(answer));
  });
  server.listen(path);
  await once(server, "listening");
  return { [Symbol.asyncDispose]: async () => void server.close() };
};

test.each([1, 7, 10_000])(
  "openQmp: answers find their questions, events are kept, in pieces of %d bytes",
  async (pieceBytes) => {
    const path = join(dir, `pieces-${pieceBytes}`);
    await using _server = await listen(path, pieceBytes);
    using session = await openQmp(path, TIMEOUT_MS);
    const seen: string[] = [];
    session.onEvent(({ event }) => seen.push(event));
    const answers = await Promise.all([1, 2, 3].map((n) => session.execute("echo", { n })));
    expect(answers).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(seen).toEqual(["RESET", "RESET", "RESET"]);
    expect(session.events.length).toBeGreaterThanOrEqual(3);
  },
);

test("openQmp: a refused command throws QEMU's reason; the session goes on", async () => {
  const path = join(dir, "refused");
  await using _server = await listen(path, 100);
  using session = await openQmp(path, TIMEOUT_MS);
  await expect(session.execute("wrong")).rejects.toMatchObject({ code: "tool-failed", context: { detail: "no" } });
  expect(await session.execute("echo", { n: 1 })).toEqual({ n: 1 });
});

test("openQmp: when QEMU goes, every question is answered with a fault and `closed` resolves", async () => {
  const path = join(dir, "gone");
  await using _server = await listen(path, 100);
  using session = await openQmp(path, TIMEOUT_MS);
  await expect(session.execute("quit")).rejects.toMatchObject({ code: "network" });
  await session.closed;
});

test("openQmp waits until QEMU listens, and not for ever", async () => {
  const path = join(dir, "late");
  const opening = openQmp(path, TIMEOUT_MS);
  await expect(openQmp(join(dir, "never"), 1)).rejects.toMatchObject({ code: "network" }); // by now the first try has failed, too
  await using _server = await listen(path, 100);
  using session = await opening;
  expect(await session.execute("echo", { n: 1 })).toEqual({ n: 1 });
});
