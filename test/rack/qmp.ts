/** QEMU's machine protocol (QMP) over its socket: one session at a time has it, the next one waits. */
import * as v from "valibot";
import { Fault } from "../../agent/system/fault.ts";
import { openLines } from "../setup/lines.ts";
import { within } from "./until.ts";

const EventSchema = v.object({
  event: v.string(),
  data: v.optional(v.record(v.string(), v.unknown()), {}),
  timestamp: v.object({ seconds: v.number(), microseconds: v.number() }),
});
const AnswerSchema = v.object({
  id: v.number(),
  return: v.optional(v.unknown()),
  error: v.optional(v.object({ class: v.string(), desc: v.string() })),
});
const GreetingSchema = v.object({ QMP: v.unknown() });

/** Something that QEMU tells unasked, such as SHUTDOWN, RESET, BLOCK_IO_ERROR. */
export type QmpEvent = v.InferOutput<typeof EventSchema>;

/** A session. It ends with QEMU or when it is disposed of. */
export interface Qmp extends Disposable {
  /** Runs a command and answers with what it returns; throws if QEMU refuses it. */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Events since the session was opened, oldest first. */
  readonly events: readonly QmpEvent[];
  /** Called for each event from now on. */
  onEvent(listener: (event: QmpEvent) => void): void;
  readonly closed: Promise<void>;
}

/** Between QEMU's making of the socket's file and its listening, a connection is refused. */
const CONNECT_RETRY_MS = 25;
const ANSWER_TIMEOUT_MS = 20_000;

type Waiting = PromiseWithResolvers<unknown>;

/** Splits a stream of bytes into JSON lines. */
const openLineSplitter = (onLine: (message: unknown) => void): ((bytes: Uint8Array) => void) =>
  openLines((line) => {
    if (line.trim() !== "") onLine(JSON.parse(line));
  });

/** Opens a session on the socket. Retries until QEMU listens and nobody else has the session, for `timeoutMs`. */
export const openQmp = async (path: string, timeoutMs: number): Promise<Qmp> => {
  const greeted = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const waiting = new Map<number, Waiting>();
  const events: QmpEvent[] = [];
  const listeners: ((event: QmpEvent) => void)[] = [];
  const close = (): void => {
    const cause = new Fault("network", { path, detail: "QEMU closed the session" });
    greeted.reject(cause);
    for (const { reject } of waiting.values()) reject(cause);
    waiting.clear();
    closed.resolve();
  };
  const take = (message: unknown): void => {
    const event = v.safeParse(EventSchema, message);
    if (event.success) {
      events.push(event.output);
      for (const listener of listeners) listener(event.output);
      return;
    }
    if (v.is(GreetingSchema, message)) {
      greeted.resolve();
      return;
    }
    const answer = v.parse(AnswerSchema, message);
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.error === undefined) asked?.resolve(answer.return);
    else asked?.reject(new Fault("tool-failed", { path, qmp: answer.error.class, detail: answer.error.desc }));
  };
  greeted.promise.catch(() => undefined); // whoever waits for it sees the rejection; without a waiter it is no news
  const socket = await connectWhenListening(path, { take: openLineSplitter(take), close }, timeoutMs);
  let nextId = 1;
  const execute: Qmp["execute"] = (command, args = {}) => {
    const asked: Waiting = Promise.withResolvers();
    const id = nextId++;
    waiting.set(id, asked);
    socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    return within(`QMP ${command}`, asked.promise, ANSWER_TIMEOUT_MS);
  };
  try {
    await within(`QMP session on ${path}`, greeted.promise, timeoutMs);
    await execute("qmp_capabilities");
  } catch (cause) {
    socket.end();
    throw cause;
  }
  return {
    execute,
    events,
    onEvent: (listener) => void listeners.push(listener),
    closed: closed.promise,
    [Symbol.dispose]: () => void socket.end(),
  };
};

interface SessionEnds {
  take(bytes: Uint8Array): void;
  close(): void;
}

const connectWhenListening = async (path: string, ends: SessionEnds, timeoutMs: number): Promise<Bun.Socket> => {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      const socket = await Bun.connect({
        unix: path,
        socket: { data: (_, bytes) => ends.take(bytes), close: ends.close, error: ends.close },
      });
      socket.unref(); // a session that is merely open keeps no program running
      return socket;
    } catch (cause) {
      if (performance.now() >= endMs) throw new Fault("network", { path, detail: "QEMU does not listen" }, { cause });
      await Bun.sleep(CONNECT_RETRY_MS);
    }
  }
};
