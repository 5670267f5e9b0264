import { expect, test } from "bun:test";
import type { BoxView } from "../core/views.ts";
import { type BoxFacts, renderPanelModel } from "./model-of.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 13, 5);
const BOX: BoxView = {
  ...{ name: "vetbox-3f2a", version: "0.1.0", address: "10.77.0.1", imageId: null, dnsmasq: "running", otherDhcp: [] },
  ...{ activeRuns: 0, queuedRuns: 0, mqtt: null },
};
const OWN: BoxFacts = { hasCarrier: true, disk: { freeBytes: 50, totalBytes: 100 } };

const troublesOf = (box: Partial<BoxView> = {}, own: Partial<BoxFacts> = {}, nowMs = NOW_MS) =>
  renderPanelModel(
    { box: { ...BOX, ...box }, own: { ...OWN, ...own }, hostCount: 1, runs: [], learnedMs: nowMs },
    { interfaceName: "eth0", pageUrl: null, mdnsName: null },
    nowMs,
  ).box.troubles;

test("renderPanelModel has no trouble with a box that is well, nor with a file system that cannot be asked", () => {
  expect([troublesOf(), troublesOf({}, { disk: null })]).toEqual([[], []]);
});

test.each<[string, Parameters<typeof troublesOf>, ReturnType<typeof troublesOf>[number]["kind"], string]>([
  ["no carrier", [{}, { hasCarrier: false }], "link-down", "No link on eth0"],
  ["a boot service that ends", [{ dnsmasq: "restarting" }], "dnsmasq-down", "stops again and again"],
  ["a full disk", [{}, { disk: { freeBytes: 4, totalBytes: 100 } }], "disk-full", "4 % of the disk is free"],
  ["a clock of 1970", [{}, {}, 0], "clock-unset", "never set"],
  ["a second DHCP server", [{ otherDhcp: [{ address: "10.77.0.9", mac: null }] }], "rogue-dhcp", "10.77.0.9 answers"],
])("renderPanelModel tells %s", (_what, facts, kind, words) => {
  expect(troublesOf(...facts)).toEqual([expect.objectContaining({ kind, what: expect.stringContaining(words) })]);
});

test("renderPanelModel tells by which MAC to find a second DHCP server on the switch, of several all", () => {
  const otherDhcp = [
    { address: "10.77.0.9", mac: "52:54:00:a1:b2:c3" },
    { address: "10.77.0.10", mac: null },
  ];
  expect(troublesOf({ otherDhcp })).toEqual([
    {
      kind: "rogue-dhcp",
      what: "10.77.0.9, 10.77.0.10 answer DHCP too.",
      action: "Find 52:54:00:a1:b2:c3, 10.77.0.10 on the switch and unplug it.",
    },
  ]);
});
