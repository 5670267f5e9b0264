/**
 * Everything that the agent has to say and that must not be lost: results, log lines, samples, artifacts. Kept on a tmpfs until the box has
 * acknowledged it, delivered for as long as it takes.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Bell, createBell } from "./bell.ts";
import type { Client } from "./client.ts";
import { type PumpParts, pumpParcels, pumpRing } from "./spool/deliver.ts";
import { openParcels, type Parcels } from "./spool/parcels.ts";
import { openRing, type Ring } from "./spool/ring.ts";
import type { System } from "./system/system.ts";
import { WIRE_LIMITS, WIRE_PERIODS } from "./wire/limits.ts";
import type { LogEntry, ResultAnswer, ResultRequest, Sample } from "./wire/messages.ts";
import type { LogLevel, StageState } from "./wire/names.ts";

/** Bounds of what waits, in bytes. Together they are what an outage may cost a host's RAM. */
export const SPOOL_LIMITS = {
  logBytes: 4 * 1024 * 1024,
  sampleBytes: 4 * 1024 * 1024,
  artifactBytes: WIRE_LIMITS.artifactBytes,
  segmentBytes: 128 * 1024,
} as const;

/** What a spool is made of. */
export interface SpoolOptions {
  /** On a tmpfs. */
  readonly directory: string;
  readonly bootId: string;
  readonly system: System;
  readonly limits?: Partial<Record<keyof typeof SPOOL_LIMITS, number>>;
  /** Told in one sentence about a message that was refused or lost. It must not call the spool's `log` for trouble of the log itself. */
  readonly onTrouble: (what: string) => void;
}

/** How results come back: the box's answer, with what `stamp` gave when the result was sent. */
export interface ResultSink {
  stamp(): number;
  answered(answer: ResultAnswer, stamp: number): void;
}

/** See above. */
export interface Spool {
  log(level: LogLevel, text: string, stage: StageState | undefined): void;
  sample(readings: Readonly<Record<string, number>>, stage: StageState | undefined): void;
  artifact(stage: StageState, attempt: number, name: string, content: string | Uint8Array): void;
  result(body: ResultRequest): void;
  /** Delivers until the signal aborts, with the bearer that is valid at the time. */
  deliver(client: Client, bearer: () => string, results: ResultSink, signal: AbortSignal): Promise<void>;
  /** Sends at once what waits for its period, and ends when nothing waits, or after `maxMs`. Answers whether nothing waits. */
  drain(what: "all" | "results", maxMs: number, signal: AbortSignal): Promise<boolean>;
  readonly waiting: {
    readonly logs: number;
    readonly samples: number;
    readonly parcels: number;
    readonly results: number;
  };
}

/** What the wire does not carry becomes visible instead of being refused: control characters, and the end of a very long line. */
export const cleanLine = (text: string): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: replacing them is the purpose
  const plain = text.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, "\u00b7").toWellFormed();
  const mark = " [cut]";
  return plain.length <= WIRE_LIMITS.logTextChars
    ? plain
    : plain.slice(0, WIRE_LIMITS.logTextChars - mark.length) + mark;
};

interface Stores {
  readonly logs: Ring<LogEntry>;
  readonly samples: Ring<Sample>;
  readonly parcels: Parcels;
}
type Bells = Readonly<Record<keyof Stores, Bell>>;

const deliverAll = async (
  parts: Omit<PumpParts, "bell"> & {
    readonly client: Client;
    readonly bearer: () => string;
    readonly results: ResultSink;
    readonly bootId: string;
  },
  { logs, samples, parcels }: Stores,
  bells: Bells,
): Promise<void> => {
  const { client, bearer, results, bootId, signal } = parts;
  await Promise.all([
    pumpRing({
      ...parts,
      bell: bells.logs,
      what: "log line",
      ring: logs,
      periodMs: WIRE_PERIODS.logMs,
      post: (entries) => client.log(bearer(), { bootId, entries: [...entries] }, signal),
    }),
    pumpRing({
      ...parts,
      bell: bells.samples,
      what: "sample",
      ring: samples,
      periodMs: WIRE_PERIODS.sensorMs,
      post: (entries) => client.sensor(bearer(), { bootId, samples: [...entries] }, signal),
    }),
    pumpParcels({
      ...parts,
      bell: bells.parcels,
      parcels,
      post: {
        artifact: ({ stage, attempt, name, sha256 }, bytes) =>
          client.artifact(bearer(), { bootId, stage, attempt, name, sha256 }, bytes, signal),
        result: async (body) => {
          const stamp = results.stamp();
          const reply = await client.result(bearer(), body, signal);
          if (reply.kind === "answer") results.answered(reply.value, stamp);
          return reply;
        },
      },
    }),
  ]);
};

/** Opens the spool of a directory, with what an earlier process of this boot left there. */
export const openSpool = (options: SpoolOptions): Spool => {
  const { directory, bootId, system, onTrouble } = options;
  const limits = { ...SPOOL_LIMITS, ...options.limits };
  const ringOf = (name: string, maxBytes: number) => ({
    directory: join(directory, name),
    maxBytes,
    segmentBytes: Math.min(limits.segmentBytes, Math.max(1, Math.floor(maxBytes / 8))),
    onFault: (fault: Error) => onTrouble(`${name} is in memory alone: ${fault.message}`),
  });
  const logs = openRing<LogEntry>(ringOf("log", limits.logBytes));
  const samples = openRing<Sample>(ringOf("sensor", limits.sampleBytes));
  const parcels = openParcels({
    directory: join(directory, "parcels"),
    maxArtifactBytes: limits.artifactBytes,
    onTrouble,
  });
  const [bell, delivered] = [() => createBell(system.clock), createBell(system.clock)];
  const bells: Bells = { logs: bell(), samples: bell(), parcels: bell() };
  const countOf = () => ({
    logs: logs.waitingCount,
    samples: samples.waitingCount,
    parcels: parcels.waitingCount,
    results: parcels.resultCount,
  });
  const isEmpty = (what: "all" | "results"): boolean => {
    const count = countOf();
    return what === "results" ? count.results === 0 : count.logs + count.samples + count.parcels === 0;
  };
  return {
    log: (level, text, stage) => {
      const tag = stage === undefined ? {} : { stage };
      logs.append({ atMs: system.clock.wallMs(), level, text: cleanLine(text), ...tag });
    },
    sample: (readings, stage) => {
      const kept = Object.fromEntries(Object.entries(readings).slice(0, WIRE_LIMITS.seriesPerSample));
      samples.append({ atMs: system.clock.wallMs(), readings: kept, ...(stage === undefined ? {} : { stage }) });
    },
    artifact: (stage, attempt, name, content) => {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      parcels.putArtifact({ stage, attempt, name, sha256, sizeBytes: bytes.length }, bytes);
      bells.parcels.ring();
    },
    result: (body) => {
      parcels.putResult(body);
      bells.parcels.ring();
    },
    deliver: (client, bearer, results, signal) => {
      const parts = { client, bearer, results, signal, system, bootId, onTrouble, onDelivered: delivered.ring };
      return deliverAll(parts, { logs, samples, parcels }, bells);
    },
    drain: async (what, maxMs, signal) => {
      const endMs = system.clock.monoMs() + maxMs;
      while (!isEmpty(what) && !signal.aborted) {
        const restMs = endMs - system.clock.monoMs();
        if (restMs <= 0) break;
        for (const each of Object.values(bells)) each.ring();
        await delivered.wait(restMs, signal);
      }
      return isEmpty(what);
    },
    get waiting() {
      return countOf();
    },
  };
};
