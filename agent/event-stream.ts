/** Server-sent events (HTML standard, 9.2.6) from a byte stream, as far as the agent needs them: `id`, `data`, comments as a sign of life. */
import { Fault } from "./system/fault.ts";

/** One event. */
export interface StreamEvent {
  /** The last `id` that was sent, this event's or an earlier one's. */
  readonly id: string | null;
  readonly data: string;
}

/** A line or an event longer than this ends the stream: commands are small. */
const MAX_CHARS = 64 * 1024;

/** Reads events from text that comes in pieces of any size. Pure apart from what it remembers of the piece before. */
export const createEventReader = (): ((piece: string) => readonly StreamEvent[]) => {
  let rest = "";
  let id: string | null = null;
  let data: string[] = [];
  const take = (line: string): StreamEvent | null => {
    if (line === "") {
      const event = data.length === 0 ? null : { id, data: data.join("\n") };
      data = [];
      return event;
    }
    const at = line.indexOf(":");
    if (at === 0) return null; // a comment: the box's ping
    const field = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? "" : line.slice(at + 1).replace(/^ /, "");
    if (field === "id" && !value.includes("\0")) id = value;
    if (field === "data") data.push(value);
    return null;
  };
  return (piece) => {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    const events = lines.map(take).filter((event) => event !== null);
    if (rest.length + data.reduce((sum, line) => sum + line.length, 0) > MAX_CHARS)
      throw new Fault("bad-answer", { reason: "an event is too long" });
    return events;
  };
};

/** Events of a response's body, until it ends. `onBytes` is told of every sign of life. */
export async function* readEvents(body: ReadableStream<Uint8Array>, onBytes: () => void): AsyncGenerator<StreamEvent> {
  const read = createEventReader();
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    onBytes();
    yield* read(decoder.decode(chunk, { stream: true }));
  }
}
