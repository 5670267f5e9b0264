/** The parser against another reading of the same files: each document flattened into lines `path value`, and the values picked from these. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSmartctl, type SmartctlFacts } from "./parse.ts";

const FOLDER = join(import.meta.dir, "fixtures");
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .sort();
const textOf = (name: string): string => readFileSync(join(FOLDER, name), "utf8");
const factsOf = (name: string): SmartctlFacts => {
  const parsed = parseSmartctl(textOf(name));
  if (!parsed.ok) throw new Error(`${name}, ${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};

/** By indentation alone: the files have one tab a level and one member a line. No JSON is parsed as a whole. */
const flatten = (text: string): ReadonlyMap<string, string> => {
  const way: string[] = [];
  const found = new Map<string, string>();
  for (const line of text.split("\n")) {
    const depth = line.length - line.trimStart().length;
    const member = /^"([^"]+)": (.+?),?$/.exec(line.trim());
    if (member === null) continue;
    way.length = Math.max(0, depth - 1);
    way[depth - 1] = member[1] ?? "";
    const value = member[2] ?? "";
    if (value !== "{" && value !== "[") found.set([...way].map((part) => part ?? "").join("."), value);
  }
  return found;
};
const unquoted = (raw: string | undefined): string | null => raw?.replace(/^"|"$/g, "").trim() ?? null;
const number = (raw: string | undefined): number | null => (raw === undefined ? null : Number(raw));

describe("parseSmartctl agrees with the files", () => {
  test("there are the drives of the field: ATA, SCSI and NVMe", () => {
    const kinds = NAMES.map((name) => unquoted(flatten(textOf(name)).get("device.protocol")));
    expect(["ATA", "SCSI", "NVMe"].map((kind) => kinds.filter((one) => one === kind).length)).toEqual([53, 3, 28]);
  });

  test.each(NAMES)("%s", (name) => {
    const said = flatten(textOf(name));
    const facts = factsOf(name);
    const rate = (which: string) => {
      const words = unquoted(said.get(`interface_speed.${which}.string`));
      return words === null ? undefined : Number(words.replace(" Gb/s", ""));
    };
    expect(facts).toMatchObject({
      model: unquoted(said.get("model_name") ?? said.get("scsi_model_name")),
      protocol: unquoted(said.get("device.protocol"))?.toLowerCase() ?? null,
      capacityBytes: number(said.get("user_capacity.bytes") ?? said.get("nvme_total_capacity")),
      temperatureC: number(said.get("temperature.current")),
      exitStatus: number(said.get("smartctl.exit_status")),
      passed: said.get("smart_status.passed") === "true",
      device: unquoted(said.get("device.name")) ?? "",
    });
    expect([facts.powerOnHours ?? null, facts.rotationRpm ?? null, facts.logicalSectorBytes ?? null]).toEqual([
      number(said.get("power_on_time.hours")),
      number(said.get("rotation_rate")),
      number(said.get("logical_block_size")),
    ]);
    expect([facts.linkGbps, facts.maxLinkGbps]).toEqual([rate("current"), rate("max")]);
    expect(facts.attributes).toHaveLength(textOf(name).match(/"when_failed"/g)?.length ?? 0);
    expect(facts.scsi?.grownDefectCount ?? null).toBe(number(said.get("scsi_grown_defect_list")));
    const log = "nvme_smart_health_information_log";
    expect([facts.nvme?.mediaErrorCount ?? null, facts.nvme?.usedPercent ?? null]).toEqual([
      number(said.get(`${log}.media_errors`)),
      number(said.get(`${log}.percentage_used`)),
    ]);
  });

  // The source named these files by the model, without smartctl's help to the parser; what is no letter or digit became an underscore.
  test.each(NAMES.filter((name) => /^(?:sat|nvme)-/.test(name)))("the name of %s is that of its model", (name) => {
    const model = factsOf(name).model ?? "";
    expect(name.replace(/-(?:sd[a-z]|nvme\d+)\.json$/, "")).toEndWith(`-${model.replace(/[^\w.-]/g, "_")}`);
  });

  test.each(NAMES)("the temperature of %s is also found where smartctl took it from", (name) => {
    const facts = factsOf(name);
    const document = JSON.parse(textOf(name)) as Record<string, unknown>;
    delete document["temperature"];
    const again = parseSmartctl(JSON.stringify(document));
    const hasOther = facts.protocol === "nvme" || facts.attributes.some(({ id }) => id === 194 || id === 190);
    expect(again.ok && again.facts.temperatureC).toBe(hasOther ? facts.temperatureC : null);
  });
});
