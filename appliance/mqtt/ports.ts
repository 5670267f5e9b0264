/** What the MQTT department is given: its settings, the desks, and the rows that it keeps. */
import type { Clock } from "../../agent/system/clock.ts";
import type { Files } from "../../agent/system/files.ts";
import type { Random } from "../../agent/system/random.ts";
import type { NumberedAnnouncement } from "../core/announcement.ts";
import type { OperatorDesk, ReadModel } from "../core/ports.ts";
import type { Readings } from "../core/record.ts";

/** Where the broker listens. */
export interface BrokerAddress {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
}

/** How the broker is reached and what it is told. Secrets stay in their files. */
export interface MqttSettings {
  readonly broker: BrokerAddress;
  readonly username: string;
  /** Paths; empty for none. */
  readonly passwordFile: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly prefix: string;
  readonly discovery: boolean;
  readonly discoveryPrefix: string;
  readonly commands: boolean;
}

/** What outlives a restart. */
export interface MqttRecord {
  /** Topics that the broker may hold retained messages of ours on. */
  topics(): Promise<readonly string[]>;
  addTopics(topics: readonly string[]): Promise<void>;
  removeTopics(topics: readonly string[]): Promise<void>;
  /** Announcements after a number, oldest first. */
  announcements(afterSeq: number, limit: number): Promise<readonly NumberedAnnouncement[]>;
  /** The number after which a new connection begins: some that were acknowledged are sent again, as a broker that was killed may have forgotten them. */
  resumeAfter(): Promise<number>;
  /** The broker has acknowledged everything up to a number. */
  acked(seq: number): Promise<void>;
}

/** The log, as far as it is used. */
export interface MqttLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Times that a test shortens. */
export interface MqttPeriods {
  /** First and longest wait before another try to connect. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** Least time between two looks at what has changed: progress is no news ten times a second. */
  readonly paceMs: number;
  /** The box says that it lives and what time it is. */
  readonly stateMs: number;
  readonly telemetryMs: number;
  /** How long after Home Assistant's birth message everything is said again, at most. Many boxes must not answer at once. */
  readonly birthJitterMs: number;
}

/** The periods of a box in use. */
export const MQTT_PERIODS: MqttPeriods = {
  retryMinMs: 1_000,
  retryMaxMs: 60_000,
  paceMs: 250,
  stateMs: 60_000,
  telemetryMs: 5_000,
  birthJitterMs: 10_000,
};

/** Everything. */
export interface MqttParts {
  /** The box's name: a level of its topics, its client id, its ids in Home Assistant. */
  readonly boxName: string;
  readonly settings: MqttSettings;
  readonly record: MqttRecord;
  readonly reads: ReadModel;
  readonly operators: OperatorDesk;
  readonly readings: (runId: string) => Readings | null;
  /** Share of the state's file system that is free; null where nobody can say. */
  readonly diskFreeRatio: () => number | null;
  /** Now, by the clock that the record is written in. */
  readonly nowMs: () => number;
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Pick<Files, "readText">;
  readonly log: MqttLog;
  /** Told whenever `view()` answers otherwise than before. */
  readonly onChange: () => void;
  readonly periods?: MqttPeriods;
}
