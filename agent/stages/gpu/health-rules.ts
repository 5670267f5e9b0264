/** What the driver tells of a GPU's health before, under and after load: rules. Pure. */
import type { Limits } from "../limits.ts";
import type { Finding, Rule } from "../rule.ts";
import type { GpuFacts, GpuRun } from "./facts.ts";
import { growth, nameOf, ofEachGpu, type Said, skipped } from "./finding.ts";
import type { GPU_LIMITS } from "./limits.ts";
import { meaningOf } from "./xids.ts";

type Figures = Limits<typeof GPU_LIMITS>;

/** The larger of both growths: a reset of the driver takes the one count back, a full list stops the other. */
const grown = (
  gpu: GpuRun,
  since: "correctedErrorCount" | "uncorrectedErrorCount",
  ever: "correctedErrorsEverCount" | "uncorrectedErrorsEverCount",
) => {
  const both = [growth(gpu.before[since], gpu.after?.[since]), growth(gpu.before[ever], gpu.after?.[ever])];
  const told = both.filter((one) => one !== undefined);
  return told.length === 0 ? undefined : Math.max(...told);
};

const NO_COUNT = "The board does not count memory errors, or its error correction is off.";
const notAfter = (gpu: GpuRun): readonly Said[] | undefined =>
  gpu.after === undefined
    ? [{ verdict: "ERROR", message: "The driver did not answer for it after the load." }]
    : undefined;

const findUncorrected = (gpu: GpuRun): readonly Said[] => {
  const count = grown(gpu, "uncorrectedErrorCount", "uncorrectedErrorsEverCount");
  if (count === undefined) return notAfter(gpu) ?? skipped(NO_COUNT);
  const message = `${count} memory errors were not corrected while the stage ran.`;
  return [{ verdict: count > 0 ? "FAIL" : "PASS", message, measured: `${count} errors`, limit: "0 errors" }];
};

const findCorrected = (gpu: GpuRun, { correctedErrors }: Figures): readonly Said[] => {
  const count = grown(gpu, "correctedErrorCount", "correctedErrorsEverCount");
  if (count === undefined) return notAfter(gpu) ?? skipped(NO_COUNT);
  const message = `${count} memory errors were corrected while the stage ran.`;
  const limit = `at most ${correctedErrors} errors`;
  return [{ verdict: count > correctedErrors ? "WARN" : "PASS", message, measured: `${count} errors`, limit }];
};

const findHistory = ({ before }: GpuRun): readonly Said[] => {
  const count = before.uncorrectedErrorsEverCount;
  if (count === undefined) return skipped(NO_COUNT);
  const message = `In the board's life before this run ${count} memory errors were not corrected.`;
  return [{ verdict: count > 0 ? "WARN" : "PASS", message, measured: `${count} errors`, limit: "0 errors" }];
};

const findRemap = (gpu: GpuRun): readonly Said[] => {
  const { remappedRowsFailed: failed, remappedRowsPending: pending } = gpu.after ?? gpu.before;
  if (failed === undefined && pending === undefined) return skipped("The board does not replace rows of its memory.");
  const limit = "none failed, none pending";
  if (failed === true)
    return [
      {
        verdict: "FAIL",
        message: "A bad row of memory could not be replaced: there are no spares left.",
        measured: "failed",
        limit,
      },
    ];
  if (pending !== true)
    return [{ verdict: "PASS", message: "No row of memory waits for its replacement.", measured: "none", limit }];
  const action = "Reset the GPU or switch the server off and on, then run the stage again.";
  return [
    { verdict: "FAIL", message: "A bad row of memory waits for its replacement.", measured: "pending", limit, action },
  ];
};

const findRetired = (gpu: GpuRun, { retiredPages }: Figures): readonly Said[] => {
  const { retiredSingleBitCount, retiredDoubleBitCount, retiredPending } = gpu.after ?? gpu.before;
  if (retiredSingleBitCount === undefined && retiredDoubleBitCount === undefined)
    return skipped("The board does not retire pages of its memory.");
  const count = (retiredSingleBitCount ?? 0) + (retiredDoubleBitCount ?? 0);
  const pending = retiredPending === true ? "; more wait for a reset" : "";
  return [
    {
      verdict: count > retiredPages || retiredPending === true ? "FAIL" : "PASS",
      message: `${count} pages of its memory are retired${pending}.`,
      measured: `${count} pages${pending}`,
      limit: `at most ${retiredPages} pages, none pending`,
    },
  ];
};

const findInforom = ({ inforomCorrupt, before }: GpuRun): readonly Said[] => {
  const version = before.inforom === undefined ? "" : ` (${before.inforom})`;
  return inforomCorrupt
    ? [
        {
          verdict: "FAIL",
          message: "The board's memory of itself (infoROM) is corrupt.",
          measured: "corrupt",
          limit: "whole",
        },
      ]
    : [{ verdict: "PASS", message: `The driver finds nothing wrong with the board's memory of itself${version}.` }];
};

const findRecovery = (gpu: GpuRun): readonly Said[] => {
  const told = (gpu.after ?? gpu.before).recoveryAction;
  if (told === undefined) return skipped("The driver does not say whether the GPU needs to be recovered.");
  const message = told === "None" ? "The driver wants nothing done." : `The driver wants the GPU recovered: ${told}.`;
  return [{ verdict: told === "None" ? "PASS" : "FAIL", message, measured: told, limit: "None" }];
};

const NOT_WATCHED = "There is no sample of the GPU at work.";

const findLink = (gpu: GpuRun): readonly Said[] => {
  const { linkGen, linkWidth } = gpu.underLoad ?? {};
  const { maxLinkGen, maxLinkWidth } = gpu.before;
  if (linkGen === undefined || linkWidth === undefined) return skipped(NOT_WATCHED);
  if (maxLinkGen === undefined || maxLinkWidth === undefined)
    return skipped("The driver does not say what its link can do.");
  const measured = `generation ${linkGen.max}, ${linkWidth.min} lanes`;
  const slow = linkGen.max < maxLinkGen || linkWidth.min < maxLinkWidth;
  return [
    {
      verdict: slow ? "FAIL" : "PASS",
      message: slow
        ? "Under load its PCIe link is less than board and slot can do."
        : "Under load its PCIe link is all that board and slot can do.",
      measured,
      limit: `generation ${maxLinkGen}, ${maxLinkWidth} lanes`,
    },
  ];
};

/** Bits of `clocks_event_reasons` (NVML). A power cap in software, 0x4, is what every GPU at full load has. */
const HARDWARE_REASONS = [
  { bit: 0x8, what: "hardware slowdown" },
  { bit: 0x40, what: "hardware thermal slowdown" },
  { bit: 0x80, what: "power brake from outside" },
] as const;
const SOFTWARE_THERMAL = 0x20;

const shareOf = (gpu: GpuRun, bit: number): number => {
  const { sampleCount = 0, clockReasons = {} } = gpu.underLoad ?? {};
  return sampleCount === 0 ? 0 : Math.round(((clockReasons[String(bit)] ?? 0) / sampleCount) * 1000) / 10;
};
const isWatched = ({ underLoad }: GpuRun): boolean => (underLoad?.sampleCount ?? 0) > 0;

const findThrottle = (gpu: GpuRun, { throttlePercent }: Figures): readonly Said[] => {
  if (!isWatched(gpu)) return skipped(NOT_WATCHED);
  const shares = HARDWARE_REASONS.map(({ bit, what }) => ({ what, share: shareOf(gpu, bit) }));
  const worst = shares.reduce((a, b) => (b.share > a.share ? b : a));
  const limit = `at most ${throttlePercent} % of the time`;
  const message =
    worst.share === 0
      ? "The hardware never held its clocks back."
      : `The hardware held its clocks back: ${worst.what}.`;
  return [
    {
      verdict: worst.share > throttlePercent ? "FAIL" : "PASS",
      message,
      measured: `${worst.share} % of the time`,
      limit,
    },
  ];
};

const findWarm = (gpu: GpuRun, { throttlePercent }: Figures): readonly Said[] => {
  if (!isWatched(gpu)) return skipped(NOT_WATCHED);
  const share = shareOf(gpu, SOFTWARE_THERMAL);
  const message =
    share === 0 ? "The driver never held its clocks back for heat." : "The driver held its clocks back for heat.";
  const limit = `at most ${throttlePercent} % of the time`;
  return [{ verdict: share > throttlePercent ? "WARN" : "PASS", message, measured: `${share} % of the time`, limit }];
};

const findTemperature = (gpu: GpuRun, { marginC, maxTempC }: Figures, { sampling }: GpuFacts): readonly Said[] => {
  const { tempC, tempMarginC } = gpu.underLoad ?? {};
  if (tempC === undefined && tempMarginC === undefined)
    return sampling === undefined ? skipped(NOT_WATCHED) : [{ verdict: "ERROR", message: sampling }];
  const hottest = tempC === undefined ? "" : ` It was ${tempC.max} °C at most.`;
  if (tempMarginC !== undefined) {
    const verdict = tempMarginC.min < marginC ? "FAIL" : "PASS";
    const message = `It came within ${tempMarginC.min} °C of slowing itself down.${hottest}`;
    return [{ verdict, message, measured: `${tempMarginC.min} °C`, limit: `at least ${marginC} °C` }];
  }
  const most = tempC?.max ?? 0;
  const message = `It was ${most} °C at most, and does not tell at which temperature it slows itself down.`;
  return [
    { verdict: most > maxTempC ? "FAIL" : "PASS", message, measured: `${most} °C`, limit: `at most ${maxTempC} °C` },
  ];
};

const findXids = ({ xids, gpus }: GpuFacts): readonly Finding[] => {
  if (gpus.length === 0 && (xids?.length ?? 0) === 0) return [];
  if (xids === undefined)
    return [{ verdict: "ERROR", component: "GPUs", message: "The kernel log could not be read before and after." }];
  const found = xids.map((xid): Finding => {
    const gpu = gpus.find(({ pciAddress }) => pciAddress === xid.pciAddress);
    const { what, verdict } =
      xid.ofSwitch === true ? ({ what: "an error of an NVSwitch", verdict: "WARN" } as const) : meaningOf(xid.number);
    const component =
      xid.ofSwitch === true ? `NVSwitch ${xid.pciAddress}` : gpu === undefined ? `GPU ${xid.pciAddress}` : nameOf(gpu);
    const message = `Xid ${xid.number}, ${xid.count} times: ${what}. ${xid.text}`;
    return { verdict, component, message, measured: `Xid ${xid.number}`, limit: "none" };
  });
  const quiet = gpus.filter(({ pciAddress }) => !xids.some((xid) => xid.pciAddress === pciAddress));
  const message = "The driver wrote no error into the kernel log.";
  return [...found, ...quiet.map((gpu): Finding => ({ verdict: "PASS", component: nameOf(gpu), message }))];
};

/** See the entries. */
export const HEALTH_RULES: readonly Rule<GpuFacts, Figures>[] = [
  {
    code: "gpu.xid",
    worst: "FAIL",
    source: "NVIDIA, XID errors; the numbers by which Azure's fleet takes a GPU out",
    action:
      "Note the number for the maker; run the stage again with the board in another slot; replace it if it comes again.",
    find: findXids,
  },
  {
    code: "gpu.ecc-uncorrected",
    worst: "FAIL",
    source: "memory errors that error correction could not correct: 0 while the stage runs",
    action: "Run the stage again after a reset, which replaces bad places; replace the board if more come.",
    find: ofEachGpu(findUncorrected),
  },
  {
    code: "gpu.ecc-corrected",
    worst: "WARN",
    source: "memory errors that were corrected while the stage ran (limits.gpu.correctedErrors)",
    action: "Run a longer profile; replace the board if their number grows.",
    find: ofEachGpu(findCorrected),
  },
  {
    code: "gpu.ecc-history",
    worst: "WARN",
    source: "memory errors of the board's whole life that were not corrected: 0 for a board without a past",
    action: "Weigh it with what this run measured: a board with a past may be sound by now.",
    find: ofEachGpu(findHistory),
  },
  {
    code: "gpu.row-remap",
    worst: "FAIL",
    source:
      "NVIDIA, GPU memory error management: a failed replacement is a reason to return the board, a pending one needs a reset",
    action: "Replace the board.",
    find: ofEachGpu(findRemap),
  },
  {
    code: "gpu.retired-pages",
    worst: "FAIL",
    source: "NVIDIA, Dynamic Page Retirement (limits.gpu.retiredPages)",
    action: "Restart the server if pages are pending; replace the board if there are too many.",
    find: ofEachGpu(findRetired),
  },
  {
    code: "gpu.inforom",
    worst: "FAIL",
    source: "nvidia-smi's warning that a board's infoROM is corrupt",
    action: "Have the board's firmware written anew by its maker, or replace it.",
    find: ofEachGpu(findInforom),
  },
  {
    code: "gpu.recovery",
    worst: "FAIL",
    source: "gpu_recovery_action of nvidia-smi: None is a GPU in order",
    action: "Do what the driver wants, then run the stage again; replace the board if it comes back.",
    find: ofEachGpu(findRecovery),
  },
  {
    code: "gpu.link",
    worst: "FAIL",
    source: "the driver's own maximum for this board in this slot; under load, because idle links rest",
    action: "Seat the board again, look at riser and cables, try another slot.",
    find: ofEachGpu(findLink),
  },
  {
    code: "gpu.throttle",
    worst: "FAIL",
    source: "clock reasons 0x8, 0x40 and 0x80 of NVML (limits.gpu.throttlePercent)",
    action: "Look at power cables and supplies, at fans and air ducts, at the board's heat sink.",
    find: ofEachGpu(findThrottle),
  },
  {
    code: "gpu.throttle-thermal",
    worst: "WARN",
    source: "clock reason 0x20 of NVML (limits.gpu.throttlePercent)",
    action: "Look at fans, air ducts and dust; a heat sink that sits badly shows here first.",
    find: ofEachGpu(findWarm),
  },
  {
    code: "gpu.temperature",
    worst: "FAIL",
    source: "temperature.gpu.tlimit of nvidia-smi (limits.gpu.marginC), else limits.gpu.maxTempC",
    action: "Look at fans, air ducts and dust; renew the board's heat-conducting paste.",
    find: ofEachGpu(findTemperature),
  },
];
