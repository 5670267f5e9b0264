/** What fio says: types alone. */

/** One direction of a job. */
export interface FioFlow {
  readonly ioBytes: number;
  readonly bwBytesPerS: number;
  readonly iops: number;
  readonly runtimeMs: number;
  readonly totalIos: number;
  /** Time from submission to completion; empty when nothing was moved. */
  readonly clatNs: { readonly p50?: number; readonly p99?: number; readonly p999?: number; readonly max?: number };
}

/** One job. */
export interface FioJob {
  readonly name: string;
  /** The errno of the first error, 0 for none. 84 (EILSEQ) means that other bytes came than were written. */
  readonly errorCode: number;
  /** As fio counts them: 1 for several wrong blocks within what was asked for at once. */
  readonly errorCount: number;
  /** Since fio started, not since the job did. */
  readonly elapsedS: number;
  readonly read?: FioFlow;
  readonly write?: FioFlow;
}

/** One error at one place. fio names places of verify errors always, those of refused reads and writes only when it ends with them: never with `--continue_on_error`. */
export interface FioError {
  /** `io`: the disk refused. `verify`: it gave other bytes than were written. */
  readonly kind: "io" | "verify";
  readonly op?: string;
  readonly offsetBytes?: number;
  readonly sizeBytes?: number;
}

/** What came of a run. */
export interface FioFacts {
  readonly version?: string;
  /** Of the last document. Whether fio came to its end says its exit alone: a document of `--status-interval` looks the same. */
  readonly jobs: readonly FioJob[];
  /** The first 64 that have a line. */
  readonly errors: readonly FioError[];
  /** The greater of what the jobs count and what the lines name. */
  readonly errorCount: number;
  /** SIGINT or SIGTERM ended it. */
  readonly interrupted: boolean;
  /** A document is damaged or has no end: fio was killed, or the output was cut. */
  readonly truncated: boolean;
  /** Its other lines, the first 16. */
  readonly messages: readonly string[];
}

/** Where a run is. */
export interface FioMoment {
  /** Read and written together, by all jobs. */
  readonly ioBytes: number;
  readonly elapsedS: number;
  readonly errorCount: number;
}
