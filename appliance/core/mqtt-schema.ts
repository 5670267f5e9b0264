/** Every topic with its schema, as one document for whoever writes a reader. Pure. */
import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import {
  BoxState,
  CommandAnswer,
  Discovery,
  HostState,
  RunCommand,
  RunEventPayload,
  RunResult,
  StartCommand,
  Status,
  Telemetry,
} from "./mqtt-payloads.ts";

/** One kind of topic. */
export interface TopicKind {
  readonly name: string;
  /** `<…>` stand for what differs. */
  readonly topic: string;
  readonly says: "box" | "site";
  readonly retained: boolean;
  readonly qos: 0 | 1;
  /** Plain text is not JSON. */
  readonly text: boolean;
  readonly what: string;
  readonly schema: v.GenericSchema;
}

const ROOT = "<prefix>/<box>";
const box = { says: "box", retained: true, qos: 1, text: false } as const;
const command = { says: "site", retained: false, qos: 1, text: false } as const;

/** The topics, in the order in which they are documented. */
// biome-ignore format: a table is read by its columns
export const TOPIC_KINDS: readonly TopicKind[] = [
  { ...box, name: "status", topic: `${ROOT}/status`, text: true, what: "the box's connection; offline is its last will", schema: Status },
  { ...box, name: "state", topic: `${ROOT}/state`, what: "the box at a glance, once a minute and when it changes", schema: BoxState },
  { ...box, name: "host-state", topic: `${ROOT}/host/<mac>/state`, what: "what is under way with a host, or how it went last", schema: HostState },
  { ...box, name: "host-avail", topic: `${ROOT}/host/<mac>/avail`, text: true, what: "online while the box knows the host", schema: Status },
  { ...box, name: "telemetry", topic: `${ROOT}/host/<mac>/telemetry`, retained: false, qos: 0, what: "a server under test: heat and power, every 5 s at most", schema: Telemetry },
  { ...box, name: "event", topic: `${ROOT}/run/<run>/event`, retained: false, what: "one transition of a run; numbered over all runs of the box", schema: RunEventPayload },
  { ...box, name: "result", topic: `${ROOT}/run/<run>/result`, what: "how a run ended; expires after 30 days", schema: RunResult },
  { ...box, name: "discovery", topic: "<discovery prefix>/device/<id>/config", what: "the box, or a host, as a device of Home Assistant", schema: Discovery },
  { ...command, name: "start", topic: `${ROOT}/cmd/start`, what: "start a run that writes to no disk", schema: StartCommand },
  { ...command, name: "cancel", topic: `${ROOT}/cmd/cancel`, what: "cancel a run", schema: RunCommand },
  { ...command, name: "release", topic: `${ROOT}/cmd/release`, what: "release a held server", schema: RunCommand },
  { ...command, name: "retry", topic: `${ROOT}/cmd/retry`, what: "run the stage that failed again", schema: RunCommand },
  { ...box, name: "answer", topic: "<response topic>", retained: false, what: "what became of a command", schema: CommandAnswer },
];

/** All topics with their JSON Schemas (draft 2020-12). */
export const renderMqttSchemas = () =>
  TOPIC_KINDS.map(({ schema, ...kind }) => ({
    ...kind,
    schema: { title: kind.name, ...toJsonSchema(schema, { errorMode: "ignore", target: "draft-2020-12" }) },
  }));
