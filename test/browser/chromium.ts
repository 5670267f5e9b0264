/** A real browser at the size of a phone, on a page that is watched for what must not happen. */
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { needPackages } from "../setup/packages.ts";

/** No update, no telemetry, no GPU: the same picture on every machine. */
export const CHROMIUM = {
  executablePath: "/usr/bin/chromium",
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

/** A phone held upright. */
export const PHONE = { width: 390, height: 844 };

/** An open browser. */
export interface Phone extends AsyncDisposable {
  /** A page in a context of its own. `complaints` grows with console errors, refused content and script errors. */
  openPage(options?: {
    readonly scripts?: boolean;
  }): Promise<{ page: Page; context: BrowserContext; complaints: string[] }>;
}

/** Opens a browser; the package is installed where it is missing. */
export const openPhone = async (): Promise<Phone> => {
  await needPackages(["chromium"]);
  const browser = await chromium.launch(CHROMIUM);
  return {
    openPage: async ({ scripts = true } = {}) => {
      const context = await browser.newContext({ viewport: PHONE, hasTouch: true, javaScriptEnabled: scripts });
      const page = await context.newPage();
      await page.bringToFront();
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      return { page, context, complaints };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
};
