/** Which port a measurement's server listens on. Pure. */

/** First and last port, both included; 0 for any that is free. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** The port for a new server: the one that it had before a restart of the box, else the first that nobody has; null when all are taken. */
export const choosePort = (
  { from, to }: PortRange,
  taken: ReadonlySet<number>,
  before: number | undefined,
): number | null => {
  const isFree = (port: number): boolean => port >= from && port <= to && !taken.has(port);
  if (before !== undefined && isFree(before)) return before;
  for (let port = from; port <= to; port += 1) if (isFree(port)) return port;
  return null;
};
