import { expect, test } from "bun:test";
import type { BootEvent, BootStep } from "./boot.ts";
import { askerOf, furthest, splitAttempts } from "./boot-attempt.ts";

const at = (atMs: number, step: BootStep, detail = "", complete = true): BootEvent => ({
  mac: "52:54:00:77:00:01",
  step,
  atMs,
  detail,
  complete,
});
const sizes = (events: readonly BootEvent[]) => splitAttempts(events).map((attempt) => attempt.length);
const MINUTE_MS = 60_000;

test("splitAttempts keeps the questions of firmware, iPXE and the live image in one boot", () => {
  const whole = [
    at(0, "dhcp-discover", "firmware, BIOS"),
    at(1, "dhcp-discover", "firmware, BIOS"),
    at(2, "dhcp-lease"),
    at(3, "loader"),
    at(4, "dhcp-discover", "iPXE, BIOS"),
    at(5, "dhcp-lease"),
    at(6, "script"),
    at(7, "kernel"),
    at(8, "root"),
    at(9, "dhcp-discover", "system"),
    at(10, "hello"),
  ];
  expect(sizes(whole)).toEqual([11]);
  expect(sizes([...whole, ...whole])).toEqual([11, 11]);
});

test("splitAttempts keeps a NIC's old iPXE and the newer one that replaced it in one boot", () => {
  const chained = [
    at(0, "dhcp-discover", "iPXE, BIOS"),
    at(1, "dhcp-lease"),
    at(2, "script", "iPXE/1.0.0"),
    at(3, "loader", "ipxe.pxe"),
    at(4, "dhcp-discover", "iPXE, BIOS"),
    at(5, "dhcp-lease"),
    at(6, "script", "iPXE/1.21.1"),
  ];
  expect(sizes(chained)).toEqual([7]);
  expect(sizes([...chained, ...chained])).toEqual([7, 7]);
});

test("splitAttempts begins a boot with a script after a kernel, and after a long silence", () => {
  expect(sizes([at(0, "script"), at(1, "kernel"), at(2, "script")])).toEqual([2, 1]);
  expect(sizes([at(0, "script"), at(1, "script")])).toEqual([2]);
  expect(sizes([at(0, "script"), at(20 * MINUTE_MS, "script")])).toEqual([1, 1]);
  expect(sizes([at(0, "claim"), at(20 * MINUTE_MS, "dhcp-lease")])).toEqual([2]);
});

test("furthest is the furthest step that was done whole, not the latest", () => {
  expect(furthest([])).toBeNull();
  expect(furthest([at(0, "loader"), at(1, "dhcp-lease"), at(2, "root", "", false)])).toBe("loader");
});

test("askerOf reads the first word of a question", () => {
  expect(["firmware, BIOS", "iPXE", "system, udhcp", ""].map((d) => askerOf(at(0, "dhcp-discover", d)))).toEqual([
    "firmware",
    "iPXE",
    "system",
    "firmware",
  ]);
});
