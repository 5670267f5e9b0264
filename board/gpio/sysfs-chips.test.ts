import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findSysfsBase } from "./sysfs-chips.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sysfs-gpio-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const addChip = (base: number, label: string): void => {
  const folder = join(root, `gpiochip${base}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "label"), `${label}\n`);
  writeFileSync(join(folder, "base"), `${base}\n`);
};

test("findSysfsBase gives the base of the first chip that has a label of the list, whatever its number", async () => {
  addChip(1_024, "pinctrl-rp1");
  addChip(570, "raspberrypi-exp-gpio");
  addChip(512, "pinctrl-bcm2711");
  expect(await findSysfsBase(root, ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"])).toBe(512);
  expect(await findSysfsBase(root, ["pinctrl-rp1"])).toBe(1_024);
});

test("findSysfsBase gives null for a label that no chip has, and passes over one that goes away meanwhile", async () => {
  mkdirSync(join(root, "gpiochip0")); // its files are gone already
  addChip(512, "pinctrl-bcm2711");
  expect(await findSysfsBase(root, ["pinctrl-bcm2711"])).toBe(512);
  expect(await findSysfsBase(root, ["pinctrl-bcm2835"])).toBeNull();
});
