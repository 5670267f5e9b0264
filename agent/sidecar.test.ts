import { describe, expect, test } from "bun:test";
import { fakeSystem, tableFiles } from "./fakes/system.ts";
import { createSensorReader, runSidecar } from "./sidecar.ts";
import type { Files } from "./system/files.ts";

const TABLE: Record<string, string> = {
  "/sys/class/hwmon/hwmon0/name": "coretemp\n",
  "/sys/class/hwmon/hwmon0/device": "->/sys/devices/platform/coretemp.0",
  "/sys/class/hwmon/hwmon0/temp1_input": "41500\n",
  "/sys/class/hwmon/hwmon0/temp1_label": "Package id 0\n",
  "/sys/class/hwmon/hwmon0/temp1_crit": "99000\n",
  "/sys/class/hwmon/hwmon1/name": "coretemp\n",
  "/sys/class/hwmon/hwmon1/device": "->/sys/devices/platform/coretemp.1",
  "/sys/class/hwmon/hwmon1/temp1_input": "-5000\n",
  "/sys/class/hwmon/hwmon2/name": "nct/6798\n",
  "/sys/class/hwmon/hwmon2/fan1_input": "1250\n",
  "/sys/class/hwmon/hwmon2/in0_input": "1023\n",
  "/sys/class/hwmon/hwmon2/in0_label": "+12V\n",
  "/sys/class/hwmon/hwmon2/in1_input": "5000\n",
  "/sys/class/hwmon/hwmon2/in1_label": "+12V\n",
  "/sys/class/hwmon/hwmon2/curr1_input": "2500\n",
  "/sys/class/hwmon/hwmon2/power1_average": "168000000\n",
  "/sys/class/hwmon/hwmon2/power2_average": "1\n",
  "/sys/class/hwmon/hwmon2/power2_input": "2000000\n",
  "/sys/class/hwmon/hwmon2/pwm1": "127\n",
};
const READINGS = {
  "coretemp-coretemp.0/Package_id_0/tempC": 41.5,
  "coretemp-coretemp.1/temp1/tempC": -5,
  "nct-6798/fan1/rpm": 1250,
  "nct-6798/+12V/volts": 1.023,
  "nct-6798/+12V#2/volts": 5,
  "nct-6798/curr1/amps": 2.5,
  "nct-6798/power1/watts": 168,
  "nct-6798/power2/watts": 2,
};

describe("createSensorReader", () => {
  test("reads every kind in its unit, under names that differ", async () => {
    expect(await createSensorReader(fakeSystem({ files: tableFiles(TABLE) })).read(1000)).toEqual(READINGS);
  });

  test("a sensor that is dead, empty or babbles drops out; a machine without any has no readings", async () => {
    const files = tableFiles({
      ...TABLE,
      "/sys/class/hwmon/hwmon2/fan1_input": "",
      "/sys/class/hwmon/hwmon2/curr1_input": "N/A\n",
    });
    const { "nct-6798/fan1/rpm": _fan, "nct-6798/curr1/amps": _curr, ...rest } = READINGS;
    expect(await createSensorReader(fakeSystem({ files })).read(1000)).toEqual(rest);
    expect(await createSensorReader(fakeSystem()).read(1000)).toEqual({});
  });

  test("a sensor that hangs costs its own reading, and is not asked again while it hangs", async () => {
    let asked = 0;
    const table = tableFiles(TABLE);
    const hung = Promise.withResolvers<string>();
    const files: Files = {
      ...table,
      readText: (path) => {
        if (!path.endsWith("fan1_input")) return table.readText(path);
        asked += 1;
        return hung.promise;
      },
    };
    const system = fakeSystem({ files });
    const reader = createSensorReader(system);
    const { "nct-6798/fan1/rpm": _fan, ...rest } = READINGS;
    for (let i = 0; i < 3; i += 1) {
      let readings: unknown;
      void reader.read(1000).then((r) => {
        readings = r;
      });
      await system.clock.until(() => readings !== undefined, 2000);
      expect(readings).toEqual(rest);
    }
    expect(asked).toBe(1);
    hung.resolve("900\n");
    await system.clock.pass(1);
    expect(await reader.read(1000)).toEqual({ ...READINGS, "nct-6798/fan1/rpm": 900 });
  });
});

describe("runSidecar", () => {
  test("takes a sample every 5 s until it is stopped", async () => {
    const system = fakeSystem({ files: tableFiles(TABLE) });
    const stop = new AbortController();
    let samples = 0;
    const count = () => {
      samples += 1;
    };
    const done = runSidecar(system, count, stop.signal);
    await system.clock.pass(60_000);
    expect(samples).toBe(13);
    stop.abort();
    await done;
    await system.clock.pass(60_000);
    expect(samples).toBe(13);
  });
});
