/**
 * `lldpcli -f json0 show neighbors details` to the neighbours of each interface. Pure, total, linear.
 *
 * lldpcli has two layouts of JSON. In `json` a thing that occurs once is an object and one that occurs twice a list, and names become keys;
 * `json0` writes everything as a list, always (lldpcli(8)).
 */
import type { NeighbourFacts } from "../../wire/hardware/network.ts";
import { cleanLabel, leadingCount, present } from "../label.ts";
import { objectOf, parseLenientJson } from "../lenient-json.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** One neighbour, and the interface that hears it. */
export interface LldpNeighbour extends NeighbourFacts {
  readonly interface: string;
  /** It forwards frames for others: a switch, and not another server or a BMC behind the same one. */
  readonly bridge: boolean;
}

/** The objects of a list; a layout that has one object in place of the list is as good. */
const each = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  (Array.isArray(value) ? value : [value]).map(objectOf).filter((one) => one !== undefined);

/** The value of the first entry: `"name": [{ "value": "leaf-a1" }]`. */
const firstValue = (value: unknown): string | undefined => cleanLabel(each(value)[0]?.["value"]);

/** The VLAN of untagged frames where the switch marks one, else the first. */
const vlanOf = (value: unknown): number | undefined => {
  const vlans = each(value);
  const id = (vlans.find((vlan) => vlan["pvid"] === true) ?? vlans[0])?.["vlan-id"];
  return leadingCount(typeof id === "number" ? String(id) : typeof id === "string" ? id : undefined);
};

const neighbourOf = (raw: Readonly<Record<string, unknown>>): LldpNeighbour | undefined => {
  const name = cleanLabel(raw["name"], 64);
  if (name === undefined) return undefined;
  const chassis = each(raw["chassis"])[0];
  const port = each(raw["port"])[0];
  return {
    interface: name,
    bridge: each(chassis?.["capability"]).some((one) => one["type"] === "Bridge" && one["enabled"] === true),
    ...present({
      system: firstValue(chassis?.["name"]),
      chassisId: firstValue(chassis?.["id"]),
      portId: firstValue(port?.["id"]),
      portDescription: firstValue(port?.["descr"]),
      vlanId: vlanOf(raw["vlan"]),
    }),
  };
};

/** Reads the neighbours, switches first: where several are heard on one interface, the first is what the cable leads to. */
export const parseLldp = (text: string): Parsed<readonly LldpNeighbour[]> => {
  const documents = parseLenientJson(text);
  if (!documents.ok) return documents;
  const roots = documents.facts.flatMap((one) => {
    const root = objectOf(one);
    return root !== undefined && "lldp" in root ? [root["lldp"]] : [];
  });
  if (roots.length === 0) return notUnderstood("line 1", "No list of lldpcli -f json0.");
  const heard = roots.flatMap(each).flatMap((list) => each(list["interface"]));
  const neighbours = heard.flatMap((raw) => neighbourOf(raw) ?? []);
  // In the other layout the interface is the key of its entry.
  if (neighbours.length === 0 && heard.length > 0)
    return notUnderstood("line 1", "Not the layout of lldpcli -f json0.");
  return understood([...neighbours.filter((one) => one.bridge), ...neighbours.filter((one) => !one.bridge)]);
};
