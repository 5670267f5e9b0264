import { expect, test } from "bun:test";
import { openBootScreen } from "../../appliance/panel/boot-screen.ts";
import { drawBoot } from "../../appliance/panel/pages/boot.ts";
import { openSimulatedDisplay } from "../../board/simulator.ts";

test("openBootScreen shows each part under way, done, and the one that failed, which stays", async () => {
  await using display = openSimulatedDisplay();
  const screen = openBootScreen(display, "1.0");
  const shown: unknown[] = [];
  expect(await screen.during("Record", async () => shown.push(display.picture.frame))).toBe(1);
  expect(shown).toEqual([drawBoot("1.0", [{ name: "Record", state: "running" }])]);
  await expect(screen.during("DHCP", () => Promise.reject(new Error("port 67 is taken")))).rejects.toThrow("port 67");
  const end = [{ name: "Record", state: "ok" } as const, { name: "DHCP", state: "failed" } as const];
  expect(display.picture.frame).toEqual(drawBoot("1.0", end));
});

test("openBootScreen does the work without a display, too", async () => {
  expect(await openBootScreen(null, "1.0").during("Record", async () => "open")).toBe("open");
});
