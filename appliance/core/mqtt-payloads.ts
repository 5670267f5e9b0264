/** What is said on each topic, as schemas: the box is held to them by its types, readers find them published as JSON Schema (`mqtt-schema.ts`). Pure. */
import * as v from "valibot";
import { PROFILES, RUN_STATES, SEVERITIES, STAGE_STATES } from "../../agent/wire/names.ts";
import { ANNOUNCEMENT_TYPES } from "./announcement.ts";
import { REFUSAL_CODES } from "./ports.ts";

/** Version of the payloads. It grows when a key changes its meaning or goes; a new key is no new version. */
export const PAYLOAD_VERSION = 1;

const version = v.literal(PAYLOAD_VERSION);
const when = v.pipe(v.string(), v.isoTimestamp(), v.description("UTC, ISO 8601"));
const words = (chars: number) => v.pipe(v.string(), v.maxLength(chars));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const runId = v.pipe(v.string(), v.regex(/^[0-9a-z]{1,32}$/));
const mac = v.pipe(v.string(), v.regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/));
const stage = v.nullable(v.picklist([...STAGE_STATES, "SpecValidate"]));

/** `status`: also the last will. */
export const Status = v.picklist(["online", "offline"]);

/** `state`: the box at a glance. */
export const BoxState = v.strictObject({
  v: version,
  fw: words(64),
  uptime_s: count,
  runs_active: count,
  queue: count,
  hosts: count,
  disk_free_ratio: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  dhcp: v.picklist(["starting", "running", "restarting", "off"]),
  rogue_dhcp: v.pipe(count, v.description("other DHCP servers that answer on the servers' network")),
  events_dropped: v.pipe(count, v.description("events that were never sent because more waited than the box keeps")),
  ts: when,
});
export type BoxState = v.InferOutput<typeof BoxState>;

/** Results of a run, once it has one. */
export const RESULTS = ["pass", "warn", "fail", "cancelled"] as const;

/** `host/<mac>/state`: what is under way with a host, or how it went last. */
export const HostState = v.strictObject({
  v: version,
  host: words(80),
  mac,
  run: v.nullable(runId),
  state: v.nullable(v.picklist(RUN_STATES)),
  text: v.pipe(words(80), v.description("the state in words")),
  stage,
  progress: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1), v.description("within the stage"))),
  held: v.pipe(v.boolean(), v.description("the server failed and waits for a person")),
  result: v.nullable(v.picklist(RESULTS)),
  failure: v.nullable(words(256)),
  profile: v.nullable(v.picklist(PROFILES)),
  since: v.nullable(when),
});
export type HostState = v.InferOutput<typeof HostState>;

/** `host/<mac>/telemetry`: what the sensors of a server under test say. Not retained. */
export const Telemetry = v.strictObject({
  v: version,
  ts: when,
  temp_max_c: v.nullable(v.number()),
  power_w: v.nullable(v.number()),
});
export type Telemetry = v.InferOutput<typeof Telemetry>;

/** `run/<id>/event`: one transition. */
export const RunEventPayload = v.strictObject({
  v: version,
  seq: v.pipe(
    count,
    v.description("grows by one over all events of the box; one that is not greater than the last is a repeat"),
  ),
  run: runId,
  rev: count,
  host: words(80),
  mac,
  type: v.picklist(ANNOUNCEMENT_TYPES),
  from: v.picklist(RUN_STATES),
  to: v.picklist(RUN_STATES),
  stage,
  severity: v.picklist(SEVERITIES),
  summary: words(300),
  ts: when,
});
export type RunEventPayload = v.InferOutput<typeof RunEventPayload>;

/** `run/<id>/result`: how a run ended. */
export const RunResult = v.strictObject({
  v: version,
  run: runId,
  host: words(80),
  mac,
  profile: v.picklist(PROFILES),
  result: v.picklist(RESULTS),
  failed_stage: v.nullable(v.picklist(RUN_STATES)),
  failure: v.nullable(words(256)),
  started: when,
  ended: when,
});
export type RunResult = v.InferOutput<typeof RunResult>;

const ref = v.pipe(v.string(), v.minLength(1), v.maxLength(80));
const onRun = v.strictObject({ run: v.pipe(ref, v.description("id of the run, or its unique beginning")) });

/** `cmd/start`. There is no key for a destructive run: that is asked for where a person can see the plan. */
export const StartCommand = v.strictObject({
  host: v.pipe(ref, v.description("name, MAC or id of the host")),
  profile: v.optional(v.picklist(PROFILES), "quick"),
  repaired: v.optional(v.pipe(v.string(), v.maxLength(500))),
});

/** `cmd/cancel`, `cmd/release`, `cmd/retry`. */
export const RunCommand = onRun;

/** What is answered on the response topic of a command (MQTT 5), with its correlation data. */
export const CommandAnswer = v.variant("ok", [
  v.strictObject({ ok: v.literal(true), run: runId, state: v.picklist(RUN_STATES) }),
  v.strictObject({
    ok: v.literal(false),
    code: v.picklist(REFUSAL_CODES),
    detail: v.string(),
    path: v.optional(v.string()),
  }),
]);
export type CommandAnswer = v.InferOutput<typeof CommandAnswer>;

const id = v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/));
const component = v.strictObject({
  p: v.picklist(["sensor", "binary_sensor"]),
  unique_id: id,
  default_entity_id: v.pipe(v.string(), v.regex(/^(binary_)?sensor\.[a-z0-9_]+$/)),
  name: words(64),
  dev_cla: v.optional(v.string()),
  unit_of_meas: v.optional(v.string()),
  stat_cla: v.optional(v.literal("measurement")),
  ent_cat: v.optional(v.literal("diagnostic")),
  ops: v.optional(v.array(v.string())),
  exp_aft: v.optional(count),
  stat_t: v.optional(v.string()),
  val_tpl: v.string(),
});

/** One component of a device, in Home Assistant's abbreviations. */
export type DiscoveredComponent = v.InferOutput<typeof component>;

/** `<discovery prefix>/device/<id>/config`: a box or a host as a device of Home Assistant. */
export const Discovery = v.strictObject({
  dev: v.strictObject({
    ids: v.array(id),
    cns: v.optional(v.array(v.tuple([v.literal("mac"), mac]))),
    name: words(64),
    mf: v.optional(words(64)),
    mdl: v.optional(words(64)),
    sn: v.optional(words(64)),
    sw: v.optional(words(64)),
    via_device: v.optional(id),
  }),
  o: v.strictObject({ name: v.literal("vetbox"), sw: words(64) }),
  avty: v.array(v.strictObject({ t: v.string() })),
  avty_mode: v.literal("all"),
  stat_t: v.string(),
  qos: v.literal(1),
  cmps: v.record(v.string(), component),
});
export type Discovery = v.InferOutput<typeof Discovery>;
