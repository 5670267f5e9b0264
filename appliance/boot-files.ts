/**
 * The boot file process: kernel, initrd, root and loaders over HTTP, apart from the box's own process, whose answers must not wait for a slow medium.
 *
 * Usage: bun appliance/boot-files.ts OPTIONS, where OPTIONS is the JSON of `BootFileOptions`. Lines of JSON on stdout; it ends when its stdin does.
 */
import { writeSync } from "node:fs";
import { decodeOptions, renderLine } from "./images/boot-file-words.ts";
import { openFileServer } from "./images/file-server.ts";

const say = (line: Parameters<typeof renderLine>[0]): void => {
  writeSync(1, renderLine(line));
};

if (import.meta.main) {
  const options = decodeOptions(process.argv[2] ?? "");
  await using server = await openFileServer({
    ...options,
    onTransfer: (transfer) => say({ say: "transfer", ...transfer }),
    onUnreadable: (path, error) => void writeSync(2, `cannot read ${path}: ${error}\n`),
  });
  say({ say: "listening", port: server.port });
  for await (const _ of Bun.stdin.stream()) {
    // nothing is expected: the parent only holds it open
  }
}
