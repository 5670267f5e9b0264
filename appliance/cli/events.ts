/** Reads an event stream (HTML standard, 9.2.6): the ids and names of its events, and that it is alive. */

/** One event of a stream. */
export interface StreamEvent {
  /** As sent; to be given back as `Last-Event-ID`. */
  readonly id: string | null;
  readonly name: string;
  readonly data: string;
}

/** One block of a stream as an event; null for a comment or a bare `retry`. */
export const parseEvent = (block: string): StreamEvent | null => {
  let id: string | null = null;
  let name = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field = "", value = ""] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === "id") id = value;
    else if (field === "event") name = value;
    else if (field === "data") data.push(value);
  }
  return data.length === 0 ? null : { id, name, data: data.join("\n") };
};

/** Events of a stream as they come, until it ends or fails. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const event of blocks.map(parseEvent)) if (event !== null) yield event;
    }
  } catch {
    // A stream that fails is a stream that ended: who reads it opens the next one.
  }
}
