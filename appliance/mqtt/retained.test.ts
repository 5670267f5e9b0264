import { describe, expect, test } from "bun:test";
import type { Broker, Message } from "./broker.ts";
import type { MqttRecord } from "./ports.ts";
import { Retained } from "./retained.ts";

/** A broker and a record that write down, in one order, what they are asked. */
const world = () => {
  const did: string[] = [];
  const record: MqttRecord = {
    topics: async () => [],
    addTopics: async (topics) => void did.push(`record ${topics.join(" ")}`),
    removeTopics: async (topics) => void did.push(`forget ${topics.join(" ")}`),
    announcements: async () => [],
    resumeAfter: async () => 0,
    acked: async () => {},
  };
  const publish = async ({ topic, payload, expiryS }: Message) =>
    void did.push(`${topic}=${payload}${expiryS === undefined ? "" : ` for ${expiryS} s`}`);
  const broker: Broker = {
    lost: new AbortController().signal,
    publish,
    subscribe: async () => {},
    close: async () => {},
  };
  return { record, broker, done: () => did.splice(0) };
};
const topics = (entries: Readonly<Record<string, string>>) =>
  new Map(Object.entries(entries).map(([topic, payload]) => [topic, { payload }]));

describe("Retained", () => {
  test("records a topic before it is published, sends what differs and nothing twice", async () => {
    const { record, broker, done } = world();
    const retained = new Retained(record, []);
    retained.want("a", topics({ "x/1": "1", "x/2": "2" }));
    await retained.send(broker, 0);
    expect(done()).toEqual(["record x/1 x/2", "x/1=1", "x/2=2"]);
    retained.want("a", topics({ "x/1": "1", "x/2": "3" }));
    await retained.send(broker, 0);
    await retained.send(broker, 0);
    expect(done()).toEqual(["x/2=3"]);
    retained.forget();
    await retained.send(broker, 0);
    expect(done()).toEqual(["x/1=1", "x/2=3"]);
  });

  test("empties what nothing wants any more, also what an earlier box has left, and then forgets it", async () => {
    const { record, broker, done } = world();
    const retained = new Retained(record, ["old/1"]);
    retained.want("a", topics({ "x/1": "1" }));
    await retained.send(broker, 0);
    done();
    await retained.sweep(broker);
    expect(done()).toEqual(["old/1=", "forget old/1"]);
    retained.want("a", new Map());
    await retained.sweep(broker);
    expect(done()).toEqual(["x/1=", "forget x/1"]);
    await retained.sweep(broker);
    expect(done()).toEqual([]);
  });

  test("gives the broker what is left of a message's time, and nothing when none is left", async () => {
    const { record, broker, done } = world();
    const retained = new Retained(record, ["x/1", "x/2"]);
    retained.want(
      "a",
      new Map([
        ["x/1", { payload: "1", expiresMs: 5500 }],
        ["x/2", { payload: "2", expiresMs: 1000 }],
      ]),
    );
    await retained.send(broker, 1000);
    expect(done()).toEqual(["x/1=1 for 5 s"]);
  });

  test("holds a payload whose news are the same for the same", async () => {
    const { record, broker, done } = world();
    const retained = new Retained(record, ["x/1"]);
    retained.want("a", new Map([["x/1", { payload: "at 1", same: "up" }]]));
    await retained.send(broker, 0);
    retained.want("a", new Map([["x/1", { payload: "at 2", same: "up" }]]));
    await retained.send(broker, 0);
    expect(done()).toEqual(["x/1=at 1"]);
  });
});
