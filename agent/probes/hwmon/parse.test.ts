import { describe, expect, test } from "bun:test";
import { fakeSystem, tableFiles } from "../../fakes/system.ts";
import { Fault } from "../../system/fault.ts";
import { runProbe } from "../probe.ts";
import { hwmonProbe } from "./collect.ts";
import { type HwmonChip, parseHwmon, parseTemperatures } from "./parse.ts";

const chip = (name: string, attributes: Readonly<Record<string, string | null>>, device = "device"): HwmonChip => ({
  name,
  device,
  attributes,
});

describe("parseHwmon", () => {
  test("converts the kernel's units", () => {
    const sensors = parseHwmon([
      chip("board", {
        temp1_input: "36850",
        fan2_input: "5400",
        in0_input: "1016",
        in0_label: "Vcore",
        curr1_input: "12500",
        power1_average: "168000000",
      }),
    ]);
    expect(sensors.map(({ name, kind, reading }) => [name, kind, reading])).toEqual([
      ["board temp1", "temperature", 36.85],
      ["board fan2", "fan", 5400],
      ["board Vcore", "voltage", 1.016],
      ["board curr1", "current", 12.5],
      ["board power1", "power", 168],
    ]);
  });

  for (const [tempC, status] of [
    [60, "ok"],
    [81, "warning"],
    [85, "critical"],
  ] as const)
    test(`a disk of ${tempC} °C is ${status} by its own limits of 81 and 85`, () => {
      const attributes = { temp1_input: `${tempC}000`, temp1_max: "81000", temp1_crit: "85000" };
      expect(parseHwmon([chip("nvme", attributes)])[0]?.status).toBe(status);
    });

  test("limits that nobody set, and those of a board's monitor, judge nothing", () => {
    const hot = { temp1_input: "127000", temp1_max: "80000" };
    expect(parseHwmon([chip("nct6775", hot)])[0]).not.toHaveProperty("status");
    for (const limits of [{}, { temp1_crit: "0" }, { temp1_crit: "65261850", temp1_max: "-273150" }])
      expect(parseHwmon([chip("coretemp", { temp1_input: "90000", ...limits })])[0]).not.toHaveProperty("status");
  });

  test("what cannot be read or cannot be so is left out; an average counts where there is no instant", () => {
    expect(
      parseHwmon([
        chip("x", {
          temp1_input: null,
          temp2_input: "-61000",
          temp3_input: "abc",
          temp4_label: "alone",
          power1_average: "1000000",
          power1_input: "2000000",
        }),
      ]),
    ).toEqual([{ name: "x power1", source: "hwmon", kind: "power", reading: 2 }]);
  });

  test("chips of one name go by their device, sensors of one label by a number", () => {
    const two = { temp1_input: "1000", temp1_label: "Core 0", temp2_input: "2000", temp2_label: "Core 0" };
    const sensors = parseHwmon([
      chip("coretemp", two, "coretemp.0"),
      chip("coretemp", two, "coretemp.1"),
      chip("jc42", { temp1_input: "3000" }, "0-0018"),
      chip("jc42", { temp1_input: "4000" }, "0-0019"),
    ]);
    expect(sensors.map(({ name }) => name)).toEqual([
      "coretemp.0 Core 0#1",
      "coretemp.0 Core 0#2",
      "coretemp.1 Core 0#1",
      "coretemp.1 Core 0#2",
      "jc42 0-0018 temp1",
      "jc42 0-0019 temp1",
    ]);
  });
});

describe("hwmonProbe", () => {
  const silent = new AbortController().signal;

  test("a sensor that refuses to be read costs itself alone", async () => {
    const table = tableFiles({
      "/sys/class/hwmon/hwmon0/name": "coretemp\n",
      "/sys/class/hwmon/hwmon0/temp1_input": "41000\n",
      "/sys/class/hwmon/hwmon0/temp2_input": "",
      "/sys/class/hwmon/hwmon0/device": "->/sys/devices/platform/coretemp.0",
    });
    const files = {
      ...table,
      readText: (path: string) =>
        path.endsWith("temp2_input") ? Promise.reject(new Fault("file-unreadable", { path })) : table.readText(path),
    };
    const { report, facts } = await runProbe(hwmonProbe, fakeSystem({ files }), silent);
    expect(report.status).toBe("ok");
    expect(facts).toEqual([{ name: "coretemp temp1", source: "hwmon", kind: "temperature", reading: 41 }]);
  });

  test("a machine without sensors has no device to read", async () => {
    expect((await runProbe(hwmonProbe, fakeSystem(), silent)).report.status).toBe("device-absent");
  });
});

test("parseTemperatures: what each part bears, where the limit is its own; no voltages", () => {
  const chips = [
    chip("coretemp", { temp1_input: "61000", temp1_label: "Core 0", temp1_max: "90000", temp1_crit: "100000" }),
    chip("jc42", { temp1_input: "40000", temp1_max: "85000" }),
    chip("nct6775", { temp1_input: "50000", temp1_crit: "80000", in0_input: "1200" }),
  ];
  expect(parseTemperatures(chips)).toEqual([
    { name: "coretemp Core 0", chip: "coretemp", isProcessor: true, tempC: 61, criticalC: 100 },
    { name: "jc42 temp1", chip: "jc42", isProcessor: false, tempC: 40, criticalC: 85 },
    { name: "nct6775 temp1", chip: "nct6775", isProcessor: false, tempC: 50 },
  ]);
});
