/** Which port a measurement's server listens on. Pure. */

/** First and last port, both included; 0 for any that is free. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** The port for a new server: the one that it had before a restart of the box, else the first that is free; null when none is. */
export const choosePort = (
  { from, to }: PortRange,
  isFree: (port: number) => boolean,
  before: number | undefined,
): number | null => {
  if (before !== undefined && before >= from && before <= to && isFree(before)) return before;
  for (let port = from; port <= to; port += 1) if (isFree(port)) return port;
  return null;
};
