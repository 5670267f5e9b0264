import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemExec } from "./system/exec.ts";

const MAIN = join(import.meta.dir, "main.ts");
const FIXTURE = join(import.meta.dir, "stages/inventory/fixtures/dell-r640");
const agent = (...words: string[]) => systemExec({ argv: [process.execPath, MAIN, ...words], timeoutMs: 30_000 });

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-main-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("the agent's command line", () => {
  test("inventory --from replays, and --record keeps what was replayed, sensors included", async () => {
    const record = join(dir, "record");
    const first = await agent("inventory", "--from", FIXTURE, "--record", record, "--mac", "24:6E:96:A1:5C:30");
    expect([first.end, first.exitCode]).toEqual(["exited", 0]);
    const facts = JSON.parse(first.stdout);
    expect([facts.hardware.board.product, facts.hardware.disks.length]).toEqual(["PowerEdge R640", 4]);
    expect(facts.hardware.nics.filter((nic: { boot: boolean }) => nic.boot)).toHaveLength(1);
    expect(readdirSync(record)).toContain("commands.json");
    expect(await Bun.file(join(record, "files.json")).text()).toContain("/sys/class/hwmon/hwmon0/temp1_input");
    const second = await agent("inventory", "--from", record);
    expect(JSON.parse(second.stdout).memory).toEqual(facts.memory);
  });

  test("--help names every subcommand and the exit codes; so does no word at all", async () => {
    for (const help of [await agent("--help"), await agent()]) {
      expect(help.exitCode).toBe(0);
      for (const word of ["run", "inventory", "parse", "version", "Exit codes"]) expect(help.stdout).toContain(word);
    }
    expect((await agent("run", "--help")).stdout).toContain("--state-dir");
  });

  test("a word that is missing or wrong ends with 2, names the word, and shows no value", async () => {
    const secret = "5ec2e7".repeat(6);
    const missing = await agent("run", "--enrol", `${secret}!`, "--url", "http://10.0.0.1");
    expect(missing.exitCode).toBe(2);
    for (const word of ["url", "pin", "runId", "enrolCode", "mac"]) expect(missing.stderr).toContain(word);
    expect(missing.stdout + missing.stderr).not.toContain(secret);
    expect((await agent("nonsense")).exitCode).toBe(2);
    expect((await agent("inventory", "--from", join(dir, "nothing"))).exitCode).toBe(1);
  });

  test("run ends with 143 at SIGTERM and powers nothing off, while the box is away", async () => {
    const words = [
      "--url",
      "https://127.0.0.1:1",
      "--pin",
      "0".repeat(64),
      "--run",
      "r1",
      "--enrol",
      "e".repeat(32),
      "--mac",
      "52:54:00:00:00:01",
    ];
    const child = Bun.spawn([process.execPath, MAIN, "run", ...words, "--stay-on", "--state-dir", join(dir, "state")], {
      stderr: "pipe",
    });
    let said = "";
    for await (const chunk of child.stderr) {
      said += new TextDecoder().decode(chunk);
      if (said.includes("hello:") && !child.killed) child.kill("SIGTERM");
    }
    expect(await child.exited).toBe(143);
    expect(said).toContain("agent source begins");
  });
});
