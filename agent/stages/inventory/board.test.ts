import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { loadSamples } from "../../fakes/samples.ts";
import { parseDmidecode } from "../../probes/dmidecode/parse.ts";
import { BoardFacts, CpuFacts, MemoryFacts } from "../../wire/hardware/board.ts";
import { assembleBoard, assembleCpu, assembleMemory } from "./board.ts";
import { PROBES, type ProbeFacts, type ProbeKey } from "./probes.ts";

const NOTHING = Object.fromEntries(Object.keys(PROBES).map((key) => [key as ProbeKey, undefined])) as ProbeFacts;
const probed = (facts: Partial<ProbeFacts>): ProbeFacts => ({ ...NOTHING, ...facts });
const smbiosOf = (text: string): ProbeFacts["smbios"] => {
  const parsed = parseDmidecode(text);
  return parsed.ok ? parsed.facts : undefined;
};
const FIXTURES = join(import.meta.dir, "../../probes/dmidecode/fixtures");
const s5000 = smbiosOf(readFileSync(join(FIXTURES, "Intel_S5000_S5000VSA_15AF20021F99.txt"), "utf8"));

describe("assembleBoard, assembleCpu and assembleMemory", () => {
  test.each(loadSamples("dmidecode").map(({ name, text }) => [name, text]))(
    "fit %s to the wire, with nothing lost or added",
    (_, text) => {
      const facts = probed({ smbios: smbiosOf(text) });
      for (const [schema, area] of [
        [BoardFacts, assembleBoard(facts)],
        [CpuFacts, assembleCpu(facts)],
        [MemoryFacts, assembleMemory(facts)],
      ] as const)
        expect<unknown>(v.parse(schema, area)).toEqual(area);
    },
  );

  test("a machine of which nothing is known has no facts, and counts of zero", () => {
    expect(assembleBoard(NOTHING)).toEqual({});
    expect(assembleCpu(NOTHING)).toEqual({ socketCount: 0, coreCount: 0, threadCount: 0, sockets: [] });
    expect(assembleMemory(NOTHING)).toEqual({ slotCount: 0, populatedCount: 0, dimms: [] });
  });

  test("the firmware counts sockets, the kernel what runs in them", () => {
    const cpu = assembleCpu(
      probed({
        smbios: s5000,
        lscpu: { model: "Xeon", socketCount: 1, coresPerSocket: 4, threadCount: 4, onlineCount: 3, maxMhz: 2000 },
        cpuinfo: { onlineCount: 3, vendor: "GenuineIntel", models: ["Xeon"], microcode: ["0x60f", "0x60b"] },
      }),
    );
    expect(cpu).toMatchObject({
      model: "Xeon",
      vendor: "GenuineIntel",
      socketsTotal: 2,
      socketCount: 1,
      coreCount: 4,
      threadCount: 4,
      onlineCount: 3,
      maxMhz: 2000,
      microcode: ["0x60f", "0x60b"],
    });
    expect(cpu.sockets).toHaveLength(1);
  });

  test("without lscpu the kernel's own list speaks, and without that the firmware", () => {
    const cpuinfo = { onlineCount: 8, packageCount: 2, models: ["EPYC"], microcode: [] };
    expect(assembleCpu(probed({ cpuinfo }))).toEqual({
      model: "EPYC",
      socketCount: 2,
      coreCount: 0,
      threadCount: 8,
      onlineCount: 8,
      sockets: [],
    });
    expect(assembleCpu(probed({ smbios: s5000 }))).toMatchObject({ socketCount: 1, coreCount: 4, threadCount: 4 });
  });

  test("memory: what is installed, what the kernel sees, what the board takes", () => {
    const memory = assembleMemory(probed({ smbios: s5000 }));
    // 8 slots with 6 modules of 2048 MB; "Maximum Capacity: 16 GB", "Multi-bit ECC" in the file.
    expect(memory).toMatchObject({
      slotCount: 8,
      populatedCount: 6,
      installedBytes: 12 * 2 ** 30,
      maximumBytes: 16 * 2 ** 30,
      errorCorrection: "Multi-bit ECC",
    });
    expect(memory.dimms.filter((dimm) => dimm.populated)).toHaveLength(6);
    expect(memory).not.toHaveProperty("visibleBytes");
  });
});
