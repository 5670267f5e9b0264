/**
 * `iperf3 -J` of a client or a server: what was moved, how fast, and why it broke off. Pure and linear.
 *
 * The exit code says little: 3.12 (Debian 12) ends with 0 also when nobody answered, 3.18 (Debian 13) with 1. What went wrong stands under `error`,
 * figures that came before it beside it. A figure is one only without `error`: of an interrupted run, `received` says 0.
 */
import { countAt, type Json, numberAt, objectAt, rowsAt, textAt } from "../json-values.ts";
import { cleanText, present } from "../label.ts";
import { objectOf, parseLenientJson } from "../lenient-json.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** What one side counted over all streams of a direction, without what `-O` omits. */
export interface Iperf3Sum {
  readonly bitsPerS: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Segments that TCP sent again; only of what was sent. */
  readonly retransmits?: number;
  /** Only of UDP. */
  readonly lostPackets?: number;
  readonly packets?: number;
}

/** What went one way. */
export interface Iperf3Flow {
  readonly sent?: Iperf3Sum;
  /** The figure to judge by: what was sent may still lie in buffers. */
  readonly received?: Iperf3Sum;
}

/** One second, or what `-i` asks for, as the side that printed this saw it. */
export interface Iperf3Interval {
  readonly startS: number;
  readonly endS: number;
  readonly bitsPerS: number;
  /** Of the way back, with `--bidir`. */
  readonly reverseBitsPerS?: number;
  readonly retransmits?: number;
  /** It is in no sum (`-O`). */
  readonly omitted: boolean;
}

/** One connection. */
export interface Iperf3Connection {
  readonly localHost?: string;
  readonly localPort?: number;
  readonly remoteHost?: string;
  readonly remotePort?: number;
}

/** What it says of a run. */
export interface Iperf3Facts {
  readonly version?: string;
  /** Seen from the client; absent when it did not come to a test. */
  readonly direction?: "forward" | "reverse" | "both";
  readonly protocol?: "TCP" | "UDP";
  readonly streams?: number;
  /** Without `omitS`. */
  readonly askedS?: number;
  readonly omitS?: number;
  /** TCP's largest segment, which is the MTU without its headers. */
  readonly segmentBytes?: number;
  readonly connections: readonly Iperf3Connection[];
  /** The way of `direction`; with `both` the way from the client. */
  readonly flow: Iperf3Flow;
  /** The way to the client, with `--bidir` only. */
  readonly reverseFlow?: Iperf3Flow;
  /** The first 3600. */
  readonly intervals: readonly Iperf3Interval[];
  /** Share of one processor, of this side and of the other one. */
  readonly localCpuPercent?: number;
  readonly remoteCpuPercent?: number;
  /** Why it did not come to its end, in iperf3's words. */
  readonly error?: string;
}

const MAX_INTERVALS = 3_600;
const MAX_CONNECTIONS = 128;

const sumOf = (sums: Json, name: string): Iperf3Sum | undefined => {
  const sum = objectAt(sums, name);
  const bitsPerS = numberAt(sum, "bits_per_second");
  const bytes = countAt(sum, "bytes");
  const seconds = numberAt(sum, "seconds");
  if (bitsPerS === undefined || bytes === undefined || seconds === undefined || bitsPerS < 0) return undefined;
  return {
    ...{ bitsPerS, bytes, seconds },
    ...present({
      retransmits: countAt(sum, "retransmits"),
      lostPackets: countAt(sum, "lost_packets"),
      packets: countAt(sum, "packets"),
    }),
  };
};

const flowOf = (end: Json, suffix: string): Iperf3Flow =>
  present({ sent: sumOf(end, `sum_sent${suffix}`), received: sumOf(end, `sum_received${suffix}`) });

const intervalOf = (row: Json): readonly Iperf3Interval[] => {
  const sum = objectAt(row, "sum");
  const [startS, endS] = [numberAt(sum, "start"), numberAt(sum, "end")];
  const bitsPerS = numberAt(sum, "bits_per_second");
  if (startS === undefined || endS === undefined || bitsPerS === undefined) return [];
  return [
    {
      ...{ startS, endS, bitsPerS, omitted: sum["omitted"] === true },
      ...present({
        reverseBitsPerS: numberAt(objectAt(row, "sum_bidir_reverse"), "bits_per_second"),
        retransmits: countAt(sum, "retransmits"),
      }),
    },
  ];
};

const connectionOf = (row: Json): Iperf3Connection =>
  present({
    localHost: textAt(row, "local_host", 100),
    localPort: countAt(row, "local_port"),
    remoteHost: textAt(row, "remote_host", 100),
    remotePort: countAt(row, "remote_port"),
  });

const PROTOCOLS: ReadonlySet<unknown> = new Set(["TCP", "UDP"]);
const isProtocol = (value: unknown): value is "TCP" | "UDP" => PROTOCOLS.has(value);

const askedOf = (test: Json): Pick<Iperf3Facts, "direction" | "protocol" | "streams" | "askedS" | "omitS"> => {
  const [reverse, both] = [countAt(test, "reverse"), countAt(test, "bidir")];
  const direction: Iperf3Facts["direction"] =
    both === 1 ? "both" : reverse === 1 ? "reverse" : reverse === 0 ? "forward" : undefined;
  const protocol = test["protocol"];
  return present({
    direction,
    protocol: isProtocol(protocol) ? protocol : undefined,
    streams: countAt(test, "num_streams"),
    askedS: countAt(test, "duration"),
    omitS: countAt(test, "omit"),
  });
};

/** `intervals` of a long run hold more rows than a table may. */
const intervalsOf = (document: Json): readonly Iperf3Interval[] => {
  const rows = document["intervals"];
  const objects = (Array.isArray(rows) ? rows.slice(0, MAX_INTERVALS) : []).map(objectOf);
  return objects.flatMap((row) => (row === undefined ? [] : intervalOf(row)));
};

const factsOf = (document: Json): Iperf3Facts => {
  const start = objectAt(document, "start");
  const end = objectAt(document, "end");
  const cpu = objectAt(end, "cpu_utilization_percent");
  const reverseFlow = flowOf(end, "_bidir_reverse");
  const error = textAt(document, "error", 500);
  return {
    ...askedOf(objectAt(start, "test_start")),
    connections: rowsAt(start, "connected").slice(0, MAX_CONNECTIONS).map(connectionOf),
    flow: flowOf(end, ""),
    intervals: intervalsOf(document),
    ...present({
      version: textAt(start, "version", 60),
      segmentBytes: countAt(start, "tcp_mss_default") || undefined,
      reverseFlow: Object.keys(reverseFlow).length === 0 ? undefined : reverseFlow,
      localCpuPercent: numberAt(cpu, "host_total"),
      remoteCpuPercent: numberAt(cpu, "remote_total"),
      error: error === undefined ? undefined : cleanText(error, 300),
    }),
  };
};

/** Reads the JSON. Lines of text before it, as a wrapper may say them, are passed over. */
export const parseIperf3 = (text: string): Parsed<Iperf3Facts> => {
  const from = text.startsWith("{") ? 0 : text.indexOf("\n{") + 1;
  const read = parseLenientJson(text.slice(from));
  if (!read.ok) return from === 0 ? read : notUnderstood("line 1", `JSON behind other lines, but ${read.reason}`);
  const document = objectOf(read.facts[0]);
  const isIperf3 =
    document !== undefined &&
    (objectOf(document["start"]) !== undefined || typeof document["error"] === "string") &&
    objectOf(document["end"]) !== undefined;
  return isIperf3 ? understood(factsOf(document)) : notUnderstood("line 1, column 1", "JSON, but not of iperf3.");
};
