/** What PSU sends through a port loads this port's cable and nobody else's. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { NicLoadReport } from "../../agent/nic-load.ts";
import { needPackages } from "../setup/packages.ts";
import { type Lab, type LabHost, openLab } from "./lab.ts";

setDefaultTimeout(120_000);

const AGENT = join(import.meta.dir, "../../agent/main.ts");

let lab: Lab;
let [loaded, other]: LabHost[] = [];
beforeAll(async () => {
  await needPackages(["iproute2", "nftables", "util-linux"]);
  lab = await openLab(`l${process.pid}`);
  loaded = await lab.attach("h1", "10.77.0.51/24");
  other = await lab.attach("h2", "10.77.0.52/24");
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

const bytesAt = async (port: string, counter: "rx_bytes" | "tx_bytes"): Promise<number> =>
  Number((await lab.segment.switch.run(["cat", `/sys/class/net/${port}/statistics/${counter}`])).stdout);

test("runNicLoad fills the port's own cable; the switch passes nothing of it on to another port", async () => {
  if (loaded === undefined || other === undefined) throw new Error("the lab has no hosts");
  const before = [await bytesAt(loaded.switchPort, "rx_bytes"), await bytesAt(other.switchPort, "tx_bytes")] as const;
  const argv = [process.execPath, AGENT, "nic-load", "--port", "rack0", "--seconds", "1"];
  const { stdout } = await loaded.namespace.run(argv);
  const report = JSON.parse(stdout) as NicLoadReport;
  expect(report).toMatchObject({ port: "rack0" });
  const came = (await bytesAt(loaded.switchPort, "rx_bytes")) - before[0];
  const passed = (await bytesAt(other.switchPort, "tx_bytes")) - before[1];
  expect(came).toBeGreaterThanOrEqual(report.sentFrames * 1514);
  expect(report.sentFrames).toBeGreaterThan(1_000);
  expect(passed).toBeLessThan(10_000); // what a switch says by itself
});

test("runNicLoad of a port that is not there, or whose name is a path, says so", async () => {
  if (loaded === undefined) throw new Error("the lab has no hosts");
  for (const port of ["nope0", "../lo"]) {
    const argv = [process.execPath, AGENT, "nic-load", "--port", port, "--seconds", "1"];
    const { exitCode, stderr } = await loaded.namespace.run(argv);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(port)]);
  }
});
