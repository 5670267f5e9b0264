/** A reader of the site: a client with a lasting session that keeps everything it is told, and dismisses repeats by their numbers as any reader should. */
import { connect, type MqttClient } from "mqtt";
import * as v from "valibot";
import { RunEventPayload } from "../../appliance/core/mqtt-payloads.ts";

/** What a reader has been told. */
export interface Reader extends AsyncDisposable {
  readonly client: MqttClient;
  /** The last message of each topic that was not empty; an emptied topic is gone. */
  readonly last: ReadonlyMap<string, string>;
  /** Events in the order in which they first came. */
  readonly events: readonly RunEventPayload[];
  /** How many events came again. */
  readonly repeats: number;
  /** Everything that was said on the status topic, in order. */
  readonly statuses: readonly string[];
  /** Resolves with what `look` finds, looked for at every message. */
  when<T>(look: () => T | null | false): Promise<T>;
}

/** How a reader connects. */
export interface ReaderOptions {
  readonly port: number;
  readonly clientId: string;
  readonly filters?: readonly string[];
}

/** Opens a reader. It reconnects by itself for as long as it is open. */
export const openReader = async ({ port, clientId, filters = ["#"] }: ReaderOptions): Promise<Reader> => {
  const client = connect({
    ...{
      host: "127.0.0.1",
      port,
      clientId,
      protocolVersion: 5,
      clean: false,
      reconnectPeriod: 20,
      connectTimeout: 2000,
    },
    properties: { sessionExpiryInterval: 3600 },
  });
  client.on("error", () => {}); // it tries again
  const last = new Map<string, string>();
  const events: RunEventPayload[] = [];
  const statuses: string[] = [];
  const looks = new Set<() => void>();
  const kept = { repeats: 0 };
  client.on("message", (topic, bytes) => {
    const payload = bytes.toString();
    if (topic.endsWith("/event")) {
      const event = v.parse(RunEventPayload, JSON.parse(payload));
      if (event.seq > (events.at(-1)?.seq ?? 0)) events.push(event);
      else kept.repeats++;
    } else if (payload === "") last.delete(topic);
    else last.set(topic, payload);
    if (topic.endsWith("/status")) statuses.push(payload);
    for (const look of [...looks]) look();
  });
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  await client.subscribeAsync([...filters], { qos: 1 });
  return {
    ...{ client, last, events, statuses },
    get repeats() {
      return kept.repeats;
    },
    when: (look) =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = look();
          if (found === null || found === false) return;
          looks.delete(check);
          resolve(found);
        };
        looks.add(check);
        check();
      }),
    [Symbol.asyncDispose]: () => client.endAsync(true),
  };
};

/** Everything that is retained under a filter now, by topic. */
export const readRetained = async (port: number, filter = "#"): Promise<ReadonlyMap<string, string>> => {
  const client = connect({ host: "127.0.0.1", port, protocolVersion: 5 });
  const found = new Map<string, string>();
  client.on("message", (topic, bytes, { retain }) => {
    if (retain) found.set(topic, bytes.toString());
  });
  const end = `end/${crypto.randomUUID()}`;
  const ended = new Promise<void>((resolve) => client.on("message", (topic) => topic === end && resolve()));
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  await client.subscribeAsync([filter, end], { qos: 1 });
  // The broker has queued what is retained before it sees this.
  await client.publishAsync(end, "", { qos: 1 });
  await ended;
  await client.endAsync();
  found.delete(end);
  return found;
};
