/** The box's end of network measurements, as the desks ask for it. Which port and which process serve whom is in memory only (R7). */

/** Where an attempt's server listens. */
export interface LinkPlace {
  readonly address: string;
  readonly port: number;
}

/** An attempt of Network. */
export interface LinkAttempt {
  readonly runId: string;
  readonly attempt: number;
}

/** The box's servers, one for each attempt that measures. */
export interface LinkBook {
  /** Speed of the box's own link in Mb/s; null when nobody knows. */
  boxMbps(): number | null;
  /** The attempt's server, which is started when there is none yet; null while every port is taken. */
  open(attempt: LinkAttempt): LinkPlace | null;
  /** Ends the servers of all other attempts. */
  keepOnly(attempts: readonly LinkAttempt[]): void;
}
