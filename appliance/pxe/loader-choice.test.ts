import { expect, test } from "bun:test";
import type { BootStep } from "../core/boot.ts";
import { createLoaderChoice, type LoaderChoice } from "./loader-choice.ts";

const MAC = "52:54:00:77:00:01";

/** Lets a host do the steps; `step!` is one that was not done whole. Answers the choice after them. */
const after = (choice: LoaderChoice, ...steps: readonly string[]): readonly string[] => {
  for (const text of steps) {
    const [, step = "", mark, detail = "firmware, BIOS"] = /^([a-z-]+)(!?)(?: (.*))?$/.exec(text) ?? [];
    choice.observe({ mac: MAC, step: step as BootStep, detail, complete: mark === "" });
  }
  return choice.alternates();
};

const START = ["dhcp-discover", "dhcp-lease", "loader"];
const IPXE = ["dhcp-discover iPXE, BIOS", "dhcp-lease", "script"];

test.each([
  ["a loader that fetched no script", [...START, "dhcp-discover"], true],
  ["a kernel that did not arrive", [...START, ...IPXE, "kernel!", "dhcp-discover"], true],
  ["a root that did not arrive", [...START, ...IPXE, "kernel", "root!", "dhcp-discover"], true],
  ["a host that was sent to its own disk", [...START, ...IPXE, "dhcp-discover"], false],
  ["an image that arrived whole", [...START, ...IPXE, "kernel", "root", "dhcp-discover"], false],
  ["a loader that did not arrive", ["dhcp-discover", "dhcp-lease", "loader!", "dhcp-discover"], false],
  ["a boot that goes on", [...START, ...IPXE, "kernel!"], false],
  ["a system that asks for an address", [...START, "dhcp-discover system, udhcp"], false],
])("createLoaderChoice: %s", (_name, steps, alternate) => {
  expect(after(createLoaderChoice(), ...steps)).toEqual(alternate ? [MAC] : []);
});

test("createLoaderChoice goes back to the first loader when the alternate fails too, and says each change once", () => {
  const choice = createLoaderChoice();
  expect(after(choice, ...START, "dhcp-discover", "dhcp-discover")).toEqual([MAC]);
  expect(after(choice, ...START)).toEqual([MAC]);
  const again = { mac: MAC, step: "dhcp-discover", detail: "firmware, BIOS", complete: true } as const;
  expect(choice.observe(again)).toBe(true);
  expect(choice.observe(again)).toBe(false);
  expect(choice.alternates()).toEqual([]);
});
