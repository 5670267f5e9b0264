/** What the golden pictures show: a box on a good day, and on days with long names, many servers, hostile strings and trouble. */
import type { PanelBox, PanelModel, PanelResult, PanelRun, PanelTrouble } from "../../model.ts";

/** A time at which the picture lies in its corner: a whole number of its walks. */
export const NOW_MS = Math.ceil(Date.UTC(2026, 10, 21, 13, 5) / (16 * 60_000)) * 16 * 60_000;

const MINUTE_MS = 60_000;

/** A box on a good day. */
export const BOX: PanelBox = {
  ...{ name: "vetbox-3f2a", version: "0.1.0", address: "10.77.0.2", imageId: null, dnsmasq: "running", mqtt: null },
  otherDhcp: [],
  ...{ activeRuns: 2, queuedRuns: 1, pageUrl: "http://10.77.0.2:8088", mdnsName: "vetbox-3f2a.local" },
  ...{ link: "up", hostCount: 12, timeText: "14:05", troubles: [] },
};

/** A run in the middle of its stages. */
export const RUNNING: PanelRun = {
  ...{ id: "r1", hostName: "r07-u12", state: "CPUStress", verdict: "running", title: "CPU" },
  ...{ place: { index: 2, count: 8 }, progress: 0.47, restMs: 72 * MINUTE_MS, maxTempC: 71.4 },
  ...{ enteredMs: NOW_MS - 5 * MINUTE_MS, deadlineMs: NOW_MS + 30 * MINUTE_MS, held: null, refusedSerials: [] },
};

/** A run whose server was told to wake. */
export const WAKING: PanelRun = {
  ...RUNNING,
  ...{ id: "r2", hostName: "r07-u13", state: "WaitingWoL", title: "Waiting for the server to wake", place: null },
  ...{ progress: null, restMs: null, maxTempC: null },
  ...{ enteredMs: NOW_MS - 3 * MINUTE_MS, deadlineMs: NOW_MS + 12 * MINUTE_MS },
};

/** A run whose server failed a stage. */
export const HELD: PanelRun = {
  ...WAKING,
  ...{ id: "r3", hostName: "r07-u14", state: "FailedHolding", verdict: "held", title: "Held: you decide" },
  held: {
    what: "SMART: disk S6PWNX0T12 has 24 reallocated sectors",
    action: "Replace the disk, then retry on the page",
    login: "root@10.77.0.51",
  },
};

/** A run that found data where it was to write. */
export const REFUSED: PanelRun = {
  ...HELD,
  ...{ id: "r4", hostName: "r07-u15", refusedSerials: ["S6PWNX0T123456", "WD-WX32D81A7L5J"] },
  held: { what: "Data found on 2 disks", action: "Pull them, or arm the wipe", login: "root@10.77.0.52" },
};

/** As many disks as a large storage server has. */
export const MANY_SERIALS: readonly string[] = Array.from({ length: 26 }, (_, i) => `ZC1${String(4096 + i * 37)}A7Q`);

/** Names of volumes behind a RAID controller, alike but for their middle. */
export const LONG_SERIALS: readonly string[] = ["0A", "0B"].map(
  (which) => `6000c295f1d3e8b27a41${which}29be60d4c7f815`,
);

/** The troubles of a box on a very bad day, as the model tells them. */
export const TROUBLES: readonly PanelTrouble[] = [
  {
    kind: "link-down",
    what: "The network cable has no link.",
    action: "Plug it in, at both ends; check the switch port.",
  },
  { kind: "dnsmasq-down", what: "dnsmasq ended 5 times in a minute.", action: "Restart the box; then see its log." },
  {
    kind: "disk-full",
    what: "3 % of the card is free.",
    action: "Delete old images on the page, or use a larger card.",
  },
  {
    kind: "clock-unset",
    what: "The box does not know the time.",
    action: "Give it a time server, or set the time on the page.",
  },
  {
    kind: "rogue-dhcp",
    what: "10.77.0.9 answers DHCP too.",
    action: "Find 52:54:00:a1:b2:c3 on the switch and unplug it.",
  },
];

/** How runs end. */
export const PASSED: PanelResult = {
  ...{ id: "e1", hostName: "r07-u12", verdict: "pass", summary: "8 of 8 stages", tookMs: 192 * MINUTE_MS },
};

/** A model of the box with these runs. */
export const modelOf = (runs: readonly PanelRun[], box: Partial<PanelBox> = {}, ended: readonly PanelResult[] = []) =>
  ({ box: { ...BOX, ...box }, runs, ended, nowMs: NOW_MS }) satisfies PanelModel;

/** Everything that a name, a serial or a message may be and should not: control characters, directions, more than fits, no text at all. */
export const HOSTILE = {
  control: "a\u0000b\u001b[31mc\r\nd\te",
  rightToLeft: "\u202Eevil\u202C \u05E9\u05DC\u05D5\u05DD",
  long: "a-very-long-host-name-that-nobody-should-have-given.rack-07.example.internal",
  accents: "Zürich-Ångström-Łódź-ß",
  zalgo: `r${"\u0300\u0316\u0489".repeat(40)}07`,
  emoji: "👩‍🔬 lab 漢字",
  empty: "",
} as const;
