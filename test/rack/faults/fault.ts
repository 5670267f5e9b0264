/** Makes a fault on a running server. */
import { diskKey } from "../declared-disk.ts";
import type { FaultKind, FaultSpec } from "../declared-faults.ts";
import { sendOrder } from "../orders.ts";
import { RackRefusal } from "../refusal.ts";
import { changeCable } from "./cable-faults.ts";
import { DISK_FAULTS } from "./disk-faults.ts";
import { injectAer, injectMachineCheck } from "./machine-faults.ts";
import type { FaultPlace } from "./place.ts";

type FaultOf<K extends FaultKind> = Extract<FaultSpec, { readonly kind: K }>;

/** The controller is a process of its own, which takes faults as they were decoded. */
const orderBmc = ({ spec, paths }: FaultPlace, fault: FaultOf<"sel" | "sensor" | "psu">): Promise<void> => {
  if (spec.bmc === undefined) throw new RackRefusal("invalid", `${spec.name}: has no management controller`);
  return sendOrder(paths.files(spec.name).bmcControl, fault);
};

/** A drive is a process, too, and takes what changes of it. */
const orderDrive = (
  { spec, paths }: FaultPlace,
  { disk: key, kind: _, ...change }: FaultOf<"drive">,
): Promise<void> => {
  const disk = spec.disks.find((candidate) => diskKey(candidate) === key);
  if (disk === undefined) throw new RackRefusal("unknown", `${spec.name}: has no disk ${key}`);
  if (disk.drive === undefined) throw new RackRefusal("invalid", `the disk ${key} has no drive`);
  return sendOrder(paths.files(spec.name).driveControl(key), change);
};

const FAULTS: { readonly [K in FaultKind]: (place: FaultPlace, fault: FaultOf<K>) => Promise<unknown> } = {
  ...DISK_FAULTS,
  cable: (place, { kind: _, nic, ...cable }) => changeCable(place, nic, cable),
  sel: orderBmc,
  sensor: orderBmc,
  psu: orderBmc,
  drive: orderDrive,
  mce: injectMachineCheck,
  aer: injectAer,
  freeze: ({ qmp }) => qmp.execute("stop"),
  thaw: ({ qmp }) => qmp.execute("cont"),
  nmi: ({ qmp }) => qmp.execute("inject-nmi"),
};

/** Makes a fault, and answers when it is there. */
export const makeFault = async <K extends FaultKind>(place: FaultPlace, fault: FaultOf<K>): Promise<void> => {
  await FAULTS[fault.kind as K](place, fault);
};
