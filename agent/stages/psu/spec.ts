/** PSU: what the server draws idle and under a burst of processors, disks and network ports, and how its supplies bear that. */
import { portsToLoad } from "../network/order.ts";
import { judgeBy } from "../rule.ts";
import { defineStage, type StagePlan } from "../stage.ts";
import { burstArgv, DCMI_ARGV, nicLoadArgv, readArgv, SDR_ARGV } from "./commands.ts";
import { PsuOrder, PsuStageFacts } from "./facts.ts";
import { PSU_LIMITS } from "./limits.ts";
import { PSU_RULES } from "./rules.ts";

/** Asking a BMC for everything once; it answers over a slow bus. */
const AROUND_MS = 60_000;

const planPsu = ({ idleS, loadS, disks, ports }: PsuOrder): StagePlan => ({
  expectedMs: (idleS + loadS) * 1000 + AROUND_MS,
  steps: [
    { what: `Reads power, voltages and currents for ${idleS} s idle, then for ${loadS} s under load`, argv: SDR_ARGV },
    { what: "Reads the BMC's power meter", argv: DCMI_ARGV },
    { what: `Loads every processor for ${loadS} s`, argv: burstArgv(loadS) },
    ...(disks.length === 0
      ? []
      : [
          {
            what: `Meanwhile reads ${disks.length} disks; writes nothing`,
            argv: readArgv(
              disks.map(({ serial }) => `<disk ${serial}>`),
              loadS,
            ),
          },
        ]),
    ...ports.map((mac) => ({
      what: `Meanwhile sends what port ${mac} carries, to its own address, if it has a link`,
      argv: nicLoadArgv(["vetbox-agent"], `<port ${mac}>`, loadS),
    })),
  ],
});

const summarisePsu = ({ total, supplies, series }: PsuStageFacts): string => {
  const there = supplies.filter(({ present }) => present !== false).length;
  if (series.length === 0 && supplies.length === 0) return "No sensor tells of power";
  const watts =
    total === undefined
      ? "total power unknown"
      : `${Math.round(total.idle.mean)} W idle, ${Math.round(total.load.max)} W under load`;
  return `${watts}, ${there} power ${there === 1 ? "supply" : "supplies"}, ${series.length} sensors`;
};

/** The pure half of PSU. */
export const psu = defineStage({
  state: "PSU",
  key: "psu",
  title: "Power",
  facts: PsuStageFacts,
  order: PsuOrder,
  limits: PSU_LIMITS,
  packages: ["stress-ng", "fio", "ipmitool"],
  rules: PSU_RULES,
  orderOf: ({ limits: { idleS, loadS }, disks, hardware }) => ({
    ...{ idleS, loadS },
    // A drive behind a RAID controller has no block device of its own.
    disks: disks.filter(({ behind }) => behind === undefined).map(({ serial, sizeBytes }) => ({ serial, sizeBytes })),
    ports: [...portsToLoad(hardware)],
  }),
  plan: planPsu,
  judge: judgeBy(PSU_RULES),
  summarise: summarisePsu,
});
