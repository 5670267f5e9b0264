import { beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../../../test/setup/packages.ts";
import { agentArgv } from "../../cuda/run-load.ts";
import { fakeContext } from "../../fakes/stage-context.ts";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import { type Exec, type ExecResult, systemExec } from "../../system/exec.ts";
import { burstArgv, nicLoadArgv, readArgv } from "./commands.ts";
import { runPsu } from "./run.ts";
import { type Reading, supplyW, totalsOf } from "./sample.ts";
import { psu } from "./spec.ts";

const MC_INFO = await Bun.file(join(import.meta.dir, "../../probes/ipmitool/fixtures/simulated-mc-info.txt")).text();
const SDR = (
  watts1: number,
  watts2: number,
  volts: string,
): string => `PS1 Status       | C8h | ok  | 10.1 | Presence detected
PS1 Input Power  | CAh | ok  | 10.1 | ${watts1} Watts
PS2 Status       | C9h | ok  | 10.2 | Presence detected
PS2 Input Power  | CBh | ok  | 10.2 | ${watts2} Watts
PS Redundancy    | 77h | ok  |  7.1 | Fully Redundant
Fans             | 11h | ok  | 30.0 | Redundancy Lost
BB +12.0V        | D0h | ${volts}
`;
const METRICS = "stress-ng: metrc: [9] cpu  5026  4.00  4.00  0.00  1674.24  1673.92\n";
const NOT_HERE: ExecResult = { ...exited(""), end: "absent", exitCode: null };
const [MAC, UNPLUGGED] = ["e4:43:4b:12:9a:70", "e4:43:4b:12:9a:71"] as const;
const HWMON = "/sys/class/hwmon/hwmon3";

/** A server with a disk, whose sensors answer as the tools of the table do. */
const run = async (
  tools: Readonly<Record<string, (isLoaded: boolean) => ExecResult>>,
  files: Record<string, string>,
  /** How long the BMC takes for its sensors. */
  sensorsMs = 0,
) => {
  const ran: string[] = [];
  let isLoaded = false;
  const table: Record<string, string> = { ...files };
  const exec: Exec = async ({ argv }, signal) => {
    ran.push(argv.join(" "));
    if (argv[1] === "sdr") {
      const answer = tools["sdr"]?.(isLoaded);
      await system.clock.sleep(sensorsMs, signal);
      if (answer !== undefined) return answer;
    }
    if (argv.includes("nic-load")) {
      table["/sys/class/net/eno1/statistics/tx_bytes"] = "10000";
      return exited("{}");
    }
    if (argv[0] !== "stress-ng" && argv[0] !== "fio")
      return tools[argv.slice(1, 2).join(" ")]?.(isLoaded) ?? exited("", 1, "Invalid command");
    isLoaded = true;
    table["/sys/block/sda/stat"] = "100 0 4096 0 0 0 0 0 0 0 0";
    table[`${HWMON}/power1_average`] = "300000000";
    await system.clock.sleep(4_000, signal);
    return argv[0] === "fio" ? exited("{}") : exited("", 0, METRICS);
  };
  const system = fakeSystem({ exec, files: tableFiles(table) });
  const context = fakeContext(system, {
    idleS: 4,
    loadS: 4,
    disks: [{ serial: "SER1", sizeBytes: 512_000 }],
    ports: [MAC, UNPLUGGED],
  });
  const done = runPsu(context);
  await system.clock.pass(20_000 + 4 * sensorsMs);
  return { facts: await done, ran, artifacts: context.artifacts };
};

const BLOCK = {
  "/sys/block/sda": "->/sys/devices/pci0/block/sda",
  "/sys/devices/pci0/block/sda/dev": "8:0",
  "/sys/devices/pci0/block/sda/size": "1000",
  "/sys/devices/pci0/block/sda/serial": "SER1",
  "/sys/block/sda/stat": "10 0 96 0 0 0 0 0 0 0 0",
};
const PORTS = {
  "/sys/class/net/eno1/address": MAC,
  "/sys/class/net/eno1/carrier": "1",
  "/sys/class/net/eno1/statistics/tx_bytes": "500",
  "/sys/class/net/eno2/address": UNPLUGGED,
  "/sys/class/net/eno2/carrier": "0",
};

describe("runPsu", () => {
  test("measures idle, then under load, and reads the disks meanwhile", async () => {
    const { facts, ran, artifacts } = await run(
      {
        mc: () => exited(MC_INFO),
        sdr: (isLoaded) =>
          exited(isLoaded ? SDR(200, 210, "lcr |  7.1 | 10.70 Volts") : SDR(80, 84, "ok  |  7.1 | 12.10 Volts")),
      },
      { ...BLOCK, ...PORTS, "/dev/ipmi0": "->/dev/ipmi0" },
    );
    expect(facts.total).toMatchObject({ by: "the supplies' inputs", idle: { mean: 164 }, load: { max: 410 } });
    expect(facts.supplies.map(({ name, states, loadW }) => [name, states, loadW?.max])).toEqual([
      ["PSU 1", ["Presence detected"], 200],
      ["PSU 2", ["Presence detected"], 210],
    ]);
    expect(facts.redundancy).toEqual([{ name: "PS Redundancy", states: ["Fully Redundant"] }]);
    expect(facts.series.find(({ name }) => name === "BB +12.0V")).toMatchObject({
      worst: "critical",
      idle: { min: 12.1 },
      load: { min: 10.7 },
    });
    expect(facts.burst).toMatchObject({ readDisks: 1, readBytes: 4000 * 512, sentPorts: 1, sentBytes: 9_500 });
    expect(ran.filter((line) => !/^(ipmitool|ethtool)/.test(line))).toEqual([
      burstArgv(4).join(" "),
      readArgv(["/dev/sda"], 4).join(" "),
      nicLoadArgv(agentArgv(process.execPath, Bun.main), "eno1", 4).join(" "),
    ]);
    expect(artifacts.get("power.csv")?.split("\n").slice(0, 2)).toEqual([
      "phase,elapsed_s,sensor,kind,value",
      'idle,0,"ipmi PS1 Input Power",power,80',
    ]);
  });

  test("a BMC that takes longer than the idle phase is waited for, and the load begins only then", async () => {
    const states = "Presence detected, Power Supply AC lost";
    const { facts, ran } = await run(
      {
        mc: () => exited(MC_INFO),
        sdr: (isLoaded) =>
          exited(SDR(isLoaded ? 200 : 80, 84, "ok  |  7.1 | 12.10 Volts").replace("Presence detected", states)),
      },
      { ...BLOCK, "/dev/ipmi0": "->/dev/ipmi0" },
      15_000,
    );
    expect(facts.supplies.map((supply) => supply.states)).toEqual([states.split(", "), ["Presence detected"]]);
    expect(facts.series.find(({ name }) => name === "PS1 Input Power")?.idle).toMatchObject({ min: 80, max: 80 });
    const loadAt = ran.findIndex((line) => line.startsWith("stress-ng"));
    expect(ran.slice(0, loadAt)).toContain("ipmitool dcmi power reading");
  });

  test("a power meter of the kernel is enough", async () => {
    const { facts } = await run(
      {},
      { ...BLOCK, [`${HWMON}/name`]: "power_meter", [`${HWMON}/power1_average`]: "150000000" },
    );
    expect(facts.total).toMatchObject({ by: "the power meter of ACPI", idle: { max: 150 }, load: { max: 300 } });
    expect(facts.sources.map(({ source, status }) => [source, status])).toEqual([
      ["ipmi", "device-absent"],
      ["hwmon", "ok"],
    ]);
  });

  test("without any sensor nothing is loaded", async () => {
    const { facts, ran, artifacts } = await run({ mc: () => NOT_HERE }, BLOCK);
    expect(ran).toEqual([]);
    expect(facts).toMatchObject({ series: [], supplies: [], redundancy: [] });
    expect([facts.burst, facts.total, artifacts.size]).toEqual([undefined, undefined, 0]);
  });
});

const power = (source: Reading["source"], name: string, value: number): Reading => ({
  source,
  name,
  kind: "power",
  value,
});

test("totalsOf: every way to know the total, and supplies only when all of them tell", () => {
  const readings = [
    power("dcmi", "power meter", 400),
    power("ipmi", "Pwr Consumption", 392),
    power("hwmon", "power_meter power1", 388),
  ];
  const supplies = [{ name: "PSU 1", inputW: 200 }, { name: "PSU 2" }, { name: "PSU 3", present: false }];
  expect([...totalsOf(readings, supplies).values()]).toEqual([400, 392, 388]);
  expect([
    ...totalsOf(
      [],
      [
        { name: "PSU 1", inputW: 200 },
        { name: "PSU 2", inputW: 1 },
      ],
    ).values(),
  ]).toEqual([201]);
  expect(totalsOf([power("ipmi", "Power Supply 1", 105)], []).size).toBe(0);
});

test("supplyW: where the BMC does not tell what goes in, what it tells of the supply", () => {
  const readings = [power("ipmi", "Power Supply 1", 105), power("ipmi", "Power Meter", 126)];
  expect(supplyW({ name: "PSU 1" }, readings)).toBe(105);
  expect(supplyW({ name: "PSU 1", inputW: 120 }, readings)).toBe(120);
  expect(supplyW({ name: "PSU 2" }, readings)).toBeUndefined();
});

test("psu's plan names disks by their serials and writes nothing", () => {
  const { steps } = psu.plan({ idleS: 1, loadS: 2, disks: [{ serial: "SER1", sizeBytes: 1 }], ports: [MAC] });
  const fio = steps.find(({ argv }) => argv?.[0] === "fio")?.argv ?? [];
  expect(fio).toContain("--filename=<disk SER1>");
  expect(fio).toContain("--readonly");
  expect(steps.map(({ argv = [] }) => argv.join(" "))).toContain(
    `vetbox-agent nic-load --port <port ${MAC}> --seconds 2`,
  );
  expect(steps.filter(({ wipes }) => wipes !== undefined)).toEqual([]);
});

describe("the real fio", () => {
  beforeAll(() => needPackages(["fio"]));

  test("reads as the plan says, and changes nothing", async () => {
    const dir = mkdtempSync(join(tmpdir(), "vetbox-psu-"));
    try {
      const file = join(dir, "disk");
      writeFileSync(file, Buffer.alloc(8 * 2 ** 20, "vetbox"));
      const { mtimeMs } = statSync(file);
      const result = await systemExec({ argv: readArgv([file], 1), timeoutMs: 60_000 });
      expect([result.exitCode, result.stderr]).toEqual([0, ""]);
      const report = JSON.parse(result.stdout) as {
        jobs: [{ read: { io_bytes: number }; write: { io_bytes: number } }];
      };
      expect(report.jobs[0].read.io_bytes).toBeGreaterThan(0);
      expect(report.jobs[0].write.io_bytes).toBe(0);
      expect(statSync(file).mtimeMs).toBe(mtimeMs);
    } finally {
      rmSync(dir, { recursive: true });
    }
  }, 60_000);
});
