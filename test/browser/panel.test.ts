/** The panel's page in a real browser: the very pixels, buttons that are held by finger and key, and a wipe allowed at the panel. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import pino from "pino";
import type { Page } from "playwright-core";
import { systemClock } from "../../agent/system/clock.ts";
import { type EdgeEnv, serveApp } from "../../appliance/http/edge.ts";
import { isOwnHost } from "../../appliance/http/guard.ts";
import { createOperatorApp } from "../../appliance/http/operator-app.ts";
import { openBrowserFingers } from "../../appliance/panel/browser-fingers.ts";
import { openMirror } from "../../appliance/panel/mirror.ts";
import { openPanel } from "../../appliance/panel/open-panel.ts";
import { openPanelPort } from "../../appliance/panel/panel-port.ts";
import { HEIGHT, isLit, WIDTH } from "../../board/frame.ts";
import { openSimulatedButtons, openSimulatedDisplay, type SimulatedDisplay } from "../../board/simulator.ts";
import { createWebApp } from "../../web/app.tsx";
import { DATA_HELD } from "../../web/fixtures/data-held.ts";
import { FakeBox } from "../../web/fixtures/fake-box.ts";
import { RUNNING } from "../../web/fixtures/runs.ts";
import { until } from "../rack/until.ts";
import { openPhone, PHONE, type Phone } from "./chromium.ts";

setDefaultTimeout(60_000);

let phone: Phone;
beforeAll(async () => {
  phone = await openPhone();
}, 300_000);
afterAll(async () => {
  await phone[Symbol.asyncDispose]();
});

const log = pino({ level: "silent" });

/** A box with one run and a simulated panel, behind its pages. */
const servePanel = async (run = RUNNING, isSimulated = true) => {
  await using undo = new AsyncDisposableStack();
  const box = new FakeBox();
  box.runs = [run];
  box.hosts = box.hosts.slice(0, 1).map((host) => ({ ...host, activeRun: run, lastRun: null }));
  const { reads, operators } = box;
  const display = openSimulatedDisplay();
  const mirror = openMirror(display);
  const buttons = openSimulatedButtons();
  const panel = undo.use(
    await openPanel({
      ...{ reads, operators, buttons, log, display: mirror.display, clock: systemClock },
      own: async () => ({ hasCarrier: true, disk: null }),
      place: { interfaceName: "eth0", pageUrl: "http://10.77.0.1:8088", mdnsName: null },
    }),
  );
  const { hold } = openBrowserFingers(buttons, systemClock);
  const port = openPanelPort({ panel, mirror, operators, hold: isSimulated ? hold : null });
  const own = { by: () => "operator@test", now: () => Date.now(), ownHost: (host: string) => isOwnHost(host, []) };
  const pages = createWebApp<EdgeEnv>({ reads, operators, panel: port, ...own });
  const app = createOperatorApp({ desk: operators, reads, log, pages, panel: port });
  const listener = undo.use(await serveApp(app, { hostname: "127.0.0.1", port: 0 }));
  const kept = undo.move();
  return { box, display, buttons, url: listener.url, [Symbol.asyncDispose]: () => kept.disposeAsync() };
};

/** The canvas as the person sees it: a row of `#` and `.` for each of its own pixels, looked up on the screen. */
const pixelsOn = (page: Page): Promise<string> =>
  page.locator("#panel").evaluate((element) => {
    if (!(element instanceof HTMLCanvasElement)) throw new Error("no canvas");
    const copy = Object.assign(document.createElement("canvas"), { width: 128, height: 64 }).getContext("2d", {
      willReadFrequently: true,
    });
    copy?.drawImage(element, 0, 0);
    const { data, width, height } = copy?.getImageData(0, 0, 128, 64) ?? new ImageData(128, 64);
    const at = (x: number, y: number) => ((data[4 * (y * width + x)] ?? 0) > 128 ? "#" : ".");
    return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => at(x, y)).join("")).join(
      "\n",
    );
  });

const pixelsOf = ({ picture: { frame } }: SimulatedDisplay): string =>
  Array.from({ length: HEIGHT }, (_, y) =>
    Array.from({ length: WIDTH }, (_, x) => (isLit(frame, x, y) ? "#" : ".")).join(""),
  ).join("\n");

const sameAsDisplay = (page: Page, display: SimulatedDisplay) =>
  until("the page shows the display's pixels", async () => (await pixelsOn(page)) === pixelsOf(display), 10_000);

test("/panel shows the very pixels, three of the screen's for each, and turns pages by a tap", async () => {
  await using served = await servePanel();
  const { page, context, complaints } = await phone.openPage();
  await page.goto(`${served.url}/panel`);
  await sameAsDisplay(page, served.display);
  const before = pixelsOf(served.display);
  expect(before).toContain("#");
  expect(await page.locator("#panel").boundingBox()).toMatchObject({ x: 3, width: 384, height: 192 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
  await until("the page has settled", () => served.display.picture.revision > 0, 5_000);
  await page.waitForFunction(() => performance.now() > 1_500); // a page that has just come up takes no finger
  await page.getByRole("button", { name: "NEXT" }).tap();
  await until("the display shows another page", () => pixelsOf(served.display) !== before, 10_000);
  await sameAsDisplay(page, served.display);
  expect(complaints).toEqual([]);
  await context.close();
});

test("/panel holds a button as long as a key or finger does, and lets go when the page is left", async () => {
  await using served = await servePanel();
  const { page, context } = await phone.openPage();
  await page.goto(`${served.url}/panel`);
  await sameAsDisplay(page, served.display);
  await page.keyboard.down("n");
  await page.keyboard.down("o");
  await until("both are held", () => served.buttons.held.join() === "next,override", 5_000);
  await page.keyboard.up("n");
  await until("one is let go of", () => served.buttons.held.join() === "override", 5_000);
  await page.keyboard.up("o");
  const abort = page.getByRole("button", { name: "ABORT" });
  await abort.hover();
  await page.mouse.down();
  await until("it is held", () => served.buttons.held.join() === "abort", 5_000);
  expect(await abort.getAttribute("aria-pressed")).toBe("true");
  await until("the box was asked", () => served.box.asked.length > 0, 10_000);
  expect(served.box.asked).toEqual([{ call: "cancelRun", args: [RUNNING.id], by: "panel" }]);
  await page.goto(`${served.url}/`);
  await until("nobody holds it", () => served.buttons.held.length === 0, 5_000);
  await context.close();
});

test("the wipe page arms the panel, which shows the serials and allows the wipe by OVERRIDE", async () => {
  await using served = await servePanel(DATA_HELD);
  const { page, context, complaints } = await phone.openPage();
  await page.goto(`${served.url}/runs/${DATA_HELD.id}/wipe`);
  await page.getByRole("button", { name: "Allow at the panel" }).click();
  await page.getByRole("link", { name: "The panel" }).click();
  await sameAsDisplay(page, served.display);
  expect(served.box.asked).toEqual([{ call: "armWipe", args: [DATA_HELD.id], by: "operator@test" }]);
  await page.waitForFunction(() => performance.now() > 2_000); // the serials are read
  await page.keyboard.down("o");
  await until("the wipe is allowed", () => served.box.asked.length > 1, 10_000);
  await page.keyboard.up("o");
  expect(served.box.asked[1]).toEqual({
    call: "overrideWipe",
    args: [DATA_HELD.id, ["S6PW1234", "S6PW1235"]],
    by: "panel",
  });
  expect(complaints).toEqual([]);
  await context.close();
});

test("a real panel has no buttons in the browser, and takes none from it", async () => {
  await using served = await servePanel(RUNNING, false);
  const { page, context } = await phone.openPage();
  await page.goto(`${served.url}/panel`);
  await sameAsDisplay(page, served.display);
  expect(await page.locator("[data-button]").count()).toBe(0);
  await page.goto(served.url);
  expect(await page.getByRole("link", { name: "panel" }).count()).toBe(0);
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${served.url}/api/v1/panel/buttons/abort`, {
    method: "POST",
    headers,
    body: '{"down":true}',
  });
  expect([answer.status, served.buttons.held]).toEqual([409, []]);
  await context.close();
});

test("/panel shows its picture without scripts, too", async () => {
  await using served = await servePanel();
  const { page, context } = await phone.openPage({ scripts: false });
  await page.goto(`${served.url}/panel`);
  expect(await page.locator("svg.oled path").getAttribute("d")).toMatch(/^M\d+ \d+h\d+v1H\d+z/);
  await context.close();
});
