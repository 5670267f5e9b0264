/** The two file servers that are compared: the box's boot file process as the box starts it, and nginx with sendfile. Each serves one file on loopback. */
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, dirname, join, resolve } from "node:path";
import { imageFilePath } from "../../appliance/core/boot-paths.ts";
import { type BootFileOptions, parseLine } from "../../appliance/images/boot-file-words.ts";
import { until } from "../rack/until.ts";
import { childLine } from "./child-line.ts";

const LOOPBACK = "127.0.0.1";
const MAC = "52:54:00:be:9c:01";
/** The server does not look at it; it is part of the path. */
const SHA256 = "0".repeat(64);
const START_WITHIN_MS = 10_000;

/** A server of one file. */
export interface FileServerProcess extends AsyncDisposable {
  readonly name: "box" | "nginx";
  readonly url: string;
  /** The process that does the work. */
  readonly pid: number;
}

/** Starts the box's boot file process. */
export const openBoxServer = async (path: string): Promise<FileServerProcess> => {
  const options: BootFileOptions = {
    hostname: LOOPBACK,
    port: 0,
    files: [{ kind: "image", step: "root", sha256: SHA256, path }],
  };
  const program = resolve(import.meta.dir, "../../appliance/boot-files.ts");
  const child = Bun.spawn([process.execPath, program, JSON.stringify(options)], { stdin: "pipe", stdout: "pipe" });
  const port = await childLine(child.stdout, (text) => {
    const line = parseLine(text);
    return line?.say === "listening" ? line.port : null;
  });
  return {
    name: "box",
    url: `http://${LOOPBACK}:${port}${imageFilePath(MAC, "root", SHA256)}`,
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      await child.stdin.end();
      await child.exited;
    },
  };
};

/** nginx as its manual advises for large files: sendfile, tcp_nopush, one worker, no log. */
const renderNginxConfig = (dir: string, root: string, port: number): string => `
daemon off;
master_process off;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events { worker_connections 64; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  server { listen ${LOOPBACK}:${port}; root ${root}; }
}
`;

/** nginx cannot be asked for any free port and its choice: one is found, let go, and given to it. */
const freePort = (): Promise<number> =>
  new Promise((found, failed) => {
    const probe = createServer().listen(0, LOOPBACK, () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address !== null ? found(address.port) : failed(new Error("no port")),
      );
    });
  });

/** Starts nginx in a folder of its own. */
export const openNginx = async (dir: string, path: string): Promise<FileServerProcess> => {
  await mkdir(dir, { recursive: true });
  const port = await freePort();
  const config = join(dir, "nginx.conf");
  await writeFile(config, renderNginxConfig(dir, dirname(path), port));
  const child = Bun.spawn(["nginx", "-p", dir, "-c", config], { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
  const url = `http://${LOOPBACK}:${port}/${basename(path)}`;
  await until(
    "nginx",
    () =>
      fetch(url, { method: "HEAD" }).then(
        (answer) => answer.ok,
        () => false,
      ),
    START_WITHIN_MS,
  );
  return {
    name: "nginx",
    url,
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await child.exited;
    },
  };
};

/** Draws the file with so many clients at once and forgets it. Throws when one of them did not get all of it. */
export const draw = async (url: string, clients: number): Promise<void> => {
  const codes = await Promise.all(
    Array.from(
      { length: clients },
      () => Bun.spawn(["curl", "-sf", "-o", "/dev/null", url], { stdin: "ignore" }).exited,
    ),
  );
  if (codes.some((code) => code !== 0)) throw new Error(`curl ended with ${codes.join(", ")} at ${url}`);
};
