/**
 * Files as answers, read in chunks off the event loop's thread.
 *
 * Not `Bun.file`: its sendfile runs on the JavaScript thread and holds everything else up while the medium is slower than the network (measured: 5 s).
 */
import { type FileHandle, open, stat } from "node:fs/promises";
import { problem } from "./problem.ts";

const CHUNK_BYTES = 256 * 1024;

/** The file is opened at the first read, so that an answer whose body nobody takes (HEAD) holds nothing open. */
const chunksOfFile = (path: string): ReadableStream<Uint8Array> => {
  let file: FileHandle | null = null;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        file ??= await open(path, "r");
        const chunk = new Uint8Array(CHUNK_BYTES);
        const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
        if (bytesRead > 0) return controller.enqueue(chunk.subarray(0, bytesRead));
        await file.close();
        controller.close();
      },
      cancel: () => file?.close(),
    },
    { highWaterMark: 0 },
  );
};

/** A name as a header's quoted string: what is not plain becomes `_`. */
export const renderFileName = (name: string): string =>
  name.replaceAll(/[^A-Za-z0-9._-]/g, "_").slice(0, 100) || "file";

/** A stored file as an answer with exactly these headers and its length; a problem when it is gone. */
export const sendFile = async (path: string, headers: Readonly<Record<string, string>>): Promise<Response> => {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) return problem("not-found", "The file is not on the box any more.");
  return new Response(chunksOfFile(path), {
    headers: { "cache-control": "no-store", "content-length": String(found.size), ...headers },
  });
};
