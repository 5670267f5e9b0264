/**
 * A picture of every web page, light and dark, at the size of a phone, and of reports on a phone and on A4. For looking at; nothing compares
 * them. `bun run screenshots` writes them.
 */
import { type Browser, chromium } from "playwright-core";
import { renderReportHtml } from "../../appliance/followers/report-html.tsx";
import { createWebApp } from "../../web/app.tsx";
import { NOW_MS } from "../../web/fixtures/clock.ts";
import { DATA_HELD } from "../../web/fixtures/data-held.ts";
import { FakeBox } from "../../web/fixtures/fake-box.ts";
import { BOX } from "../../web/fixtures/rack.ts";
import { BOOT_STOPPED, COMPLETED, HELD, RUNNING, WAITING_TO_WAKE } from "../../web/fixtures/runs.ts";
import { CHROMIUM, PHONE } from "./chromium.ts";

const DESK = { width: 1280, height: 900 };

const PAGES: readonly (readonly [string, string])[] = [
  ["home", "/"],
  ["host", "/hosts/h-r07u17"],
  ["host-held", "/hosts/h-r07u14"],
  ["run-completed", `/runs/${COMPLETED.id}`],
  ["run-running", `/runs/${RUNNING.id}`],
  ["run-held", `/runs/${HELD.id}`],
  ["run-boot-stopped", `/runs/${BOOT_STOPPED.id}`],
  ["run-waiting", `/runs/${WAITING_TO_WAKE.id}`],
  ["logs", `/runs/${COMPLETED.id}/logs`],
  ["release", `/runs/${HELD.id}/release`],
  ["cancel", `/runs/${RUNNING.id}/cancel`],
  ["run-data", `/runs/${DATA_HELD.id}`],
  ["wipe", `/runs/${DATA_HELD.id}/wipe`],
  ["plan", "/hosts/h-r07u17/plan?profile=quick&disks=may-erase"],
  ["key", `/runs/${HELD.id}/key`],
  ["refusal", "/runs/none"],
];

const shoot = async (browser: Browser, base: string, out: string, scheme: "light" | "dark"): Promise<void> => {
  const context = await browser.newContext({ viewport: PHONE, colorScheme: scheme, deviceScaleFactor: 2 });
  const page = await context.newPage();
  for (const [name, path] of PAGES) {
    await page.goto(base + path, { waitUntil: "load" });
    await page.screenshot({ path: `${out}/${name}-${scheme}.png` });
    await page.screenshot({ path: `${out}/${name}-${scheme}-whole.png`, fullPage: true });
  }
  await page.goto(`${base}/runs/${HELD.id}/key`);
  await page.getByRole("button", { name: "Show it now" }).click();
  await page.screenshot({ path: `${out}/key-shown-${scheme}.png`, fullPage: true });
  await page.goto(`${base}/hosts/h-r07u14`);
  await page.getByLabel("YAML").fill("memory: {}\ndisks: 4\n");
  await page.getByRole("button", { name: "Save the spec" }).click();
  await page.getByRole("alert").waitFor();
  await page.screenshot({ path: `${out}/spec-refused-${scheme}.png` });
  await page.setViewportSize(DESK);
  for (const [name, path] of PAGES.slice(0, 6)) {
    await page.goto(base + path);
    await page.screenshot({ path: `${out}/${name}-${scheme}-desk.png` });
  }
  await context.close();
};

const shootReports = async (browser: Browser, out: string): Promise<void> => {
  for (const run of [COMPLETED, RUNNING, HELD, DATA_HELD, BOOT_STOPPED]) {
    const page = await browser.newPage({ viewport: PHONE, deviceScaleFactor: 2 });
    await page.setContent(renderReportHtml(run, BOX));
    await page.screenshot({ path: `${out}/report-${run.hostName}.png`, fullPage: true });
    await page.pdf({ path: `${out}/report-${run.hostName}.pdf`, preferCSSPageSize: true });
    await page.close();
  }
};

/** A live stream on which nothing happens. */
const quietStream = (): ReadableStream<string> =>
  new ReadableStream({ start: (stream) => stream.enqueue(": open\n\n") });

/** Writes every picture into this folder. */
export const shootWeb = async (out: string): Promise<void> => {
  const browser = await chromium.launch(CHROMIUM);
  for (const scheme of ["light", "dark"] as const) {
    const box = new FakeBox(); // a fresh one each time: its key is shown once
    const app = createWebApp({
      reads: box.reads,
      operators: box.operators,
      by: () => "operator",
      ownHost: () => true,
      now: () => NOW_MS,
    });
    app.get("/api/v1/live", () => new Response(quietStream(), { headers: { "content-type": "text/event-stream" } }));
    await using server = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 0, fetch: app.fetch });
    await shoot(browser, `http://127.0.0.1:${server.port}`, out, scheme);
  }
  await shootReports(browser, out);
  await browser.close();
};
