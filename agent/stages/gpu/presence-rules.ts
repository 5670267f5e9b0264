/** Which GPUs there are, and whether NVIDIA's driver has them: rules. Pure. */
import type { Finding, Rule } from "../rule.ts";
import { type DisplayFunction, type GpuFacts, NVIDIA } from "./facts.ts";
import { nameOf } from "./finding.ts";

/** Makers of GPUs that compute and that no load is built for. A board's own VGA is of other makers, or an Intel one without memory of its own. */
const OTHERS: Readonly<Record<string, string>> = { "1002": "AMD", "8086": "Intel" };
/** VGA and 3D controllers (PCI Code and ID Assignment). AMD's accelerators are `0380` and `1200`. */
const COMPUTE_CLASSES: ReadonlySet<string> = new Set(["0300", "0302", "0380", "1200"]);

const isOtherGpu = ({ vendorId, classId }: DisplayFunction): boolean =>
  OTHERS[vendorId] !== undefined && COMPUTE_CLASSES.has(classId);

const driverFinding = (
  { reason, toolAbsent, lockdown }: NonNullable<GpuFacts["driver"]>,
  component: string,
): Finding => {
  if (toolAbsent)
    return { verdict: "SKIPPED", component, message: "The live image has no NVIDIA driver, so nothing was measured." };
  if (lockdown) {
    const message = "Secure Boot: the kernel takes signed modules only, and NVIDIA's driver did not load.";
    return { verdict: "SKIPPED", component, message: `${message} ${reason}` };
  }
  return { verdict: "ERROR", component, message: `NVIDIA's driver does not answer. ${reason}` };
};

const presenceOf = (pciAddress: string, facts: GpuFacts): Finding => {
  const component = `GPU ${pciAddress}`;
  const known = facts.gpus.find((gpu) => gpu.pciAddress === pciAddress);
  const onBus = facts.functions.some((one) => one.pciAddress === pciAddress);
  if (known !== undefined && known.after === undefined) {
    const message = "NVIDIA's driver showed it before the load and not after it.";
    return { verdict: "FAIL", component: nameOf(known), message, limit: "shown by the driver", measured: "gone" };
  }
  if (known !== undefined && facts.order.gpus.includes(pciAddress)) {
    const message = `${known.before.model ?? "It"} is on the PCI bus, and the driver has it.`;
    return { verdict: "PASS", component: nameOf(known), message };
  }
  if (!onBus)
    return {
      verdict: "FAIL",
      component,
      message: "The inventory saw it; it has gone from the PCI bus since.",
      limit: "present",
      measured: "absent",
    };
  if (!facts.order.gpus.includes(pciAddress))
    return {
      verdict: "ERROR",
      component,
      message: "It was not there when the inventory was made, and was not loaded.",
    };
  if (facts.driver !== undefined) return driverFinding(facts.driver, component);
  const message = "It is on the PCI bus, and NVIDIA's driver does not show it.";
  return { verdict: "FAIL", component, message, limit: "shown by the driver", measured: "not shown" };
};

const findPresence = (facts: GpuFacts): readonly Finding[] => {
  const own = facts.functions.filter(({ vendorId }) => vendorId === NVIDIA).map(({ pciAddress }) => pciAddress);
  const addresses = [...new Set([...facts.order.gpus, ...own, ...facts.gpus.map(({ pciAddress }) => pciAddress)])];
  const others = facts.functions.filter(isOtherGpu).map(
    ({ pciAddress, vendorId }): Finding => ({
      ...{ verdict: "SKIPPED", component: `GPU ${pciAddress}` },
      message: `There is no load for GPUs of ${OTHERS[vendorId]}: only its presence is known.`,
    }),
  );
  const found = [...addresses.map((address) => presenceOf(address, facts)), ...others];
  return found.length > 0 ? found : [{ verdict: "SKIPPED", component: "GPUs", message: "The server has no GPU." }];
};

/** See the entries. */
export const PRESENCE_RULES: readonly Rule<GpuFacts, unknown>[] = [
  {
    code: "gpu.presence",
    worst: "FAIL",
    source: "every GPU of the inventory is on the PCI bus and known to NVIDIA's driver",
    action: "Seat the board and its power cables again; try it in another slot; replace it if it stays away.",
    find: findPresence,
  },
];
