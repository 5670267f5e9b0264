/** The two wires of an I²C bus and what hangs on them, below whichever adapter drives it. Pure. */

/** Something that answers to an address. */
export interface I2cTarget {
  /** The bytes of one write, from start to stop. */
  write(bytes: Uint8Array): void;
  /** Bytes for a read of so many. */
  read(count: number): Uint8Array;
}

/** One transfer: a write or a read. */
export interface Transfer {
  readonly address: number;
  readonly kind: "write" | "read";
  readonly sizeBytes: number;
  readonly acknowledged: boolean;
}

/** The wires. */
export interface I2cWires {
  /** Whether somebody acknowledged. */
  write(address: number, bytes: Uint8Array): boolean;
  /** What was read, or null when nobody acknowledged. */
  read(address: number, count: number): Uint8Array | null;
  connect(address: number, target: I2cTarget): void;
  disconnect(address: number): void;
  /** From now on every so many-th transfer is not acknowledged, counted from 1; 0 ends that. */
  refuseEvery(count: number): void;
  /** Everything since the start, the oldest first. */
  readonly transfers: readonly Transfer[];
}

/** Opens wires with nothing on them. */
export const openWires = (): I2cWires => {
  const targets = new Map<number, I2cTarget>();
  const transfers: Transfer[] = [];
  let every = 0;
  let counted = 0;
  const find = (address: number, kind: Transfer["kind"], sizeBytes: number): I2cTarget | undefined => {
    counted += 1;
    const refused = every > 0 && counted % every === 0;
    const target = refused ? undefined : targets.get(address);
    transfers.push({ address, kind, sizeBytes, acknowledged: target !== undefined });
    return target;
  };
  return {
    write: (address, bytes) => {
      const target = find(address, "write", bytes.length);
      target?.write(bytes);
      return target !== undefined;
    },
    read: (address, count) => find(address, "read", count)?.read(count) ?? null,
    connect: (address, target) => void targets.set(address, target),
    disconnect: (address) => void targets.delete(address),
    refuseEvery: (count) => {
      every = count;
      counted = 0;
    },
    transfers,
  };
};
