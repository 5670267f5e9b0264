import { describe, expect, test } from "bun:test";
import type { BootEvent, BootStep } from "./boot.ts";
import { diagnoseBoot } from "./boot-doctor.ts";

const MAC = "52:54:00:77:00:01";
const LATER_MS = 3_600_000;

/** `step detail`, `step! detail` for one that was not done whole; a second between them. */
const story = (...lines: readonly string[]): readonly BootEvent[] =>
  lines.map((line, i) => {
    const [, step = "", mark, detail = ""] = /^([a-z-]+)(!?) ?(.*)$/.exec(line) ?? [];
    return { mac: MAC, step: step as BootStep, atMs: i * 1000, detail, complete: mark === "" };
  });

const FIRMWARE = ["dhcp-discover firmware, BIOS", "dhcp-lease! offered 10.77.0.50", "dhcp-lease 10.77.0.50"];
const LOADED = [...FIRMWARE, "loader undionly.kpxe sent by TFTP"];
const SCRIPTED = [...LOADED, "dhcp-discover iPXE, BIOS", "dhcp-lease 10.77.0.50", "script iPXE/1.21.1"];
const KERNEL = [...SCRIPTED, "kernel! 12.0 MB, begun", "kernel 12.0 MB in 1.0 s"];
const INITRD = [...KERNEL, "initrd! 1.1 MB, begun", "initrd 1.1 MB in 0.1 s"];
const WHOLE = [...INITRD, "root! 200.0 MB, begun", "root 200.0 MB in 4.0 s"];
const UP = [...WHOLE, "dhcp-discover system, udhcp", "dhcp-lease 10.77.0.50"];
const CLAIMED = [...UP, "hello 10.77.0.50", "claim"];

const cases: readonly (readonly [name: string, lines: readonly string[], reached: BootStep | null, cause: string])[] = [
  ["nothing was seen", [], null, "has not asked for an address"],
  ["the MAC was not registered", ["dhcp-discover! firmware, BIOS"], null, "not registered"],
  ["the range is used up", ["dhcp-lease! no address left"], null, "no address left"],
  ["32-bit firmware", ["dhcp-discover firmware, 32-bit UEFI (no loader for it)"], "dhcp-discover", "(32-bit UEFI"],
  ["the disk booted", ["dhcp-discover system, MSFT 5.0", "dhcp-lease 10.77.0.50"], "dhcp-lease", "from its disk"],
  ["another DHCP server won", FIRMWARE.slice(0, 2), "dhcp-discover", "took none"],
  ["no server gave an address", FIRMWARE.slice(0, 1), "dhcp-discover", "got none"],
  ["TFTP broke off", [...FIRMWARE, "loader! undionly.kpxe TFTP transfer broke off"], "dhcp-lease", "not arrive whole"],
  ["no loader was fetched", FIRMWARE, "dhcp-lease", "did not fetch a boot loader"],
  ["the loader is dead", LOADED, "loader", "did not come up"],
  ["the loader has no network", [...LOADED, "dhcp-discover iPXE, BIOS"], "loader", "did not fetch its script"],
  ["the kernel broke off", [...SCRIPTED, "kernel! at most 3.0 MB of 12.0 MB"], "script", "kernel did not arrive whole"],
  ["nothing follows the script", SCRIPTED, "script", "fetched no kernel"],
  ["the root stands still", [...INITRD, "root! 200.0 MB, begun"], "initrd", "transfer of the root stands still"],
  ["the root broke off", [...INITRD, "root! at most 40.0 MB of 200.0 MB"], "initrd", "root did not arrive whole"],
  ["nothing follows the kernel", KERNEL, "kernel", "stopped after the kernel"],
  ["Linux is up without an agent", UP, "root", "its agent did not report"],
  ["the image was refused", WHOLE, "root", "its initrd refused it because its SHA-256 is wrong, or the kernel stopped"],
  ["the claim is missing", CLAIMED.slice(0, -1), "hello", "did not take over the run"],
];

describe("diagnoseBoot", () => {
  test.each(cases)("names the cause when %s", (_name, lines, reached, cause) => {
    const timeline = diagnoseBoot(story(...lines), { nowMs: LATER_MS, bootable: true, bootableSinceMs: 0 });
    expect(timeline.reached).toBe(reached);
    expect(timeline.diagnosis?.cause).toContain(cause);
    expect(timeline.diagnosis?.remedy.length).toBeGreaterThan(20);
  });

  test.each(cases)("says nothing yet when %s, but only a second ago", (_name, lines) => {
    const nowMs = lines.length * 1000;
    expect(diagnoseBoot(story(...lines), { nowMs, bootable: true, bootableSinceMs: 0 }).diagnosis).toBeNull();
  });

  test.each(cases)("finds nothing wrong with a host that has no run, when %s", (_name, lines) => {
    expect(diagnoseBoot(story(...lines), { nowMs: LATER_MS, bootable: false }).diagnosis).toBeNull();
  });

  test("judges at once a boot that the run gave up, also when the run is over", () => {
    const justNow = { nowMs: 12_000, bootable: false };
    expect(diagnoseBoot(story(...WHOLE), justNow).diagnosis).toBeNull();
    expect(diagnoseBoot(story(...WHOLE), { ...justNow, gaveUp: true }).diagnosis?.cause).toContain(
      "its initrd refused it",
    );
    expect(diagnoseBoot(story(...CLAIMED), { ...justNow, gaveUp: true }).diagnosis).toBeNull();
  });
  test("has nothing to say about a boot that was claimed, however long ago", () => {
    const renewed = { ...story("dhcp-lease 10.77.0.50")[0], atMs: LATER_MS } as BootEvent;
    const timeline = diagnoseBoot([...story(...CLAIMED), renewed], { nowMs: 2 * LATER_MS, bootable: true });
    expect(timeline).toMatchObject({ reached: "claim", diagnosis: null });
    expect(timeline.events).toHaveLength(CLAIMED.length + 1);
  });

  test("lets the newest boot count, and says why the one before it failed", () => {
    const events = story(...WHOLE, ...FIRMWARE);
    const timeline = diagnoseBoot(events, { nowMs: events.length * 1000, bootable: true });
    expect(timeline.reached).toBe("dhcp-lease");
    expect(timeline.events).toHaveLength(FIRMWARE.length);
    expect(timeline.diagnosis?.cause).toStartWith(
      "The server started over. Before that: The live image was fetched whole",
    );
    const stopped = diagnoseBoot(events, { nowMs: LATER_MS, bootable: true });
    expect(stopped.diagnosis?.cause).toBe("The server has an address but did not fetch a boot loader.");
  });

  test("takes no notice of what was seen before the run", () => {
    const timeline = diagnoseBoot(story(...WHOLE), {
      nowMs: LATER_MS,
      bootable: true,
      bootableSinceMs: LATER_MS - 1000,
    });
    expect(timeline).toEqual({ events: [], reached: null, diagnosis: null });
  });
});
