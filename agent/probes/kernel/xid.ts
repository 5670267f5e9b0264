/** NVIDIA's driver writes what goes wrong with a GPU into the kernel log as numbered errors ("Xid"); NVSwitch's as "SXid". Pure. */
import { cleanText } from "../label.ts";
import { linesOf } from "../lines.ts";

/** An error of one kind on one GPU, counted. */
export interface Xid {
  /** Of the GPU, or of the NVSwitch. */
  readonly pciAddress: string;
  readonly number: number;
  /** Of an NVSwitch, which has numbers of its own. */
  readonly ofSwitch?: true;
  readonly count: number;
  /** The first such line. */
  readonly text: string;
}

/**
 * `NVRM: Xid (PCI:0000:3b:00): 79, pid=…`; within a GPU that is cut into instances `(PCI:0000:3b:00 GPU-I:05)`; from drivers before 2014 without `PCI:`.
 * NVSwitch: `nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Non-fatal, …`.
 */
const XID =
  /(?:NVRM: (X)id|nvidia-nvswitch\d{1,3}: SXid) \((?:PCI:)?([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2})(?:\.[0-7])?(?: GPU-I:\w{1,4})?\): (\d{1,6})\b/i;
const MAX_CHARS = 300;
/** More kinds than any server shows; the first ones tell how it began. */
const MAX_XIDS = 200;

/** Errors of GPUs in a kernel log, in the order in which each first came. */
export const parseXids = (log: string): readonly Xid[] => {
  const found = new Map<string, Xid>();
  for (const line of linesOf(log)) {
    if (!line.includes("Xid")) continue;
    const match = XID.exec(line.slice(0, MAX_CHARS * 4));
    if (match === null) continue;
    const pciAddress = `${(match[2] ?? "").toLowerCase().replace(/^0{4}(?=[0-9a-f]{4}:)/, "")}.0`;
    const number = Number(match[3]);
    const key = `${match[1] ?? "S"} ${pciAddress} ${number}`;
    const known = found.get(key);
    const text = cleanText(line.slice(match.index), MAX_CHARS);
    if (known !== undefined) found.set(key, { ...known, count: known.count + 1 });
    else if (found.size < MAX_XIDS)
      found.set(key, { pciAddress, number, ...(match[1] === undefined ? { ofSwitch: true } : {}), count: 1, text });
  }
  return [...found.values()];
};

/** What came between two readings of the same log: the ring may have lost its beginning meanwhile, which makes no count negative. */
export const newXids = (before: readonly Xid[], after: readonly Xid[]): readonly Xid[] =>
  after.flatMap((xid) => {
    const same = before.find(
      (one) => one.pciAddress === xid.pciAddress && one.number === xid.number && one.ofSwitch === xid.ofSwitch,
    );
    const count = xid.count - (same?.count ?? 0);
    return count > 0 ? [{ ...xid, count }] : [];
  });
