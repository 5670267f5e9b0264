import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { logLines } from "../../web/fixtures/rack.ts";
import { BOOT_STOPPED, COMPLETED, HELD, RUNNING, WAITING_TO_WAKE } from "../../web/fixtures/runs.ts";
import { until } from "../rack/until.ts";
import { openPhone, PHONE, type Phone } from "./chromium.ts";
import { serveBox } from "./served.ts";

setDefaultTimeout(60_000);

let phone: Phone;
beforeAll(async () => {
  phone = await openPhone();
}, 300_000);
afterAll(async () => {
  await phone[Symbol.asyncDispose]();
});

const PATHS = [
  "/",
  "/hosts/h-r07u17",
  "/hosts/h-r07u14",
  "/hosts/h-r07u14/remove",
  ...[COMPLETED, RUNNING, HELD, BOOT_STOPPED, WAITING_TO_WAKE].map((run) => `/runs/${run.id}`),
  `/runs/${COMPLETED.id}/logs`,
  `/runs/${HELD.id}/release`,
  `/runs/${HELD.id}/key`,
];

/** Marks the document, so that a reload would be seen. */
const mark = (page: Page) => page.evaluate(() => Object.assign(window, { marked: true }));
const isMarked = (page: Page) => page.evaluate(() => "marked" in window);
/**
 * The page has its stream. Asked of the box, and begun anew when nothing comes: a headless browser on a busy machine may give a page no frame, and with it
 * no turn of `requestAnimationFrame`.
 */
const listening = async (page: Page, box: { readonly listening: number }): Promise<void> => {
  for (let tries = 1; ; tries++) {
    const heard = await until("the page listens", () => box.listening > 0, 8_000).catch((late: unknown) => late);
    if (heard === true) return;
    if (tries === 3) throw heard;
    await page.reload();
  }
};

describe("at the size of a phone", () => {
  test.each(PATHS)("%s fits the screen, has targets for thumbs, and nothing to complain of", async (path) => {
    await using served = await serveBox();
    const { page, context, complaints } = await phone.openPage();
    await page.goto(served.url + path);
    await page.locator("details").evaluateAll((all) => all.map((details) => details.setAttribute("open", "")));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
    const targets = await page
      .locator(
        "button:visible, .button, .tile, .links a, .chips a, .back, input[type=radio], input:visible, summary, .target",
      )
      .evaluateAll((found) =>
        found.map((e) => ({ what: e.textContent || e.outerHTML, height: e.getBoundingClientRect().height })),
      );
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter(({ height }) => height < 44)).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("320 pixels are enough for the start page and a held run", async () => {
    await using served = await serveBox();
    const { page, context } = await phone.openPage();
    await page.setViewportSize({ width: 320, height: 600 });
    for (const path of ["/", `/runs/${HELD.id}`, "/hosts/h-r07u14"]) {
      await page.goto(served.url + path);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    }
    await context.close();
  });

  test("the decisions of a held run stay under the thumb while its page is read", async () => {
    await using served = await serveBox();
    const { page, context } = await phone.openPage();
    await page.goto(`${served.url}/runs/${HELD.id}`);
    const bar = page.getByRole("navigation", { name: "Decide" });
    for (const top of [0, 700, 1400]) {
      await page.evaluate((y) => scrollTo(0, y), top);
      const box = await bar.boundingBox();
      expect(Math.round((box?.y ?? 0) + (box?.height ?? 0))).toBe(PHONE.height);
    }
    await context.close();
  });
});

describe("live", () => {
  test("a change arrives without a reload, and what was opened, focused and scrolled stays", async () => {
    await using served = await serveBox();
    const { page, context, complaints } = await phone.openPage();
    await page.goto(`${served.url}/runs/${RUNNING.id}`);
    await listening(page, served.box);
    await mark(page);
    await page.locator(".boot summary").click();
    await page.locator("#log-box").focus();
    await page.evaluate(() => scrollTo(0, 300));
    served.box.change({ ...RUNNING, progress: 0.8, note: "Reading the disks" });
    await page.getByText("Reading the disks").waitFor();
    expect(await page.locator("progress").getAttribute("value")).toBe("80");
    expect(await page.locator(".boot details").getAttribute("open")).not.toBeNull();
    expect(await page.evaluate(() => [document.activeElement?.id, scrollY])).toEqual(["log-box", 300]);
    expect(await isMarked(page)).toBe(true);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("only the parts that changed are sent", async () => {
    await using served = await serveBox();
    const { page, context } = await phone.openPage();
    await page.goto(`${served.url}/runs/${RUNNING.id}`);
    await listening(page, served.box);
    const answered = page.waitForResponse((r) => r.url().endsWith("/parts") && r.status() === 200);
    served.box.change({ ...RUNNING, note: "Reading the disks" });
    const html = await (await answered).text();
    expect([...html.matchAll(/data-part="([^"]+)"/g)].map((m) => m[1])).toEqual(["head"]);
    await context.close();
  });

  test("a host's typed spec is left alone when its run changes", async () => {
    await using served = await serveBox();
    const { page, context } = await phone.openPage();
    await page.goto(`${served.url}/hosts/${HELD.hostId}`);
    await listening(page, served.box);
    await page.getByLabel("YAML").fill("half typed");
    served.box.hosts = served.box.hosts.map((h) => (h.id === HELD.hostId ? { ...h, activeRun: null } : h));
    served.box.tell({ kind: "host", hostId: HELD.hostId, runId: null });
    await page.getByRole("button", { name: "Start a run" }).waitFor();
    expect(await page.getByLabel("YAML").inputValue()).toBe("half typed");
    await context.close();
  });

  test("a choice in the start form survives a change", async () => {
    await using served = await serveBox();
    const { page, context } = await phone.openPage();
    await page.goto(`${served.url}/hosts/h-r07u17`);
    await listening(page, served.box);
    await page.locator("input[value=standard]").check();
    served.box.hosts = served.box.hosts.map((h) => (h.id === "h-r07u17" ? { ...h, hasSpec: true } : h));
    served.box.tell({ kind: "host", hostId: "h-r07u17", runId: null });
    await page.getByText("has a spec").waitFor();
    expect(await page.locator("input[value=standard]").isChecked()).toBe(true);
    await context.close();
  });

  test("a server that asks to boot shows up, and one tap registers it", async () => {
    await using served = await serveBox();
    served.box.sightings = [];
    const { page, context, complaints } = await phone.openPage();
    await page.goto(served.url);
    await listening(page, served.box);
    served.box.sightings = [{ mac: "02:00:00:00:00:aa", firstSeenMs: 0, lastSeenMs: 0, count: 1, detail: "" }];
    served.box.tell({ kind: "sighting", hostId: null, runId: null });
    await page.locator("#part-seen").getByRole("button", { name: "Register" }).click();
    await page.waitForURL("**/hosts/h-host-0000aa");
    expect(served.box.asked.map((a) => a.args)).toEqual([[{ name: "host-0000aa", mac: "02:00:00:00:00:aa" }]]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("after a cut the page says so, comes back by itself and shows what happened meanwhile", async () => {
    await using served = await serveBox();
    const { page, context } = await phone.openPage();
    await page.goto(`${served.url}/runs/${RUNNING.id}`);
    await listening(page, served.box);
    await mark(page);
    await served.cut();
    await page.getByText("Connection lost").waitFor();
    served.box.change({ ...RUNNING, note: "Said while nobody listened" });
    await served.resume();
    await page.getByText("Said while nobody listened").waitFor();
    await page.getByText("Connected again").waitFor();
    expect(await isMarked(page)).toBe(true);
    served.box.change({ ...RUNNING, note: "Said after it" });
    await page.getByText("Said after it").waitFor();
    await context.close();
  });

  test("pages that are left give their streams back", async () => {
    await using served = await serveBox();
    const { page, context } = await phone.openPage();
    for (const path of [...PATHS, ...PATHS]) await page.goto(served.url + path);
    await page.goto(`${served.url}/runs/${RUNNING.id}`);
    await listening(page, served.box);
    await until("the streams of the pages before are given back", () => served.box.listening <= 1, 30_000);
    expect(served.box.listening).toBe(1);
    await context.close();
  });
});

describe("the log", () => {
  test("follows new lines, stands still while a person reads above, and goes on from the button", async () => {
    await using served = await serveBox();
    const { page, context } = await phone.openPage();
    await page.goto(`${served.url}/runs/${RUNNING.id}`);
    await listening(page, served.box);
    const lines = page.locator("#log-lines li[data-id]");
    const last = () => lines.last().getAttribute("data-id");
    served.box.log(RUNNING, logLines(30, 1001));
    await page.locator("#log-lines li[data-id='1030']").waitFor();
    expect(await page.locator("#log-box").evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight)).toBeLessThan(
      2,
    );
    await page.locator("#log-box").evaluate((e) => e.scrollTo(0, 0));
    served.box.log(RUNNING, logLines(5, 2001));
    await page.getByRole("button", { name: "Paused" }).waitFor();
    expect(await last()).toBe("1030");
    expect(await page.locator("#log-box").evaluate((e) => e.scrollTop)).toBe(0);
    await page.getByRole("button", { name: "Paused" }).click();
    await page.locator("#log-lines li[data-id='2005']").waitFor();
    expect(await page.getByRole("button", { name: "Paused" }).isVisible()).toBe(false);
    await context.close();
  });

  test("catches up over more than a page and keeps the newest 500 lines", async () => {
    await using served = await serveBox();
    const { page, context } = await phone.openPage();
    await page.goto(`${served.url}/runs/${RUNNING.id}`);
    await listening(page, served.box);
    served.box.log(RUNNING, logLines(1200, 5001));
    await page.locator("#log-lines li[data-id='6200']").waitFor({ state: "attached" });
    expect(await page.locator("#log-lines li").count()).toBe(500);
    await context.close();
  });
});

describe("deciding", () => {
  test.each([true, false])("asks once more before it acts (scripts: %p)", async (scripts) => {
    await using served = await serveBox();
    const { page, context, complaints } = await phone.openPage({ scripts });
    await page.goto(`${served.url}/runs/${HELD.id}`);
    await page.getByRole("link", { name: "Release" }).click();
    await page.getByText("Let the held server go?").waitFor();
    expect(served.box.asked).toEqual([]);
    await page.getByRole("link", { name: "Back", exact: true }).click();
    await page.getByRole("link", { name: "Release" }).click();
    await page.getByRole("button", { name: "Release" }).click();
    await page.waitForURL(`**/runs/${HELD.id}`);
    expect(served.box.asked.map((a) => [a.call, a.args])).toEqual([["releaseRun", [HELD.id]]]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("the bar goes away when the run is over", async () => {
    await using served = await serveBox();
    const { page, context } = await phone.openPage();
    await page.goto(`${served.url}/runs/${HELD.id}`);
    await listening(page, served.box);
    served.box.change({ ...HELD, state: "Released", verdict: "fail", endedMs: HELD.enteredMs, hold: null });
    await page.getByRole("navigation", { name: "Decide" }).waitFor({ state: "hidden" });
    expect(await page.locator("#part-hold").isVisible()).toBe(false);
    await context.close();
  });

  test("the key is shown once, and its file is what was shown", async () => {
    await using served = await serveBox();
    const { page, context, complaints } = await phone.openPage();
    await page.goto(`${served.url}/runs/${HELD.id}`);
    await page.getByRole("link", { name: "Show the key" }).click();
    await page.getByRole("button", { name: "Show it now" }).click();
    expect(await page.locator("#key").inputValue()).toBe(served.box.privateKey);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`vetbox-${HELD.id}.key`);
    expect(await Bun.file(await download.path()).text()).toBe(served.box.privateKey);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
