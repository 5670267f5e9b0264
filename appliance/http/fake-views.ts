/** Views with every field set, for tests of what shows them. */
import type { BoxView, HostView, RunSummary, RunView } from "../core/views.ts";

/** A run in a list, with what a test changes. */
export const fakeSummary = (change: Partial<RunSummary> = {}): RunSummary => ({
  id: "01JDRUN0000000000000000001",
  hostId: "h1",
  hostName: "r07-u12",
  mac: "52:54:00:aa:00:01",
  state: "InventoryCheck",
  verdict: "running",
  profile: "standard",
  destructive: false,
  repaired: null,
  createdMs: Date.UTC(2026, 10, 20, 10),
  enteredMs: Date.UTC(2026, 10, 20, 10, 1),
  deadlineMs: null,
  endedMs: null,
  lastSeenMs: null,
  progress: null,
  note: null,
  failure: null,
  ...change,
});

/** A run with everything, with what a test changes. */
export const fakeRun = (change: Partial<RunView> = {}): RunView => ({
  ...fakeSummary(),
  stages: [],
  differences: [],
  inventory: null,
  changes: null,
  timeline: { events: [], reached: null, diagnosis: null },
  transitions: [],
  power: [],
  artifacts: [],
  series: [],
  hold: null,
  phases: [],
  imageId: null,
  address: null,
  plan: [],
  restMs: null,
  refusedDisks: [],
  ...change,
});

/** A host, with what a test changes. */
export const fakeHost = (change: Partial<HostView> = {}): HostView => ({
  id: "h1",
  name: "r07-u12",
  mac: "52:54:00:aa:00:01",
  addedMs: Date.UTC(2026, 10, 20, 9),
  hasSpec: false,
  bmc: null,
  activeRun: null,
  lastRun: null,
  ...change,
});

/** A box, with what a test changes. */
export const fakeBox = (change: Partial<BoxView> = {}): BoxView => ({
  name: "vetbox",
  version: "0.1.0",
  address: "10.77.0.1",
  imageId: null,
  dnsmasq: "running",
  otherDhcp: [],
  activeRuns: 0,
  queuedRuns: 0,
  mqtt: null,
  ...change,
});
