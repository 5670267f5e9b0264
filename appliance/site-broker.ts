/** The box on its site's broker, put together: the record's rows, the desks and the settings behind what `mqtt/` knows. */
import { statfsSync } from "node:fs";
import type { Logger } from "pino";
import type { System } from "../agent/system/system.ts";
import type { Config } from "./config.ts";
import { type Mqtt, type MqttLink, openMqtt } from "./mqtt/mqtt.ts";
import type { MqttPeriods, MqttRecord } from "./mqtt/ports.ts";
import type { Orchestrator } from "./orchestrator.ts";
import {
  loadAnnouncementMarks,
  loadAnnouncements,
  REPEATED_ANNOUNCEMENTS,
  saveAnnounced,
} from "./store/announcements.ts";
import { loadTopics, removeTopics, saveTopics } from "./store/mqtt-topics.ts";
import type { Store } from "./store/open.ts";

/** The record's rows as the department asks for them. */
export const openMqttRecord = (store: Store): MqttRecord => ({
  topics: () => store.turn(({ db }) => loadTopics(db)),
  addTopics: (topics) => store.turn(async (unit) => saveTopics(unit, topics)),
  removeTopics: (topics) => store.turn(async (unit) => removeTopics(unit, topics)),
  announcements: (afterSeq, limit) => store.turn(({ db }) => loadAnnouncements(db, afterSeq, limit)),
  resumeAfter: () =>
    store.turn(async ({ db }) => Math.max(0, (await loadAnnouncementMarks(db)).ackedSeq - REPEATED_ANNOUNCEMENTS)),
  acked: (seq) => store.turn(async (unit) => saveAnnounced(unit, seq)),
});

const diskFreeRatio = (dir: string) => (): number | null => {
  try {
    const { bavail, blocks } = statfsSync(dir);
    return blocks === 0 ? null : bavail / blocks;
  } catch {
    return null; // said as "unknown"; the state's own writes fail loudly
  }
};

/** The site's broker, where one is configured. */
export interface SiteBroker extends AsyncDisposable {
  /** Null where none is configured. */
  view(): MqttLink | null;
}

/** What it is joined from. */
export interface SiteBrokerParts {
  readonly config: Pick<Config, "name" | "stateDir" | "mqtt">;
  readonly store: Store;
  readonly orchestrator: Orchestrator;
  readonly system: Pick<System, "clock" | "random" | "files">;
  readonly log: Logger;
  readonly periods?: MqttPeriods;
}

const NONE: SiteBroker = { view: () => null, [Symbol.asyncDispose]: async () => {} };

/** Begins to follow the box, where a broker is configured. */
export const openSiteBroker = (parts: SiteBrokerParts): SiteBroker => {
  const { config, store, orchestrator, system, log, periods } = parts;
  const { url, ca, cert, key, ...settings } = config.mqtt;
  if (url === null) return NONE;
  const mqtt: Mqtt = openMqtt({
    boxName: config.name,
    settings: { ...settings, broker: url, caFile: ca, certFile: cert, keyFile: key },
    record: openMqttRecord(store),
    ...{ reads: orchestrator.reads, operators: orchestrator.operators, readings: orchestrator.readings },
    nowMs: orchestrator.nowMs,
    diskFreeRatio: diskFreeRatio(config.stateDir),
    ...{ clock: system.clock, random: system.random, files: system.files, log },
    onChange: () => store.feed.publishUnstored({ kind: "box", hostId: null, runId: null }),
    ...(periods === undefined ? {} : { periods }),
  });
  return mqtt;
};
