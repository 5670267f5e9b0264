/** The example dashboard in a real browser: two boxes and their broker lose their power in turn, and in the end the page says what the boxes say. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { HostView } from "../../appliance/core/views.ts";
import { openPhone, PHONE, type Phone } from "../browser/chromium.ts";
import { until } from "../rack/until.ts";
import { needPackages } from "../setup/packages.ts";
import { type ExampleBox, type ExampleSite, openExampleSite } from "./example.ts";

setDefaultTimeout(240_000);
const LONG_MS = 60_000;

let dir: string;
let site: ExampleSite;
let phone: Phone;

beforeAll(async () => {
  await needPackages(["mosquitto"]);
  dir = await mkdtemp(join(tmpdir(), "vetbox-site-"));
  [site, phone] = await Promise.all([openExampleSite(dir, 0), openPhone()]);
}, 300_000);
afterAll(async () => {
  await phone?.[Symbol.asyncDispose]();
  await site?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

const sees = (page: Page, box: ExampleBox, online: boolean): Promise<unknown> =>
  page.waitForSelector(`[data-box="${box.name}"][data-online="${online}"]`, { timeout: LONG_MS });

/** The hosts of a box as a page shows them: `name run state`. */
const shown = async (page: Page, box: ExampleBox): Promise<readonly string[]> =>
  page.locator(`[data-box="${box.name}"] [data-host]`).evaluateAll((tiles) =>
    tiles.map((tile) => {
      const { host, run, state } = (tile as HTMLElement).dataset;
      return `${host} ${run} ${state}`;
    }),
  );

/** The same as the box itself says it. */
const said = async (box: ExampleBox): Promise<readonly string[]> => {
  const hosts: readonly HostView[] = await (await fetch(`${box.pageUrl()}/api/v1/hosts`)).json();
  return hosts.map(({ name, lastRun }) => `${name} ${lastRun?.id ?? ""} ${lastRun?.state ?? ""}`);
};

const agrees = (page: Page, box: ExampleBox): Promise<boolean> =>
  until(
    `the page shows what ${box.name} says`,
    async () => {
      const [onPage, inBox] = await Promise.all([shown(page, box), said(box)]);
      return onPage.length > 0 && Bun.deepEquals(onPage.toSorted(), inBox.toSorted());
    },
    LONG_MS,
  );

test("the dashboard is complete again after either box and the broker were away", async () => {
  const { page, complaints } = await phone.openPage();
  const [a, b] = site.boxes;
  await page.goto(site.dashboardUrl);
  for (const box of [a, b]) {
    await sees(page, box, true);
    await agrees(page, box);
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
  for (const [killed, other] of [[a, b] as const, [b, a] as const]) {
    await killed.kill();
    await sees(page, killed, false);
    await sees(page, other, true);
    await killed.start();
    await sees(page, killed, true);
  }
  await site.broker.kill();
  await page.getByText("No connection to the broker").waitFor({ timeout: LONG_MS });
  await site.broker.start();
  await page.locator("#lost").waitFor({ state: "hidden", timeout: LONG_MS });
  const { page: late } = await phone.openPage();
  await late.goto(site.dashboardUrl);
  for (const box of [a, b])
    for (const each of [page, late]) {
      await sees(each, box, true);
      await agrees(each, box);
    }
  const seqs = await page
    .locator("[data-seq]")
    .evaluateAll((lines) => lines.map((line) => (line as HTMLElement).dataset["seq"]));
  expect(seqs.length).toBeGreaterThan(0);
  expect(new Set(seqs).size).toBe(seqs.length);
  // A browser says in its console that a broker is away; nothing else may be the matter.
  expect(complaints.filter((text) => !/WebSocket connection/.test(text))).toEqual([]);
});
