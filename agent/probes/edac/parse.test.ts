import { describe, expect, test } from "bun:test";
import { fakeSystem, tableFiles } from "../../fakes/system.ts";
import { runProbe } from "../probe.ts";
import { edacProbe } from "./collect.ts";

const collect = async (table: Readonly<Record<string, string>>) => {
  const root = "/sys/devices/system/edac/mc";
  const files = tableFiles(
    Object.fromEntries(Object.entries(table).map(([path, text]) => [`${root}/${path}`, `${text}\n`])),
  );
  return runProbe(edacProbe, fakeSystem({ files }), new AbortController().signal);
};

describe("edacProbe", () => {
  test("reads modules by the driver's names", async () => {
    const { report, facts } = await collect({
      "mc0/mc_name": "Skylake Socket#0 IMC#0",
      "mc0/ce_count": "3",
      "mc0/ue_count": "0",
      "mc0/dimm0/dimm_label": "DIMM_A1",
      "mc0/dimm0/dimm_ce_count": "2",
      "mc0/dimm0/dimm_ue_count": "0",
      "mc0/rank1/dimm_label": "",
      "mc0/rank1/dimm_ce_count": "1",
      "mc0/csrow0/ue_count": "0",
      "mc0/csrow0/ch0_ce_count": "2",
      uevent: "x",
    });
    expect(report.status).toBe("ok");
    expect(facts).toEqual([
      {
        name: "mc0",
        driver: "Skylake Socket#0 IMC#0",
        correctedErrorCount: 3,
        uncorrectedErrorCount: 0,
        modules: [
          { label: "DIMM_A1", correctedErrorCount: 2, uncorrectedErrorCount: 0 },
          { label: "mc0 rank1", correctedErrorCount: 1, uncorrectedErrorCount: 0 },
        ],
      },
    ]);
  });

  test("reads rows and channels of older kernels, where only the row knows what was not corrected", async () => {
    const { facts } = await collect({
      "mc1/mc_name": "i5000P",
      "mc1/ce_count": "5",
      "mc1/ue_count": "1",
      "mc1/csrow2/ue_count": "1",
      "mc1/csrow2/ch0_ce_count": "5",
      "mc1/csrow2/ch0_dimm_label": "DIMM 3A",
      "mc1/csrow2/ch1_ce_count": "0",
    });
    expect(facts?.[0]?.modules).toEqual([
      { label: "DIMM 3A", correctedErrorCount: 5, uncorrectedErrorCount: 1 },
      { label: "mc1 csrow2 channel 1", correctedErrorCount: 0, uncorrectedErrorCount: 0 },
    ]);
  });

  test("without a controller, or with one that counts nothing, nobody watches", async () => {
    expect((await collect({})).report.status).toBe("device-absent");
    expect((await collect({ "mc0/mc_name": "x", "mc0/ce_count": "n/a" })).report.status).toBe("device-absent");
  });
});
