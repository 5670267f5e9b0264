/** The commands about runs. */
import { afterEach, describe, expect, test } from "bun:test";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fakeRun, fakeSummary } from "../../appliance/http/fake-views.ts";
import { closeAll, openBox, tempDir } from "./box.ts";

afterEach(closeAll);

const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

describe("vetbox runs", () => {
  test("show tells what failed and what to do", async () => {
    const check = {
      code: "x",
      verdict: "FAIL",
      component: "disk S6PW",
      message: "2 bad sectors",
      action: "Replace it",
    } as const;
    const box = await openBox({
      run: async () =>
        fakeRun({
          state: "FailedHolding",
          verdict: "held",
          failure: { state: "SMART", code: "stage-failed", message: "disk S6PW: 2 bad sectors" },
          stages: [
            {
              state: "SMART",
              title: "Disk health",
              status: "failed",
              attempts: [],
              checks: [check],
              summary: "1 of 4 failed",
            },
          ],
          differences: [
            {
              severity: "critical",
              code: "disk-missing",
              component: "disk A",
              expected: "4 TB",
              found: "none",
              message: "",
            },
          ],
          hold: { fingerprint: "SHA256:x", login: "root@10.77.0.51", keyShown: false, installed: true },
        }),
    });
    expect((await box.run(["runs", "show", "01JD"])).out).toMatchInlineSnapshot(`
      "run        01JDRUN0000000000000000001
      host       r07-u12 (52:54:00:aa:00:01)
      state      Held: you decide
      result     Held
      profile    standard
      started    2026-11-20 10:00:00 UTC
      failed in  SMART (stage-failed)
      because    disk S6PW: 2 bad sectors

      STAGE        RESULT  ATTEMPTS  SUMMARY
      Disk health  Failed  0         1 of 4 failed

      CHECK  COMPONENT  FOUND          TO DO
      Fail   disk S6PW  2 bad sectors  Replace it

      SPEC      COMPONENT  EXPECTED  FOUND
      Critical  disk A     4 TB      none

      Held: ssh root@10.77.0.51 with \`vetbox runs key 01JDRUN0000000000000000001\`
      "
    `);
  });

  test("show tells what changed since the previous run, and what the note of the repair explains", async () => {
    const change = { part: "dimm", kind: "replaced", what: null, before: "serial S2", after: "serial S9" } as const;
    const changes = {
      ...{ sinceRunId: "r0", sinceMs: 0, notCompared: [] },
      expected: [{ ...change, where: "slot B2" }],
      unexpected: [
        { ...change, where: "slot A1", kind: "changed", what: "speed", before: "3200 MT/s", after: "2933 MT/s" },
      ],
      warnings: ["The note names “C9”, but no memory module is known by that place or serial."],
    } as const;
    const box = await openBox({ run: async () => fakeRun({ repaired: "DIMMs B2 and C9 replaced", changes }) });
    const { out } = await box.run(["runs", "show", "01JD"]);
    expect(out.slice(out.indexOf("repaired"), out.indexOf("\n", out.indexOf("repaired")))).toBe(
      "repaired  DIMMs B2 and C9 replaced",
    );
    expect(out.slice(out.indexOf("CHANGE"))).toMatchInlineSnapshot(`
      "CHANGE    PART           WHERE           BEFORE     NOW        ANNOUNCED
      Changed   Memory module  slot A1, speed  3200 MT/s  2933 MT/s  no
      Replaced  Memory module  slot B2         serial S2  serial S9  yes

      The note names “C9”, but no memory module is known by that place or serial.
      "
    `);
  });

  test("start sends no permission to write unless it is asked for", async () => {
    const started: unknown[] = [];
    const box = await openBox(
      {},
      {
        startRun: async (_host, input) => {
          started.push(input);
          return ok(fakeSummary());
        },
      },
    );
    expect((await box.run(["runs", "start", "r07-u12"])).code).toBe(0);
    expect((await box.run(["runs", "start", "r07-u12", "--profile", "soak", "--destructive"])).code).toBe(0);
    expect((await box.run(["runs", "start", "r07-u12", "--repaired", "DIMM B2 replaced"])).code).toBe(0);
    expect(started).toEqual([
      { profile: "standard", destructive: false, repaired: null },
      { profile: "soak", destructive: true, repaired: null },
      { profile: "standard", destructive: false, repaired: "DIMM B2 replaced" },
    ]);
  });

  test("cancel, release and retry ask for what they say", async () => {
    const asked: string[] = [];
    const record = (name: string) => async () => {
      asked.push(name);
      return ok(fakeSummary());
    };
    const box = await openBox(
      {},
      { cancelRun: record("cancel"), releaseRun: record("release"), retryRun: record("retry") },
    );
    for (const name of ["cancel", "release", "retry"]) expect((await box.run(["runs", name, "01JD"])).code).toBe(0);
    expect(asked).toEqual(["cancel", "release", "retry"]);
  });

  test("logs shows gaps, and passes its window on", async () => {
    const box = await openBox({
      logs: async (_run, options) => [
        { id: 9, atMs: 0, stage: null, level: "warn", text: JSON.stringify(options), lostBefore: 3 },
      ],
    });
    const { out } = await box.run(["runs", "logs", "01JD", "--stage", "SMART", "--limit", "7"]);
    expect(out).toBe(
      '… 3 lines were lost here …\n1970-01-01 00:00:00 warn  - {"afterId":-1,"limit":7,"stage":"SMART"}\n',
    );
  });

  test("report writes the file as it is", async () => {
    const dir = await tempDir();
    await Bun.write(join(dir, "report"), "<p>\u202e</p>");
    const box = await openBox({ reportPath: async () => join(dir, "report") });
    expect((await box.run(["runs", "report", "01JD", "--form", "html"])).out).toBe("<p>\u202e</p>");
    const output = join(dir, "out.html");
    expect((await box.run(["runs", "report", "01JD", "--form", "html", "--output", output])).code).toBe(0);
    expect(await readFile(output, "utf8")).toBe("<p>\u202e</p>");
  });

  test("key writes it for its owner alone, and asks for none that it could not keep", async () => {
    let asked = 0;
    const box = await openBox(
      {},
      {
        revealHoldKey: async () => {
          asked++;
          return ok({ privateKey: "PRIVATE\n", login: "root@10.77.0.51" });
        },
      },
    );
    const output = join(await tempDir(), "key");
    const written = await box.run(["runs", "key", "01JD", "--output", output]);
    expect(written).toEqual({ code: 0, out: "", err: `ssh -i ${output} root@10.77.0.51\n` });
    expect([await readFile(output, "utf8"), (await stat(output)).mode & 0o777]).toEqual(["PRIVATE\n", 0o600]);
    expect((await box.run(["runs", "key", "01JD", "--output", output])).code).toBe(2);
    expect(asked).toBe(1);
    expect((await box.run(["runs", "key", "01JD"])).out).toBe("PRIVATE\n");
  });
});
