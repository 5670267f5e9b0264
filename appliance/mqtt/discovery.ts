/**
 * The box and its hosts as devices of Home Assistant: one discovery message for each, made from the native tree.
 *
 * Rules are those of home-assistant/core: homeassistant/components/mqtt/{schemas,abbreviations,sensor,binary_sensor}.py (2026.9). `default_entity_id` is what
 * `object_id` was until 2026.4. Names of entities do not repeat the device's.
 */
import { RUN_STATES } from "../../agent/wire/names.ts";
import { plainText } from "../../agent/wire/plain.ts";
import type { DiscoveredComponent, Discovery } from "../core/mqtt-payloads.ts";
import { deviceId, macLevel, type TreeRoot, treeOf } from "../core/mqtt-tree.ts";
import type { BoxView, HostView } from "../core/views.ts";
import { renderName } from "./render.ts";

/** What a host says of itself, as far as a device is shown with it. */
export interface HostIdentity {
  readonly manufacturer?: string | undefined;
  readonly product?: string | undefined;
  readonly serial?: string | undefined;
}

/** Telemetry comes every 5 s at most; after six that did not come, nobody measures any more. */
const TELEMETRY_EXPIRES_S = 30;
const LABEL_CHARS = 63; // and an ellipsis

/** Words as the end of an entity id. */
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");

/** A component before it has its ids. */
type Draft = Omit<DiscoveredComponent, "unique_id" | "default_entity_id">;

const withIds = (id: string, name: string, drafts: Readonly<Record<string, Draft>>): Discovery["cmps"] =>
  Object.fromEntries(
    Object.entries(drafts).map(([key, draft]): [string, DiscoveredComponent] => {
      const entity = `${draft.p}.${name}_${key.replaceAll("-", "_")}`;
      return [key, { ...draft, unique_id: `${id}-${key}`, default_entity_id: entity }];
    }),
  );

const label = (text: string | undefined): string | undefined => {
  const clean = text === undefined ? "" : plainText(text, LABEL_CHARS).trim();
  return clean === "" ? undefined : clean;
};

/** Leaves out what is not known: Home Assistant takes no null. */
const known = <T extends object>(some: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

const value = (expression: string): string => `{{ ${expression} }}`;
const onOff = (expression: string): string => value(`'ON' if ${expression} else 'OFF'`);

/** A host. It is there while the box is and while the box knows it. */
export const renderHostDiscovery = (
  root: TreeRoot,
  host: HostView,
  identity: HostIdentity,
  version: string,
): Discovery => {
  const tree = treeOf(root);
  const id = deviceId(root, host.mac);
  const telemetry = {
    stat_t: tree.hostTelemetry(host.mac),
    stat_cla: "measurement",
    exp_aft: TELEMETRY_EXPIRES_S,
  } as const;
  const { manufacturer, product, serial } = identity;
  return {
    dev: {
      ids: [id],
      cns: [["mac", host.mac]],
      name: renderName(host.name).slice(0, LABEL_CHARS),
      ...known({ mf: label(manufacturer), mdl: label(product), sn: label(serial) }),
      via_device: deviceId(root),
    },
    o: { name: "vetbox", sw: version },
    avty: [{ t: tree.status }, { t: tree.hostAvail(host.mac) }],
    avty_mode: "all",
    stat_t: tree.hostState(host.mac),
    qos: 1,
    cmps: withIds(id, slug(host.name) || macLevel(host.mac), {
      stage: {
        p: "sensor",
        name: "Stage",
        dev_cla: "enum",
        ops: [...RUN_STATES, "Idle"],
        val_tpl: value("value_json.state or 'Idle'"),
      },
      doing: { p: "sensor", name: "Doing", val_tpl: value("value_json.text") },
      progress: {
        p: "sensor",
        name: "Progress",
        unit_of_meas: "%",
        val_tpl: value("(value_json.progress * 100) | round if value_json.progress is not none else 0"),
      },
      held: { p: "binary_sensor", name: "Held", dev_cla: "problem", val_tpl: onOff("value_json.held") },
      result: {
        p: "sensor",
        name: "Result",
        dev_cla: "enum",
        ops: ["pass", "warn", "fail", "cancelled", "none"],
        val_tpl: value("value_json.result or 'none'"),
      },
      temp: {
        p: "sensor",
        name: "Max temperature",
        dev_cla: "temperature",
        unit_of_meas: "°C",
        val_tpl: value("value_json.temp_max_c"),
        ...telemetry,
      },
      power: {
        p: "sensor",
        name: "Power",
        dev_cla: "power",
        unit_of_meas: "W",
        val_tpl: value("value_json.power_w"),
        ...telemetry,
      },
    }),
  };
};

/** The box itself: what its hosts hang on. */
export const renderBoxDiscovery = (root: TreeRoot, box: BoxView): Discovery => {
  const tree = treeOf(root);
  const id = deviceId(root);
  return {
    dev: { ids: [id], name: renderName(box.name), mf: "Vetbox", mdl: "Vetbox", sw: box.version },
    o: { name: "vetbox", sw: box.version },
    avty: [{ t: tree.status }],
    avty_mode: "all",
    stat_t: tree.state,
    qos: 1,
    cmps: withIds(id, `vetbox_${slug(root.box)}`, {
      active: {
        p: "sensor",
        name: "Active runs",
        stat_cla: "measurement",
        unit_of_meas: "runs",
        val_tpl: value("value_json.runs_active"),
      },
      queue: {
        p: "sensor",
        name: "Queued runs",
        stat_cla: "measurement",
        unit_of_meas: "runs",
        val_tpl: value("value_json.queue"),
      },
      boot: {
        p: "binary_sensor",
        name: "Boot service",
        dev_cla: "problem",
        ent_cat: "diagnostic",
        val_tpl: onOff("value_json.dhcp == 'restarting'"),
      },
      rogue: {
        p: "binary_sensor",
        name: "Second DHCP server",
        dev_cla: "problem",
        ent_cat: "diagnostic",
        val_tpl: onOff("value_json.rogue_dhcp > 0"),
      },
      disk: {
        p: "sensor",
        name: "Disk free",
        unit_of_meas: "%",
        stat_cla: "measurement",
        ent_cat: "diagnostic",
        val_tpl: value(
          "(value_json.disk_free_ratio * 100) | round if value_json.disk_free_ratio is not none else 'unknown'",
        ),
      },
      dropped: {
        p: "sensor",
        name: "Events dropped",
        unit_of_meas: "events",
        ent_cat: "diagnostic",
        val_tpl: value("value_json.events_dropped"),
      },
    }),
  };
};
