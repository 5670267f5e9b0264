/** Sends announcements in their order, a window at a time, and keeps in the record how far the broker has acknowledged them. */
import type { NumberedAnnouncement } from "../core/announcement.ts";
import type { Tree } from "../core/mqtt-tree.ts";
import type { Bell } from "./bell.ts";
import type { Broker } from "./broker.ts";
import type { MqttRecord } from "./ports.ts";
import { renderRunEvent } from "./render.ts";

/** Read from the record at once. */
const BATCH = 64;

/** What it works with. */
export interface AnnouncerParts {
  readonly record: MqttRecord;
  readonly tree: Tree;
  readonly broker: Broker;
  /** Rung when there may be another announcement. */
  readonly bell: Bell;
  /** Told when the broker has acknowledged some. */
  readonly onAcked: () => void;
  readonly signal: AbortSignal;
}

/** Runs until the signal; rejects when the connection ends. */
export const runAnnouncer = async (parts: AnnouncerParts): Promise<void> => {
  const { record, tree, broker, bell, signal } = parts;
  const send = (one: NumberedAnnouncement): Promise<void> =>
    broker.publish({
      ...{ topic: tree.runEvent(one.runId), qos: 1, retain: false },
      payload: JSON.stringify(renderRunEvent(one)),
    });
  let after = await record.resumeAfter();
  while (!signal.aborted) {
    const batch = await record.announcements(after, BATCH);
    const last = batch.at(-1);
    if (last === undefined) {
      await bell.wait(signal);
      continue;
    }
    await Promise.all(batch.map(send));
    await record.acked(last.seq);
    after = last.seq;
    parts.onAcked();
  }
};
