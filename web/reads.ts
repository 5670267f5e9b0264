/** The read model as pages see it: every text in it is safe to show, so that no page can forget. */
import { plainLines, plainView } from "../agent/wire/plain.ts";
import type { ReadModel } from "../appliance/core/ports.ts";

/** Longest spec that is shown for editing. */
const SPEC_CHARS = 1_000_000;

/** What pages read. Paths of files and raw facts are not shown and not part of it. */
export type PageReads = Pick<
  ReadModel,
  "box" | "hosts" | "host" | "hostRuns" | "spec" | "learnedSpec" | "plan" | "timeline" | "run" | "logs" | "sightings"
>;

const shownSpec = (text: string | null): string | null => (text === null ? null : plainLines(text, SPEC_CHARS));

/** Wraps a read model so that its texts are safe to show. */
export const openPageReads = (reads: ReadModel): PageReads => ({
  box: async () => plainView(await reads.box()),
  hosts: async () => plainView(await reads.hosts()),
  host: async (ref) => plainView(await reads.host(ref)),
  hostRuns: async (hostId) => plainView(await reads.hostRuns(hostId)),
  timeline: async (hostId) => plainView(await reads.timeline(hostId)),
  run: async (ref) => plainView(await reads.run(ref)),
  logs: async (runId, options) => plainView(await reads.logs(runId, options)),
  sightings: async () => plainView(await reads.sightings()),
  spec: async (hostId) => shownSpec(await reads.spec(hostId)),
  plan: async (hostId, input) => plainView(await reads.plan(hostId, input)),
  learnedSpec: async (hostId, serials) => shownSpec(await reads.learnedSpec(hostId, serials)),
});
