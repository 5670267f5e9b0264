/** The example site: a broker, two boxes, and a server for the dashboard's page. */
import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Mosquitto, openMosquitto } from "../mqtt/mosquitto.ts";

const PAGE = join(import.meta.dir, "dashboard.html");
/** mqtt.js as its authors build it for browsers. */
const MQTT_JS = resolve(import.meta.dir, "../../node_modules/mqtt/dist/mqtt.min.js");

/** A box in its own process. */
export interface ExampleBox {
  readonly name: string;
  /** Where its own page is. */
  pageUrl(): string;
  start(): Promise<void>;
  /** Takes its power away. */
  kill(): Promise<void>;
  /** Ends it as a person would. */
  stop(): Promise<void>;
}

/** The site. */
export interface ExampleSite extends AsyncDisposable {
  readonly broker: Mosquitto;
  readonly boxes: readonly [ExampleBox, ExampleBox];
  readonly dashboardUrl: string;
}

/** The first line that begins with `up`. */
const readUp = async (stream: ReadableStream<Uint8Array>): Promise<string> => {
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true });
    const [, url] = /^up (\S+)\n/m.exec(text) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`a box did not come up: ${text}`);
};

const exampleBox = (dir: string, name: string, rack: string, brokerPort: number, pace: number): ExampleBox => {
  let child: Bun.Subprocess<"ignore", "pipe", "inherit"> | null = null;
  let url = "";
  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
    child?.kill(signal);
    await child?.exited;
    child = null;
  };
  return {
    name,
    pageUrl: () => url,
    start: async () => {
      await mkdir(dir, { recursive: true });
      const args = ["--dir", dir, "--name", name, "--rack", rack, "--pace", String(pace)];
      const broker = ["--broker", `mqtt://127.0.0.1:${brokerPort}`];
      child = Bun.spawn([process.execPath, join(import.meta.dir, "box-main.ts"), ...args, ...broker], {
        ...{ stdin: "ignore", stdout: "pipe", stderr: "inherit" },
      });
      url = await readUp(child.stdout);
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
};

const serveDashboard = (webSocketPort: number, port: number) =>
  Bun.serve({
    hostname: "127.0.0.1",
    port,
    routes: {
      "/": () => new Response(Bun.file(PAGE)),
      "/mqtt.js": () => new Response(Bun.file(MQTT_JS)),
      "/broker.json": () => Response.json({ url: `ws://127.0.0.1:${webSocketPort}` }),
    },
    fetch: () => new Response("There is nothing here.", { status: 404 }),
  });

/** Opens the site in a folder. The packages are the caller's to have (`needPackages`). */
export const openExampleSite = async (dir: string, pace: number, port = 0): Promise<ExampleSite> => {
  await using undo = new AsyncDisposableStack();
  const template = await readFile(join(import.meta.dir, "mosquitto.conf"), "utf8");
  const broker = undo.use(await openMosquitto({ dir: join(dir, "broker"), template, webSockets: true }));
  const boxes = [
    exampleBox(join(dir, "a"), "rack7", "07", broker.port, pace),
    exampleBox(join(dir, "b"), "rack8", "08", broker.port, pace),
  ] as const;
  for (const box of boxes) undo.defer(() => box.stop());
  await Promise.all(boxes.map((box) => box.start()));
  const server = serveDashboard(broker.webSocketPort, port);
  undo.defer(() => server.stop(true));
  const kept = undo.move();
  return { broker, boxes, dashboardUrl: server.url.href, [Symbol.asyncDispose]: () => kept.disposeAsync() };
};
