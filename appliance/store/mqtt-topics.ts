/** Topics that the broker may hold retained messages of ours on. */
import { inArray } from "drizzle-orm";
import type { Db, Unit } from "./open.ts";
import { mqttTopics } from "./schema-mqtt.ts";

/** All of them. */
export const loadTopics = async (db: Db): Promise<readonly string[]> =>
  (await db.select().from(mqttTopics)).map(({ topic }) => topic);

/** Writes topics down, before anything is published on them. */
export const saveTopics = ({ db, put }: Unit, topics: readonly string[]): void => {
  for (const topic of topics) put(db.insert(mqttTopics).values({ topic }).onConflictDoNothing());
};

/** Forgets topics that were emptied. */
export const removeTopics = ({ db, put }: Unit, topics: readonly string[]): void => {
  for (
    let at = 0;
    at < topics.length;
    at += 100 // SQLite bounds the variables of one statement
  )
    put(db.delete(mqttTopics).where(inArray(mqttTopics.topic, topics.slice(at, at + 100))));
};
