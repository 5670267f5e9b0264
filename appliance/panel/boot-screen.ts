/** What the panel shows while the box starts: each part as it is opened, and the one that could not be. The display keeps that when the process ends. */
import type { Display } from "../../board/display.ts";
import type { SelfCheck } from "./model.ts";
import { drawBoot } from "./pages/boot.ts";

/** Tells the display of each part. */
export interface BootScreen {
  /** Does the work, and shows that it is under way, done, or failed. */
  during<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Opens the screen; without a display the work is done and nothing is shown. */
export const openBootScreen = (display: Display | null, version: string): BootScreen => {
  const checks: SelfCheck[] = [];
  const mark = (name: string, state: SelfCheck["state"]): void => {
    const at = checks.findIndex((check) => check.name === name);
    if (at < 0) checks.push({ name, state });
    else checks[at] = { name, state };
    display?.show(drawBoot(version, checks));
  };
  return {
    during: async (name, work) => {
      mark(name, "running");
      try {
        const value = await work();
        mark(name, "ok");
        return value;
      } catch (error) {
        mark(name, "failed");
        throw error;
      }
    },
  };
};
