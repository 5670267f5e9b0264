/** Threads whose source travels as text: a bundle or an executable needs no file beside it, and no further entry point. */

/** A thread that was started. */
export interface Thread {
  postMessage(message: unknown): void;
  /** Keeps the process alive, or no longer. */
  ref(): void;
  unref(): void;
}

/** Starts one from the text of a TypeScript file that imports nothing but Bun's own modules. */
export const openThread = <Message>(
  source: string,
  take: (message: Message) => void,
  fail: (why: string) => void,
): Thread => {
  const url = URL.createObjectURL(new Blob([source], { type: "application/typescript" }));
  const worker = new Worker(url, { smol: true });
  worker.onmessage = ({ data }: MessageEvent<Message>) => take(data);
  worker.onerror = ({ message }) => fail(message);
  // The DOM's Worker, which the compiler sees, has neither method; Bun's has both.
  return worker as Worker & Thread;
};
