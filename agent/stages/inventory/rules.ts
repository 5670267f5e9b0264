/**
 * What an inventory by itself says is wrong with a server: a table of rules, pure. What was expected of it is the spec's to say.
 *
 * A rule fails the stage, and so the run, only for what no technician would hand over: data that were lost, a part that calls itself broken.
 * History from before the run warns at most.
 */
import { statusOfStates } from "../../probes/ipmitool/states.ts";
import type { SensorFacts } from "../../wire/hardware/management.ts";
import type { Hardware } from "../../wire/inventory.ts";
import type { Finding } from "./finding.ts";
import { findDegradedLinks } from "./link-rules.ts";
import { findMemoryErrors, findMissingMemory } from "./memory-rules.ts";

/** One rule. */
export interface InventoryRule {
  /** Stable, for tickets. */
  readonly code: string;
  readonly verdict: "FAIL" | "WARN";
  /** Where the limit is from. */
  readonly source: string;
  readonly action: string;
  find(hardware: Hardware): readonly Finding[];
}

/** `3 times`; nothing for once. */
const times = (count: number): string => (count === 1 ? "" : ` (${count} times)`);

const kernelErrors = (
  { kernel }: Hardware,
  isWanted: (error: Hardware["kernel"]["errors"][number]) => boolean,
): readonly Finding[] =>
  kernel.errors.filter(isWanted).map((error) => ({
    component: error.component ?? "kernel log",
    message: `The kernel says${times(error.count)}: ${error.text}`,
    measured: `${error.count}`,
    limit: "0",
  }));

/** Taint flags by what they are told as. */
const taints = ({ kernel }: Hardware, told: Readonly<Record<string, string>>): readonly Finding[] =>
  kernel.taints.flatMap((taint) => {
    const message = told[taint];
    return message === undefined ? [] : [{ component: "kernel", message }];
  });

const findMachineChecks = (hardware: Hardware): readonly Finding[] => {
  const logged = kernelErrors(hardware, (error) => error.kind === "machine-check" && error.grave === true);
  // The flag stays when the lines have been pushed out of the log.
  return logged.length > 0
    ? logged
    : taints(hardware, { "machine check": "The kernel has met an uncorrected machine check since it started." });
};

/** What a power supply asserts is told once, at the power supply. */
const isOfPsu = ({ psus }: Hardware, { states, status }: SensorFacts): boolean =>
  states !== undefined &&
  statusOfStates(states) === status &&
  psus.some((psu) => states.every((state) => psu.states?.includes(state)));

const UNITS: Readonly<Record<SensorFacts["kind"], string>> = {
  temperature: " °C",
  voltage: " V",
  current: " A",
  power: " W",
  fan: " rpm",
  discrete: "",
};

const sensorsOf = (hardware: Hardware, statuses: readonly SensorFacts["status"][]): readonly Finding[] =>
  hardware.sensors
    .filter((sensor) => statuses.includes(sensor.status) && !isOfPsu(hardware, sensor))
    .map((sensor) => {
      const reading = sensor.reading === undefined ? undefined : `${sensor.reading}${UNITS[sensor.kind]}`;
      const asserted = sensor.states?.join(", ");
      const words = [reading, asserted].filter((part) => part !== undefined).join(", ");
      return {
        component: `sensor ${sensor.name}`.slice(0, 200),
        message: `The sensor is ${sensor.status}: ${words === "" ? "it gives no reading" : words}.`.slice(0, 1_000),
        ...(reading === undefined ? {} : { measured: reading }),
      };
    });

const findPsus = ({ psus }: Hardware): readonly Finding[] =>
  psus.flatMap((psu) => {
    const bad = (psu.states ?? []).filter((state) => statusOfStates([state]) === "critical");
    if (bad.length === 0) return [];
    return { component: psu.name.slice(0, 200), message: `The power supply says: ${bad.join(", ")}.`.slice(0, 1_000) };
  });

/** Kinds that the kernel reports as they happen. A link narrower than its device, firmware's slips and unknown words are recorded only. */
const REPORTED: ReadonlySet<string> = new Set([
  "machine-check",
  "memory",
  "pcie",
  "disk",
  "network",
  "gpu",
  "cpu-lockup",
]);

const distinct = (values: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(values.filter((value) => value !== undefined)),
];

/** Processors of one server should be of one kind and one microcode (OCP's CPU integrity sample: homogeneous CPUs). */
const findMixedCpus = ({ cpu }: Hardware): readonly Finding[] =>
  [
    ["models", distinct(cpu.sockets.map((socket) => socket.model))] as const,
    ["steppings", distinct(cpu.sockets.map((socket) => socket.signature))] as const,
    ["microcode revisions", cpu.microcode ?? []] as const,
  ].flatMap(([what, values]) =>
    values.length < 2
      ? []
      : {
          component: "CPU",
          message: `The processors have different ${what}: ${values.join("; ")}.`.slice(0, 1_000),
          measured: `${values.length}`,
          limit: "1",
        },
  );

/** A log that is full keeps nothing of what happens next. */
const MAX_SEL_PERCENT = 90;

const gpusWith = ({ gpus }: Hardware, message: (gpu: Hardware["gpus"][number]) => string | undefined) =>
  gpus.flatMap((gpu) => {
    const words = message(gpu);
    return words === undefined ? [] : [{ component: `GPU ${gpu.pciAddress}`, message: words }];
  });

/** The rules, in the order in which their findings are told. */
export const INVENTORY_RULES: readonly InventoryRule[] = [
  {
    code: "inventory.memory-uncorrected",
    verdict: "FAIL",
    source: "OCP error monitor: 0 uncorrected errors",
    action:
      "Replace the module, or the one in the named slot; if the error stays with the slot, suspect the board or the processor.",
    find: (hardware) => [
      ...findMemoryErrors(hardware.memory, "uncorrectedErrorCount"),
      ...kernelErrors(hardware, (error) => error.kind === "memory" && error.grave === true),
    ],
  },
  {
    code: "inventory.machine-check",
    verdict: "FAIL",
    source: "Linux tainted-kernels.rst, bit 4; Intel SDM volume 3, 16.3.2.2 (UC)",
    action:
      "Take the power cord out for a minute and run the stage again: banks keep errors over a warm reset. If it comes back, replace the processor or module it names.",
    find: findMachineChecks,
  },
  {
    code: "inventory.gpu-uncorrected",
    verdict: "FAIL",
    source: "nvidia-smi, ecc.errors.uncorrected.volatile: since the driver was loaded",
    action: "Replace the GPU.",
    find: (hardware) =>
      gpusWith(hardware, ({ uncorrectedErrorCount = 0 }) =>
        uncorrectedErrorCount > 0
          ? `Its memory had ${uncorrectedErrorCount} uncorrected errors since it started.`
          : undefined,
      ),
  },
  {
    code: "inventory.gpu-row-remap-failed",
    verdict: "FAIL",
    source: "NVIDIA GPU memory error management: remapping failure means replacement",
    action: "Replace the GPU.",
    find: (hardware) =>
      gpusWith(hardware, (gpu) =>
        gpu.remappedRowsFailed === true ? "It has no spare row left for one that is broken." : undefined,
      ),
  },
  {
    code: "inventory.psu",
    verdict: "FAIL",
    source: "IPMI 2.0 table 42-3, type 08h; Meta openbmc check_sensors.py: anything but presence is critical",
    action: "Connect its power cord, or seat it again, and run the stage again. If it still says so, replace it.",
    find: findPsus,
  },
  {
    code: "inventory.sensor-critical",
    verdict: "FAIL",
    source: "the sensor's own critical and non-recoverable thresholds (IPMI SDR, hwmon)",
    action: "Find what the sensor watches: a fan that stands, a duct that is missing, a voltage that is off.",
    find: (hardware) => sensorsOf(hardware, ["critical", "non-recoverable"]),
  },
  {
    code: "inventory.memory-corrected",
    verdict: "WARN",
    source: "any corrected error since the server started: minutes, where fleets allow a few thousand a day",
    action: "Note the slot. If the memory stage finds more there, replace the module.",
    find: (hardware) => findMemoryErrors(hardware.memory, "correctedErrorCount"),
  },
  {
    code: "inventory.gpu-row-remap-pending",
    verdict: "WARN",
    source: "NVIDIA GPU memory error management: a pending remapping is carried out at the next reset",
    action: "Reset the GPU, or start the server again.",
    find: (hardware) =>
      gpusWith(hardware, (gpu) =>
        gpu.remappedRowsPending === true ? "A broken row waits to be replaced." : undefined,
      ),
  },
  {
    code: "inventory.sensor-warning",
    verdict: "WARN",
    source: "the sensor's own non-critical thresholds; IPMI states that may be latched from before the run",
    action: "Compare with a server of the same kind.",
    find: (hardware) => sensorsOf(hardware, ["warning"]),
  },
  {
    code: "inventory.throttled",
    verdict: "WARN",
    source: "the processor's own temperature threshold (Linux therm_throt.c)",
    action: "Look at heat sinks, paste, fans and air ducts.",
    find: (hardware) => kernelErrors(hardware, (error) => error.kind === "thermal"),
  },
  {
    code: "inventory.kernel-error",
    verdict: "WARN",
    source: "the kernel's log, by the table agent/probes/kernel/rules.ts",
    action: "See dmesg.txt among the artifacts.",
    find: (hardware) => kernelErrors(hardware, (error) => REPORTED.has(error.kind) && error.grave !== true),
  },
  {
    code: "inventory.kernel-taint",
    verdict: "WARN",
    source: "Linux tainted-kernels.rst, bits 5, 7 and 14",
    action: "See dmesg.txt among the artifacts; start the server again before trusting other results.",
    find: (hardware) =>
      taints(hardware, {
        "bad page": "The kernel has found a broken page of memory.",
        "kernel died": "A part of the kernel has died.",
        "soft lockup": "A processor has been stuck.",
      }),
  },
  {
    code: "inventory.pcie-link",
    verdict: "WARN",
    source: "device and port above it can both do more (max_link_width, max_link_speed)",
    action: "Seat the card, riser or cable again; clean its contacts.",
    find: (hardware) => findDegradedLinks(hardware.pci),
  },
  {
    code: "inventory.cpu-mixed",
    verdict: "WARN",
    source: "OCP CPU integrity sample: homogeneous CPUs",
    action: "Fit processors of one kind; update the BIOS, which loads the microcode.",
    find: findMixedCpus,
  },
  {
    code: "inventory.memory-missing",
    verdict: "WARN",
    source: "Canonical Checkbox memory_compare.py: 10 to 25 % by size",
    action: "Seat the modules again; look for mirroring, sparing or a limit in the BIOS setup.",
    find: (hardware) => findMissingMemory(hardware.memory),
  },
  {
    code: "inventory.sel-full",
    verdict: "WARN",
    source: "a full log keeps nothing new (IPMI 2.0, 31.1); 90 % leaves room for a run",
    action: "Save the BMC's event log and clear it.",
    find: ({ bmc }) =>
      bmc?.selUsedPercent === undefined || bmc.selUsedPercent < MAX_SEL_PERCENT
        ? []
        : [
            {
              component: "BMC",
              message: `Its event log is full to ${bmc.selUsedPercent} %.`,
              measured: `${bmc.selUsedPercent} %`,
              limit: `below ${MAX_SEL_PERCENT} %`,
            },
          ],
  },
];
