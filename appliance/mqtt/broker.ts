/**
 * One connection to the broker, over mqtt.js. It ends when it ends: the follower opens another.
 *
 * mqtt.js's own reconnecting and its queue are not used: the queue is in memory, has no bound and is lost at a restart. What is to be said is in the record.
 */
import type { IClientOptions, MqttClient } from "mqtt";
import { Fault } from "../../agent/system/fault.ts";
import type { Files } from "../../agent/system/files.ts";
import type { MqttSettings } from "./ports.ts";

/** A message to be sent. */
export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** Seconds after which the broker forgets it. */
  readonly expiryS?: number;
  /** Of the command that it answers. */
  readonly correlation?: Buffer;
}

/** A message that came. */
export interface Incoming {
  readonly topic: string;
  readonly payload: Buffer;
  /** It was there before the subscription. */
  readonly retained: boolean;
  readonly responseTopic: string | null;
  readonly correlation: Buffer | null;
}

/** How a connection is opened. */
export interface BrokerOptions {
  readonly settings: MqttSettings;
  readonly clientId: string;
  readonly will: { readonly topic: string; readonly payload: string };
  /** Awaited before the message is acknowledged, one at a time. It never rejects. */
  readonly onMessage: (message: Incoming) => Promise<void>;
  readonly files: Pick<Files, "readText">;
  /** Gives up connecting. */
  readonly signal: AbortSignal;
}

/** A subscription. */
export interface Filter {
  readonly filter: string;
  /** Whether a message says that it was published to be retained, also when it comes at once. */
  readonly retainAsPublished: boolean;
}

/** An open connection. */
export interface Broker {
  /** Aborts when the connection is over; its reason says why. */
  readonly lost: AbortSignal;
  /** Resolves when the broker has acknowledged it (QoS 1), or when it is on its way (QoS 0). Those of one caller keep their order. */
  publish(message: Message): Promise<void>;
  subscribe(filters: readonly Filter[]): Promise<void>;
  /** Takes leave, so that there is no last will. */
  close(): Promise<void>;
}

/** Messages that wait for their acknowledgement at once; fewer where the broker asks for fewer. */
const WINDOW = 16;
const CONNECT_TIMEOUT_MS = 10_000;
/** A broker that keeps the connection and acknowledges nothing is none. */
const ACK_TIMEOUT_MS = 20_000;
const KEEPALIVE_S = 20;
/** How long the broker keeps what came for a box that is away. Older commands are better given anew. */
const SESSION_S = 3600;

const readSecret = async (files: BrokerOptions["files"], path: string): Promise<string | undefined> => {
  if (path === "") return undefined;
  const text = await files.readText(path);
  if (text === null) throw new Fault("file-unreadable", { path, reason: "ENOENT" });
  return text;
};

const optionsOf = async ({ settings, clientId, will, files }: BrokerOptions): Promise<IClientOptions> => {
  const { broker, username } = settings;
  const [password, ca, cert, key] = await Promise.all(
    [settings.passwordFile, settings.caFile, settings.certFile, settings.keyFile].map((path) =>
      readSecret(files, path),
    ),
  );
  return {
    ...{ protocol: broker.tls ? "mqtts" : "mqtt", host: broker.host, port: broker.port, rejectUnauthorized: true },
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(username === "" ? {} : { username }),
    ...(password === undefined ? {} : { password: password.replace(/\r?\n$/, "") }),
    ...{ clientId, protocolVersion: 5, clean: false, keepalive: KEEPALIVE_S, connectTimeout: CONNECT_TIMEOUT_MS },
    ...{ reconnectPeriod: 0, resubscribe: false, queueQoSZero: false },
    properties: { sessionExpiryInterval: SESSION_S, receiveMaximum: WINDOW },
    will: { ...will, payload: Buffer.from(will.payload), qos: 1, retain: true },
  };
};

/** Places in the window, given out in the order in which they are asked for. */
class Places {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

/** Listens to the client's ends: the first error is why. */
const watchEnd = (client: MqttClient): { readonly lost: AbortSignal; readonly end: (why: unknown) => void } => {
  const ending = new AbortController();
  let first: unknown = null;
  const note = (why: unknown): void => {
    first ??= why;
  };
  const end = (why: unknown): void => {
    note(why);
    if (!ending.signal.aborted) ending.abort(first);
    client.end(true);
  };
  client.on("error", note);
  client.on("disconnect", ({ reasonCode }) => note(Object.assign(new Error("disconnected"), { code: reasonCode })));
  client.on("close", () => end(new Error("")));
  return { lost: ending.signal, end };
};

const whenConnected = (client: MqttClient, lost: AbortSignal): Promise<number> =>
  new Promise((resolve, reject) => {
    const ended = (): void => reject(lost.reason);
    lost.addEventListener("abort", ended);
    client.once("connect", ({ properties }) => {
      lost.removeEventListener("abort", ended);
      resolve(Math.min(WINDOW, properties?.receiveMaximum ?? WINDOW));
    });
  });

/** Settles with the callback, or with the end of the connection, or after too long. */
const acknowledged = (
  lost: AbortSignal,
  end: (why: unknown) => void,
  send: (done: (error?: Error | null) => void) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(new Error("it acknowledges nothing")), ACK_TIMEOUT_MS);
    const settle = (error?: unknown): void => {
      clearTimeout(timer);
      lost.removeEventListener("abort", ended);
      if (error === undefined || error === null) resolve();
      else reject(error);
    };
    const ended = (): void => settle(lost.reason);
    lost.addEventListener("abort", ended);
    if (lost.aborted) ended();
    else send(settle);
  });

const incoming = (packet: Parameters<MqttClient["handleMessage"]>[0]): Incoming => ({
  topic: packet.topic,
  payload: Buffer.from(packet.payload),
  retained: packet.retain,
  responseTopic: packet.properties?.responseTopic ?? null,
  correlation: packet.properties?.correlationData ?? null,
});

/** Connects, or throws what stood in the way. */
export const connectBroker = async (options: BrokerOptions): Promise<Broker> => {
  const { connect } = await import("mqtt"); // 8 MB that a box without a broker does not need
  const client = connect(await optionsOf(options));
  const { lost, end } = watchEnd(client);
  // The acknowledgement waits for this: a command that a power cut interrupts comes again.
  client.handleMessage = (packet, done) => {
    options.onMessage(incoming(packet)).finally(() => done());
  };
  const giveUp = (): void => end(new Error("given up"));
  options.signal.addEventListener("abort", giveUp);
  const places = new Places(await whenConnected(client, lost));
  options.signal.removeEventListener("abort", giveUp);
  const send = ({ topic, payload, qos, retain, expiryS, correlation }: Message): Promise<void> => {
    const properties = {
      ...(expiryS === undefined ? {} : { messageExpiryInterval: expiryS }),
      ...(correlation === undefined ? {} : { correlationData: correlation }),
    };
    return acknowledged(lost, end, (done) => client.publish(topic, payload, { qos, retain, properties }, done));
  };
  return {
    lost,
    publish: async (message) => {
      if (message.qos === 0) return send(message);
      await places.take();
      try {
        await send(message);
      } finally {
        places.give();
      }
    },
    subscribe: (filters) => {
      const wanted = filters.map(({ filter, retainAsPublished: rap }) => [filter, { qos: 1, rap }] as const);
      return acknowledged(lost, end, (done) => client.subscribe(Object.fromEntries(wanted), (error) => done(error)));
    },
    close: async () => {
      if (!lost.aborted) await new Promise<void>((resolve) => client.end(false, {}, () => resolve()));
    },
  };
};
