/**
 * The discovery messages against the rules of Home Assistant, written down from home-assistant/core (2026.9): homeassistant/components/mqtt/schemas.py
 * (DEVICE_DISCOVERY_SCHEMA, MQTT_ENTITY_DEVICE_INFO_SCHEMA, MQTT_ORIGIN_INFO_SCHEMA, check_unique_id), abbreviations.py, discovery.py (TOPIC_MATCHER), sensor.py,
 * binary_sensor.py, components/sensor/const.py (DEVICE_CLASS_UNITS, DEVICE_CLASS_STATE_CLASSES), and from home-assistant.io: source/_integrations/mqtt.markdown.
 */
import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { type Discovery, Discovery as DiscoverySchema } from "../core/mqtt-payloads.ts";
import { deviceId, discoveryTopic } from "../core/mqtt-tree.ts";
import type { BoxView, HostView } from "../core/views.ts";
import { renderBoxDiscovery, renderHostDiscovery } from "./discovery.ts";

const ROOT = { prefix: "vetbox", box: "rack7" };
const BOX: BoxView = {
  ...{ name: "rack7", version: "1.4.0", address: "10.0.0.2", imageId: null, dnsmasq: "running", otherDhcp: [] },
  ...{ activeRuns: 1, queuedRuns: 0, mqtt: null },
};
const hostNamed = (name: string): HostView => ({
  ...{ id: "h1", name, mac: "aa:bb:cc:dd:ee:ff", addedMs: 0, hasSpec: true, bmc: null, activeRun: null, lastRun: null },
});

/** Abbreviations that are used, and what they stand for (abbreviations.py). A key that is not here is not abbreviated. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  avty: "availability",
  avty_mode: "availability_mode",
  cmps: "components",
  dev: "device",
  dev_cla: "device_class",
  ent_cat: "entity_category",
  exp_aft: "expire_after",
  o: "origin",
  ops: "options",
  p: "platform",
  stat_cla: "state_class",
  stat_t: "state_topic",
  t: "topic",
  unit_of_meas: "unit_of_measurement",
  val_tpl: "value_template",
};
const DEVICE_ABBREVIATIONS: Readonly<Record<string, string>> = {
  cns: "connections",
  ids: "identifiers",
  mdl: "model",
  mf: "manufacturer",
  sn: "serial_number",
  sw: "sw_version",
};
const ORIGIN_ABBREVIATIONS: Readonly<Record<string, string>> = { sw: "sw_version", url: "support_url" };

/** Keys that each part may have, in full. */
const DEVICE_KEYS = [
  "identifiers",
  "connections",
  "name",
  "manufacturer",
  "model",
  "serial_number",
  "sw_version",
  "via_device",
];
const ENTITY_KEYS = [
  ...["platform", "unique_id", "default_entity_id", "name", "device_class", "state_class", "entity_category"],
  ...["options", "expire_after", "state_topic", "value_template", "unit_of_measurement"],
];
const ROOT_KEYS = ["device", "origin", "components", "availability", "availability_mode", "state_topic", "qos"];

/** Device classes that are used, with their units and state classes (sensor/const.py); `enum` is text. */
const SENSOR_CLASSES: Readonly<Record<string, { units: readonly string[]; states: readonly string[] }>> = {
  enum: { units: [], states: [] },
  power: { units: ["mW", "W", "kW", "MW", "GW", "TW"], states: ["measurement"] },
  temperature: { units: ["°C", "°F", "K"], states: ["measurement"] },
};
const BINARY_CLASSES = ["problem", "connectivity", "running"];

type Plain = Readonly<Record<string, unknown>>;
const expand = (part: object, names: Readonly<Record<string, string>>): Plain =>
  Object.fromEntries(Object.entries(part).map(([key, value]) => [names[key] ?? key, value]));

/** A topic that may be subscribed to (util.py: valid_subscribe_topic), without wildcards. */
const isTopic = (topic: unknown): boolean =>
  typeof topic === "string" && topic.length > 0 && Buffer.byteLength(topic) <= 65_535 && !/[\0+#]/.test(topic);

const sensorFaults = (entity: Plain): readonly string[] => {
  const { device_class: cls, unit_of_measurement: unit, state_class: state, options } = entity;
  const known = typeof cls === "string" ? SENSOR_CLASSES[cls] : undefined;
  return [
    ...(cls !== undefined && known === undefined ? [`unknown device class ${cls}`] : []),
    ...(known !== undefined && unit !== undefined && !known.units.includes(String(unit))
      ? [`unit ${unit} for ${cls}`]
      : []),
    ...(known !== undefined && known.units.length > 0 && unit === undefined ? [`no unit for ${cls}`] : []),
    ...(known !== undefined && state !== undefined && !known.states.includes(String(state))
      ? [`${state} for ${cls}`]
      : []),
    ...(state !== undefined && state !== "measurement" ? [`state class ${state}`] : []),
    // sensor.py: options are for enum alone, never empty, and exclude a state class and a unit
    ...(options !== undefined && cls !== "enum" ? ["options without enum"] : []),
    ...(cls === "enum" && (!Array.isArray(options) || options.length === 0) ? ["enum without options"] : []),
    ...(options !== undefined && (state !== undefined || unit !== undefined)
      ? ["options with a state class or unit"]
      : []),
  ];
};

const binaryFaults = ({ device_class: cls, ...entity }: Plain): readonly string[] => [
  ...(cls !== undefined && !BINARY_CLASSES.includes(String(cls)) ? [`unknown device class ${cls}`] : []),
  ...["unit_of_measurement", "state_class", "options"].flatMap((key) => (entity[key] === undefined ? [] : [key])),
];

const entityFaults = (entity: Plain, device: string, rootTopic: unknown): readonly string[] => [
  ...Object.keys(entity).flatMap((key) => (ENTITY_KEYS.includes(key) ? [] : [`key ${key}`])),
  ...(typeof entity["unique_id"] === "string" ? [] : ["no unique_id"]),
  ...(isTopic(entity["state_topic"] ?? rootTopic) ? [] : ["no state topic"]),
  ...(entity["platform"] === "sensor" ? sensorFaults(entity) : []),
  ...(entity["platform"] === "binary_sensor" ? binaryFaults(entity) : []),
  ...(["sensor", "binary_sensor"].includes(String(entity["platform"])) ? [] : [`platform ${entity["platform"]}`]),
  // The domain of the entity id is the platform's, its object id a slug (helpers/entity.py, core.py: VALID_ENTITY_ID).
  ...(new RegExp(`^${entity["platform"]}\\.(?!_)[\\da-z_]+(?<!_)$`).test(String(entity["default_entity_id"]))
    ? []
    : ["default_entity_id"]),
  ...(entity["object_id"] === undefined ? [] : ["object_id is gone since 2026.4"]),
  // mqtt.markdown: since 2023.8 an entity's name must not begin with its device's
  ...(String(entity["name"]).toLowerCase().startsWith(device.toLowerCase()) ? ["repeats the device's name"] : []),
  ...(entity["expire_after"] === undefined || Number(entity["expire_after"]) > 0 ? [] : ["expire_after"]),
  ...(/^\{\{ .+ \}\}$/.test(String(entity["value_template"])) ? [] : ["template"]),
];

/** Everything of a message that Home Assistant would refuse, or take otherwise than it is meant. */
const faultsOf = (topic: string, message: Discovery): readonly string[] => {
  const root = expand(JSON.parse(JSON.stringify(message)), ABBREVIATIONS);
  const device = expand(message.dev, DEVICE_ABBREVIATIONS);
  const origin = expand(message.o, ORIGIN_ABBREVIATIONS);
  const entities = Object.values(message.cmps).map((one) => expand(one, ABBREVIATIONS));
  const ids = entities.map((one) => one["unique_id"]);
  return [
    // discovery.py: TOPIC_MATCHER
    ...(/^[a-z0-9-]+\/device\/[a-zA-Z0-9_-]+\/config$/.test(topic) ? [] : [`topic ${topic}`]),
    ...Object.keys(root).flatMap((key) => (ROOT_KEYS.includes(key) ? [] : [`key ${key}`])),
    ...["device", "origin", "components"].flatMap((key) => (root[key] === undefined ? [`no ${key}`] : [])),
    ...Object.keys(device).flatMap((key) => (DEVICE_KEYS.includes(key) ? [] : [`device: key ${key}`])),
    ...(message.dev.ids.length + (message.dev.cns?.length ?? 0) > 0 ? [] : ["no identifier"]),
    ...Object.values(device).flatMap((value) =>
      value === null || value === undefined || value === "" ? ["empty"] : [],
    ),
    ...(typeof origin["name"] === "string" ? [] : ["origin without name"]),
    ...message.avty.flatMap(({ t }) => (isTopic(t) ? [] : [`availability ${t}`])),
    ...(["all", "any", "latest"].includes(message.avty_mode) ? [] : ["availability mode"]),
    ...(new Set(ids).size === ids.length ? [] : ["two components have one unique_id"]),
    ...entities.flatMap((one) => entityFaults(one, message.dev.name, message.stat_t)),
  ];
};

const HOSTILE = [
  "r07-u12",
  "<script>alert(1)</script>",
  "a".repeat(64),
  "\u202Egpj.exe",
  "…",
  "{{ states }}",
  "Ståge 7",
];

describe("renderHostDiscovery", () => {
  test.each(HOSTILE)("keeps the rules of Home Assistant for a host named %p", (name) => {
    const identity = { manufacturer: `Dell\u001b[31m ${"x".repeat(300)}`, product: "R740\n", serial: "7XK" };
    const message = renderHostDiscovery(ROOT, hostNamed(name), identity, "1.4.0");
    expect(faultsOf(discoveryTopic("homeassistant", deviceId(ROOT, "aa:bb:cc:dd:ee:ff")), message)).toEqual([]);
    expect(v.parse(DiscoverySchema, message)).toEqual(message);
    expect(JSON.stringify(message)).not.toMatch(/\\u001b|\u202e|\\n/i);
    expect(message.dev.mf?.length).toBeLessThanOrEqual(64);
  });

  test("is what surfaces.md drew: ids, availability of box and host, telemetry that expires", () => {
    const message = renderHostDiscovery(
      ROOT,
      hostNamed("r07-u12"),
      { manufacturer: "Dell Inc.", product: "R740", serial: "7XK" },
      "1.4.0",
    );
    expect(message.dev).toEqual({
      ids: ["vetbox-rack7-aabbccddeeff"],
      cns: [["mac", "aa:bb:cc:dd:ee:ff"]],
      ...{ name: "r07-u12", mf: "Dell Inc.", mdl: "R740", sn: "7XK", via_device: "vetbox-rack7" },
    });
    expect(message.avty).toEqual([{ t: "vetbox/rack7/status" }, { t: "vetbox/rack7/host/aabbccddeeff/avail" }]);
    expect(message.avty_mode).toBe("all");
    expect(message.cmps["temp"]).toEqual({
      ...{ p: "sensor", name: "Max temperature", dev_cla: "temperature", unit_of_meas: "°C", stat_cla: "measurement" },
      ...{ stat_t: "vetbox/rack7/host/aabbccddeeff/telemetry", exp_aft: 30, val_tpl: "{{ value_json.temp_max_c }}" },
      ...{ unique_id: "vetbox-rack7-aabbccddeeff-temp", default_entity_id: "sensor.r07_u12_temp" },
    });
  });

  test("leaves out what the server does not say", () => {
    expect(Object.keys(renderHostDiscovery(ROOT, hostNamed("r1"), { manufacturer: " " }, "1").dev)).toEqual([
      ...["ids", "cns", "name", "via_device"],
    ]);
  });
});

describe("renderBoxDiscovery", () => {
  test("keeps the rules of Home Assistant, and is what hosts hang on", () => {
    const message = renderBoxDiscovery(ROOT, BOX);
    expect(faultsOf(discoveryTopic("homeassistant", deviceId(ROOT)), message)).toEqual([]);
    expect(v.parse(DiscoverySchema, message)).toEqual(message);
    expect(message.dev.ids).toEqual([renderHostDiscovery(ROOT, hostNamed("r1"), {}, "1").dev.via_device ?? ""]);
  });
});

describe("the rules themselves", () => {
  const good = renderBoxDiscovery(ROOT, BOX);
  const topic = "homeassistant/device/vetbox-rack7/config";
  const withEntity = (change: object): Discovery => ({
    ...good,
    cmps: { active: { ...good.cmps["active"], ...change } as never },
  });
  test.each([
    [{ dev_cla: "temperature", unit_of_meas: "runs" }, "unit runs for temperature"],
    [{ dev_cla: "enum", ops: [], unit_of_meas: undefined, stat_cla: undefined }, "enum without options"],
    [{ unique_id: undefined }, "no unique_id"],
    [{ object_id: "x" }, "object_id is gone since 2026.4"],
    [{ default_entity_id: "sensor.Über" }, "default_entity_id"],
    [{ name: "rack7 runs" }, "repeats the device's name"],
    [{ p: "binary_sensor", default_entity_id: "binary_sensor.a" }, "unit_of_measurement"],
  ])("refuse %p", (change, fault) => expect(faultsOf(topic, withEntity(change))).toContain(fault));
  test("refuse a topic that Home Assistant does not match", () =>
    expect(faultsOf("homeassistant/device/vet box/config", good)).toHaveLength(1));
});
