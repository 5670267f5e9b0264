import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import * as v from "valibot";
import { renderReportHtml } from "../../appliance/followers/report-html.tsx";
import { Report, renderReportJson, reportOf } from "../../appliance/followers/report-json.ts";
import { HOSTILE, hostileView } from "../../web/fixtures/hostile.ts";
import { structureOf, UNSAFE_CHARS } from "../../web/fixtures/markup.ts";
import { BOX } from "../../web/fixtures/rack.ts";
import { BOOT_STOPPED, COMPLETED, HELD, RUNNING, WAITING_TO_WAKE } from "../../web/fixtures/runs.ts";
import { openPhone, PHONE, type Phone } from "./chromium.ts";

setDefaultTimeout(60_000);

const RUNS = [COMPLETED, RUNNING, HELD, BOOT_STOPPED, WAITING_TO_WAKE];
const named = RUNS.map((run) => [run.hostName, run] as const);

describe("renderReportHtml", () => {
  test.each(named)("gives the same bytes for the same run (%s), and loads nothing", (_name, run) => {
    const html = renderReportHtml(run, BOX);
    expect(renderReportHtml(structuredClone(run), structuredClone(BOX))).toBe(html);
    expect(html).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|\shref=|url\(|@import|\sstyle=/);
  });

  test.each(named)("is made of the same elements whatever the server's strings hold (%s)", async (_name, run) => {
    const harmless = await structureOf(renderReportHtml(hostileView(run, "harmless"), hostileView(BOX, "harmless")));
    for (const payload of HOSTILE) {
      const html = renderReportHtml(hostileView(run, payload), hostileView(BOX, payload));
      expect(await structureOf(html)).toEqual(harmless);
      expect(UNSAFE_CHARS.exec(html)).toBeNull();
    }
  });

  test("says the verdict first, then what failed and what to do", () => {
    const html = renderReportHtml(HELD, BOX);
    const order = [
      "<h1>FAILED</h1>",
      "What to do",
      "Disk S45PNA0M312346 is missing; slot B2 is empty and should hold 32 GiB.",
      "Reseat or replace what differs",
      "Expected: 32 GiB. Found: empty.",
      ">Server<",
      "7XKQ9Z2",
      ">Memory<",
      ">Disks<",
      "Differences from the spec",
      ">Stages<",
      ">Time<",
      ">Boot<",
      ">Made by<",
    ].map((text) => html.indexOf(text));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  test("makes a reboot within a stage something to do", () => {
    expect(renderReportHtml(RUNNING, BOX)).toContain(
      "The server rebooted during Inventory (attempt 2, 2026-11-21 09:28:20 UTC).",
    );
  });

  test("names nothing to do for a server that is well", () => {
    expect(renderReportHtml(COMPLETED, BOX)).toContain("Nothing: no check failed or warned.");
  });

  test("draws the phases that say something about the server, in their share", () => {
    const phases = [
      { state: "Queued" as const, seconds: 1000 },
      { state: "WaitingWoL" as const, seconds: 30 },
      { state: "Booting" as const, seconds: 10 },
    ];
    const bars = [
      ...renderReportHtml({ ...COMPLETED, phases }, BOX).matchAll(/<rect x="([\d.]+)" y="0" width="([\d.]+)"/g),
    ];
    expect(bars.map((m) => [m[1], m[2]])).toEqual([
      ["0", "750"],
      ["750", "250"],
    ]);
  });

  test("draws no phase of a run that was cancelled at once", () => {
    expect(renderReportHtml({ ...COMPLETED, phases: [] }, BOX)).not.toContain("<rect x=");
  });
});

describe("renderReportJson", () => {
  test.each(named)("has the documented shape and gives the same bytes again (%s)", (_name, run) => {
    const text = renderReportJson(run, BOX);
    expect(v.parse(v.strictObject(Report.entries), JSON.parse(text))).toEqual(JSON.parse(text));
    expect(renderReportJson(structuredClone(run), structuredClone(BOX))).toBe(text);
  });

  test.each(HOSTILE.map((payload, i) => [i, payload] as const))(
    "loses nothing of hostile string %i and prints none of it",
    (_i, payload) => {
      const run = hostileView(HELD, payload);
      const text = renderReportJson(run, BOX);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(reportOf(run, BOX))));
      expect(UNSAFE_CHARS.exec(text)).toBeNull();
    },
  );

  test("names its version first, its times in UTC, its units in the names", () => {
    const report = reportOf(COMPLETED, BOX);
    expect(Object.keys(report)).toEqual([
      "schemaVersion",
      "verdict",
      "run",
      "host",
      "box",
      "failure",
      "stages",
      "differences",
      "changes",
      "inventory",
      "phases",
      "measurements",
      "boot",
      "power",
      "history",
      "artifacts",
    ]);
    expect(report.run).toEqual({
      id: "01ke9x4m7q2v",
      state: "Completed",
      profile: "quick",
      destructive: false,
      repaired: null,
      createdAt: "2026-11-21T09:21:00.000Z",
      endedAt: "2026-11-21T09:24:00.000Z",
      imageSha256: COMPLETED.imageId,
    });
    expect(report.phases[2]).toEqual({ state: "Booting", durationSeconds: 42.1 });
  });

  test("holds no key, not even the hold's fingerprint", () => {
    expect(renderReportJson(HELD, BOX)).not.toContain(HELD.hold?.fingerprint ?? "none");
  });
});

describe("a report in a browser", () => {
  let phone: Phone;
  beforeAll(async () => {
    phone = await openPhone();
  }, 300_000);
  afterAll(async () => {
    await phone[Symbol.asyncDispose]();
  });

  test("is styled under its own policy, fits a phone, and prints on A4", async () => {
    const { page, context, complaints } = await phone.openPage();
    await page.setContent(renderReportHtml(HELD, BOX));
    expect(complaints).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
    expect(await page.locator("h1").evaluate((h1) => getComputedStyle(h1).color)).toBe("rgb(191, 34, 41)");
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    expect(pdf).toMatch(/\/MediaBox \[0 0 594\.\d+ 84[12]\.\d+\]/);
    await context.close();
  });

  test("runs nothing of what a server says", async () => {
    const { page, context, complaints } = await phone.openPage();
    for (const payload of HOSTILE) {
      await page.setContent(renderReportHtml(hostileView(HELD, payload), BOX));
      expect(await page.evaluate(() => "owned" in window)).toBe(false);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });
});
