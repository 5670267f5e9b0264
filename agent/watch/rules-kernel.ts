/** What the kernel's log and the machine-check counters say. Pure. */
import { meaningOf } from "../stages/gpu/xids.ts";
import type { Finding } from "../stages/rule.ts";
import type { KernelError, Watch } from "../wire/watch.ts";
import { errorsOf, grownOf, growthOf, orQuiet, quiet, saidBy, type WatchRule } from "./rule.ts";

const found = (verdict: "FAIL" | "WARN", component: string, error: KernelError): Finding => ({
  verdict,
  component,
  message: saidBy(error),
  measured: `${error.count}`,
  limit: "0",
});

const CORRECTED = /event severity: corrected|Corrected error|corrected error/;

/** Lines that machine checks were logged come with corrected memory errors as well, which have a rule of their own. */
const findMachineChecks = (watch: Watch): readonly Finding[] => {
  const counted = grownOf(watch, "machine-check").map(
    (change): Finding => ({
      verdict: "FAIL",
      component: change.component,
      message: "The processor met a machine check.",
      measured: `${growthOf(change)}`,
      limit: "0",
    }),
  );
  const isMemory = grownOf(watch, "memory-corrected").length > 0;
  const logged = errorsOf(watch, ({ kind, grave }) => kind === "machine-check" && (grave === true || !isMemory));
  const told = logged.map((error) =>
    found(error.grave !== true && CORRECTED.test(error.text) ? "WARN" : "FAIL", error.component ?? "processors", error),
  );
  // The counter knows the processor, the log what happened: one event, so the log's word is told when there is one.
  return told.length > 0 ? told : counted;
};

const findLockups = (watch: Watch): readonly Finding[] =>
  errorsOf(watch, ({ kind }) => kind === "cpu-lockup").map((error) =>
    // A stalled grace period may be a hypervisor's doing; a processor or a task that is stuck is not.
    found(/\brcu/.test(error.text) ? "WARN" : "FAIL", error.component ?? "kernel", error),
  );

const diskName = ({ component, serial }: KernelError): string =>
  serial === undefined ? `disk ${component ?? "unknown"}` : `disk ${serial}`;

const findDiskErrors = (watch: Watch): readonly Finding[] =>
  errorsOf(watch, ({ kind }) => kind === "disk").map((error) => found("FAIL", diskName(error), error));

const isXid = ({ text }: KernelError): boolean => /Xid|has fallen off the bus/.test(text);

const findGpuErrors = (watch: Watch): readonly Finding[] => {
  const xids = watch.kernel?.xids ?? [];
  const numbered = xids.map((xid): Finding => {
    const { what, verdict } =
      xid.ofSwitch === true ? ({ what: "an error of an NVSwitch", verdict: "WARN" } as const) : meaningOf(xid.number);
    const times = xid.count === 1 ? "once" : `${xid.count} times`;
    return {
      verdict,
      component: `GPU ${xid.pciAddress}`,
      message: `Xid ${xid.number}, ${times}: ${what}. ${xid.text}`,
      measured: `${xid.count}`,
      limit: "0",
    };
  });
  const others = errorsOf(watch, (error) => error.kind === "gpu" && !(xids.length > 0 && isXid(error)));
  return [...numbered, ...others.map((error) => found("FAIL", `GPU ${error.component ?? "unknown"}`, error))];
};

const findNicErrors = (watch: Watch): readonly Finding[] =>
  errorsOf(watch, ({ kind }) => kind === "network").map((error) =>
    found("FAIL", `NIC ${error.component ?? "unknown"}`, error),
  );

/** The rules. */
export const KERNEL_RULES: readonly WatchRule[] = [
  {
    code: "watch.kernel-log",
    worst: "WARN",
    source: "the kernel's ring buffer keeps the last lines only",
    action: "See kernel-log.txt among the artifacts, and the console; find out what writes so much.",
    find: (watch) =>
      watch.kernel?.isCut === true
        ? [{ verdict: "WARN", component: "kernel log", message: "It was written over: lines of this stage are lost." }]
        : quiet(watch, {
            component: "kernel log",
            sources: ["kernel"],
            message: "All that the kernel wrote during the stage was read.",
          }),
  },
  {
    code: "watch.machine-check",
    worst: "FAIL",
    source: "Intel SDM volume 3, chapter 16; practice of fleets: any machine check under test fails",
    action: "Replace the processor or module that it names; see kernel-log.txt among the artifacts.",
    find: (watch) =>
      orQuiet(findMachineChecks(watch), watch, {
        component: "processors",
        sources: ["processors", "kernel"],
        message: "No machine check.",
      }),
  },
  {
    code: "watch.lockup",
    worst: "FAIL",
    source: "kernel/watchdog.c, kernel/hung_task.c: 20 s and 120 s without progress",
    action: "See kernel-log.txt among the artifacts for what it waited for: a disk, a driver, a processor.",
    find: (watch) =>
      orQuiet(findLockups(watch), watch, {
        component: "kernel",
        sources: ["kernel"],
        message: "No processor and no task was stuck.",
      }),
  },
  {
    code: "watch.disk-errors",
    worst: "FAIL",
    source: "any error of a disk in the kernel log during a run (block layer, libata, nvme)",
    action: "Check cable, backplane and power of the disk; replace it if the error comes back.",
    find: (watch) =>
      orQuiet(findDiskErrors(watch), watch, {
        component: "disks",
        sources: ["kernel"],
        message: "The kernel complains about no disk.",
      }),
  },
  {
    code: "watch.gpu-errors",
    worst: "FAIL",
    source: "NVIDIA XID errors; the list by which azurehpc takes a GPU out",
    action: "See what the Xid means; seat the GPU and its power again; replace it if the error comes back.",
    find: (watch) =>
      orQuiet(findGpuErrors(watch), watch, {
        component: "GPUs",
        sources: ["kernel"],
        message: "The kernel complains about no GPU.",
      }),
  },
  {
    code: "watch.nic-hang",
    worst: "FAIL",
    source: "net/sched/sch_generic.c: a transmit queue that stood for 5 s",
    action: "Update the interface's firmware; seat the card again; replace it if the error comes back.",
    find: (watch) =>
      orQuiet(findNicErrors(watch), watch, {
        component: "NICs",
        sources: ["kernel"],
        message: "The kernel complains about no network interface.",
      }),
  },
];
