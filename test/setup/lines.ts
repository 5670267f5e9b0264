/** Lines of text out of a stream of bytes that is cut anywhere, also within a letter. What stands behind the last line's end is left. */

/** Calls for each line of the bytes that are given one after the other. */
export const openLines = (onLine: (line: string) => void): ((bytes: Uint8Array) => void) => {
  const decoder = new TextDecoder();
  let rest = "";
  return (bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
};

/** The lines of a stream, one by one. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const lines: string[] = [];
  const take = openLines((line) => lines.push(line));
  for await (const chunk of stream) {
    take(chunk);
    yield* lines.splice(0);
  }
}
