import { beforeAll, describe, expect, test } from "bun:test";
import { needPackages } from "../../../test/setup/packages.ts";
import { exited, fakeSystem } from "../../fakes/system.ts";
import type { ExecResult } from "../../system/exec.ts";
import { thisSystem } from "../../system/system.ts";
import { runProbe } from "../probe.ts";
import { lshwProbe } from "./collect.ts";

const signal = new AbortController().signal;

describe("lshwProbe", () => {
  test("leaves out the tests that open disks", async () => {
    const asked: string[] = [];
    const exec = async ({ argv }: { readonly argv: readonly string[] }): Promise<ExecResult> => {
      asked.push(argv.join(" "));
      return exited('{"id":"h","class":"system"}');
    };
    expect((await runProbe(lshwProbe, fakeSystem({ exec }), signal)).facts).toEqual({ system: {}, nics: [] });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toStartWith("lshw -json -quiet -disable scsi ");
  });

  test("an absent tool, a hung one and one that prints something else are different answers", async () => {
    const statusFor = async (result: ExecResult) =>
      (await runProbe(lshwProbe, fakeSystem({ exec: async () => result }), signal)).report.status;
    const ended = (end: "absent" | "timed-out"): ExecResult => ({ ...exited(""), end, exitCode: null });
    expect([
      await statusFor(ended("absent")),
      await statusFor(ended("timed-out")),
      await statusFor(exited("WARNING: you should run this program as super-user.\n")),
    ]).toEqual(["tool-absent", "timed-out", "failed"]);
  });
});

describe("lshwProbe on this machine", () => {
  beforeAll(() => needPackages(["lshw"]), 300_000);

  test("finds the interfaces that the kernel has", async () => {
    const { report, facts } = await runProbe(lshwProbe, thisSystem, signal);
    expect(report).toMatchObject({ status: "ok" });
    const found = facts?.nics.map((nic) => nic.name);
    for (const name of await thisSystem.files.list("/sys/class/net"))
      if ((await thisSystem.files.realPath(`/sys/class/net/${name}/device`)) !== null) expect(found).toContain(name);
  }, 60_000);
});
