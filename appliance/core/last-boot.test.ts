import { describe, expect, test } from "bun:test";
import type { BootEvent, BootStep } from "./boot.ts";
import { stepsOfLastBoot } from "./last-boot.ts";

const at = (step: BootStep, seconds: number, complete = true): BootEvent => ({
  mac: "52:54:00:00:00:01",
  step,
  atMs: seconds * 1000,
  detail: "",
  complete,
});
const seconds = (events: readonly BootEvent[]) =>
  Object.fromEntries(stepsOfLastBoot(events).flatMap(({ step, event }) => (event ? [[step, event.atMs / 1000]] : [])));

describe("stepsOfLastBoot", () => {
  test("names every step once, in order, for a host that was never seen", () => {
    expect(stepsOfLastBoot([]).map((s) => [s.step, s.event])).toEqual([
      ["dhcp-discover", null],
      ["dhcp-lease", null],
      ["loader", null],
      ["script", null],
      ["kernel", null],
      ["initrd", null],
      ["root", null],
      ["hello", null],
      ["claim", null],
    ]);
  });
  test("leaves an earlier boot out", () => {
    const first = [at("dhcp-discover", 1), at("loader", 2), at("script", 3), at("kernel", 4), at("claim", 40)];
    const second = [at("dhcp-discover", 200), at("loader", 202), at("script", 204)];
    expect(seconds([...first, ...second])).toEqual({ "dhcp-discover": 200, loader: 202, script: 204 });
  });
  test("keeps the firmware's DHCP when the loader and the live system ask again", () => {
    const events = [
      at("dhcp-discover", 1),
      at("loader", 3),
      at("dhcp-discover", 5),
      at("root", 9),
      at("dhcp-lease", 30),
    ];
    expect(seconds(events)).toEqual({ "dhcp-discover": 1, loader: 3, root: 9, "dhcp-lease": 30 });
  });
  test("prefers the whole transfer, and shows the last broken one when none was whole", () => {
    expect(seconds([at("loader", 1), at("kernel", 2, false), at("kernel", 3)])).toEqual({ loader: 1, kernel: 3 });
    expect(seconds([at("loader", 1), at("root", 2, false), at("root", 8, false)])).toEqual({ loader: 1, root: 8 });
  });
});
