/**
 * Runs in a namespace as the boot ROMs of any number of servers: questions on stdin as JSON, one a line; the answers that came back on stdout, one line for
 * each question. A process of its own, because a process is in one network namespace.
 *
 * Usage: bun test/pxe/rom-main.ts. A question with `port` 4011 goes to the box alone, as PXE's second question does; others are broadcast.
 */
import { createSocket } from "node:dgram";
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseAnswer, type RomAnswer, type RomQuestion, renderQuestion } from "./dhcp-packet.ts";

interface Line extends RomQuestion {
  readonly port: number;
  readonly to: string;
  /** How many answers are waited for, and how long. */
  readonly answers: number;
  readonly waitMs: number;
}

const CLIENT_PORT = 68;
const socket = createSocket({ type: "udp4", reuseAddr: true });
let onAnswer: (answer: RomAnswer) => void = () => {};
socket.on("message", (packet) => {
  const answer = parseAnswer(packet);
  if (answer !== null) onAnswer(answer);
});
await new Promise<void>((resolve) => socket.bind(CLIENT_PORT, "0.0.0.0", () => resolve()));
socket.setBroadcast(true);
writeSync(1, "ready\n");

const ask = (line: Line): Promise<readonly RomAnswer[]> => {
  const { promise, resolve } = Promise.withResolvers<readonly RomAnswer[]>();
  const got: RomAnswer[] = [];
  const timer = setTimeout(() => resolve(got), line.waitMs);
  onAnswer = (answer) => {
    if (answer.transaction !== line.transaction || answer.mac !== line.mac) return;
    got.push(answer);
    if (got.length < line.answers) return;
    clearTimeout(timer);
    resolve(got);
  };
  socket.send(renderQuestion(line), line.port, line.to);
  return promise;
};

for await (const text of createInterface({ input: process.stdin }))
  writeSync(1, `${JSON.stringify(await ask(JSON.parse(text)))}\n`);
socket.close();
