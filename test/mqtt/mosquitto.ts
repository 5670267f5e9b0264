/** A real broker on a free port, that may be killed and started again with what it wrote down. */
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import net from "node:net";
import { join } from "node:path";
import { until } from "../rack/until.ts";

/** What a broker is started with. */
export interface MosquittoOptions {
  /** Its configuration and what it keeps. */
  readonly dir: string;
  /** More lines of its configuration; `{port}` is its port. */
  readonly lines?: readonly string[];
  /** Lines that follow its first listener, as TLS does. */
  readonly listener?: readonly string[];
  /** A second listener, for browsers. */
  readonly webSockets?: boolean;
  /** A whole configuration in place of ours: its ports, 1883 and 9001, and its folder are replaced. */
  readonly template?: string;
}

/** A broker. */
export interface Mosquitto extends AsyncDisposable {
  readonly port: number;
  /** Of the listener for browsers; 0 without. */
  readonly webSocketPort: number;
  start(): Promise<void>;
  /** Takes its power away. */
  kill(): Promise<void>;
}

/** A port that nobody has. */
export const freePort = async (): Promise<number> => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
};

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    const end = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });

/** As it says itself in mosquitto.conf(5): written at once after every change, no bound on what waits for a subscriber. */
const configOf = (options: MosquittoOptions, port: number, webSocketPort: number): string => {
  if (options.template !== undefined)
    return `user root\n${options.template
      .replace(/^listener 1883.*$/m, `listener ${port} 127.0.0.1`)
      .replace(/^listener 9001.*$/m, `listener ${webSocketPort} 127.0.0.1`)
      .replace(/^persistence_location .*$/m, `persistence_location ${options.dir}/`)}`;
  return [
    "user root",
    "per_listener_settings false",
    "persistence true",
    `persistence_location ${options.dir}/`,
    "autosave_on_changes true",
    "autosave_interval 1",
    "max_queued_messages 0",
    `log_dest file ${options.dir}/mosquitto.log`,
    "log_type error",
    ...(options.lines ?? ["allow_anonymous true"]),
    `listener ${port} 127.0.0.1`,
    ...(options.listener ?? []),
    ...(webSocketPort === 0 ? [] : [`listener ${webSocketPort} 127.0.0.1`, "protocol websockets"]),
    "",
  ].join("\n");
};

/** Starts a broker. The package is the caller's to have (`needPackages`). */
export const openMosquitto = async (options: MosquittoOptions): Promise<Mosquitto> => {
  await mkdir(options.dir, { recursive: true });
  const port = await freePort();
  const webSocketPort = options.webSockets === true ? await freePort() : 0;
  const config = join(options.dir, "mosquitto.conf");
  await writeFile(config, configOf(options, port, webSocketPort));
  let child: Bun.Subprocess | null = null;
  const kill = async (): Promise<void> => {
    child?.kill("SIGKILL");
    await child?.exited;
    child = null;
  };
  const start = async (): Promise<void> => {
    const one = Bun.spawn(["/usr/sbin/mosquitto", "-c", config], { stdout: "ignore", stderr: "ignore" });
    child = one;
    await until("the broker", async () => one.exitCode !== null || (await answers(port)), 10_000);
    if (one.exitCode !== null)
      throw new Error(`mosquitto ended with ${one.exitCode}; see ${options.dir}/mosquitto.log`);
  };
  await start();
  return { port, webSocketPort, start, kill, [Symbol.asyncDispose]: kill };
};
