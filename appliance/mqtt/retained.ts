/**
 * The retained messages as they should be, held against those that this connection has sent. While the broker is away only the last value of each topic exists.
 *
 * Every topic is in the record before it is published, and goes when it was emptied: what is no longer wanted (a host that was deleted, another name of the box) is
 * emptied at the next connection, however long the broker or the box was away.
 */
import type { Broker, Message } from "./broker.ts";
import type { MqttRecord } from "./ports.ts";

/** A retained message as it should be. */
export interface Wanted {
  readonly payload: string;
  /** Sent again when this differs; the payload itself when not given. A state's own time is no news. */
  readonly same?: string;
  readonly expiresMs?: number;
}

/** Wanted messages by topic. */
export type WantedTopics = ReadonlyMap<string, Wanted>;

const expiryS = ({ expiresMs }: Wanted, nowMs: number): number | null =>
  expiresMs === undefined ? null : Math.ceil((expiresMs - nowMs) / 1000);

/** The retained messages of one box. */
export class Retained {
  readonly #record: MqttRecord;
  readonly #groups = new Map<string, WantedTopics>();
  readonly #sent = new Map<string, string>();
  readonly #recorded: Set<string>;

  /** `recorded` are the topics of the record. */
  constructor(record: MqttRecord, recorded: readonly string[]) {
    this.#record = record;
    this.#recorded = new Set(recorded);
  }

  /** Says what of a group is wanted, in place of what was. */
  want(group: string, topics: WantedTopics): void {
    if (topics.size === 0) this.#groups.delete(group);
    else this.#groups.set(group, topics);
  }

  /** The names of the groups that want something. */
  groups(): readonly string[] {
    return [...this.#groups.keys()];
  }

  /** Nothing is known of what the broker has: everything, or one topic, is sent again. */
  forget(topic?: string): void {
    if (topic === undefined) this.#sent.clear();
    else this.#sent.delete(topic);
  }

  /** Sends what differs. */
  async send(broker: Broker, nowMs: number): Promise<void> {
    const due = [...this.#groups.values()].flatMap((group) =>
      [...group].filter(([topic, wanted]) => this.#sent.get(topic) !== (wanted.same ?? wanted.payload)),
    );
    const fresh = due.map(([topic]) => topic).filter((topic) => !this.#recorded.has(topic));
    if (fresh.length > 0) await this.#record.addTopics(fresh);
    for (const topic of fresh) this.#recorded.add(topic);
    await Promise.all(due.map(([topic, wanted]) => this.#sendOne(broker, topic, wanted, nowMs)));
  }

  /** Empties the topics that nothing wants. To be called when every group is known. */
  async sweep(broker: Broker): Promise<void> {
    const wanted = new Set([...this.#groups.values()].flatMap((group) => [...group.keys()]));
    const stale = [...this.#recorded].filter((topic) => !wanted.has(topic));
    if (stale.length === 0) return;
    const empty = (topic: string): Message => ({ topic, payload: "", qos: 1, retain: true });
    await Promise.all(stale.map((topic) => broker.publish(empty(topic))));
    await this.#record.removeTopics(stale);
    for (const topic of stale) {
      this.#recorded.delete(topic);
      this.#sent.delete(topic);
    }
  }

  async #sendOne(broker: Broker, topic: string, wanted: Wanted, nowMs: number): Promise<void> {
    const leftS = expiryS(wanted, nowMs);
    if (leftS !== null && leftS <= 0) return; // its broker has forgotten it, or is about to
    const expiry = leftS === null ? {} : { expiryS: leftS };
    await broker.publish({ topic, payload: wanted.payload, qos: 1, retain: true, ...expiry });
    this.#sent.set(topic, wanted.same ?? wanted.payload);
  }
}
