/** Every parser of a tool's output, by the tool's name: what `agent parse`, the property tests and the bench walk over. Pure. */
import { parseDrive } from "../stages/smart/verdict.ts";
import { parseBadblocks } from "./badblocks/parse.ts";
import { parseCpuinfo } from "./cpuinfo/parse.ts";
import { parseDcgmi } from "./dcgmi/parse.ts";
import { parseDmidecode } from "./dmidecode/parse.ts";
import { parseEthtool } from "./ethtool/parse.ts";
import { parseFio } from "./fio/parse.ts";
import { parseGpuBurn } from "./gpu-burn/parse.ts";
import { parseIp } from "./ip/parse.ts";
import { parseIperf3 } from "./iperf3/parse.ts";
import { parseIpmitool } from "./ipmitool/parse.ts";
import { parseSel } from "./ipmitool/sel.ts";
import { parseDmesg } from "./kernel/parse.ts";
import { parseLldp } from "./lldp/parse.ts";
import { parseLsblk } from "./lsblk/parse.ts";
import { parseLscpu } from "./lscpu/parse.ts";
import { parseLshw } from "./lshw/parse.ts";
import { parseLspci } from "./lspci/parse.ts";
import { parseNvidiaSmi } from "./nvidia-smi/parse.ts";
import { parseNvme } from "./nvme/parse.ts";
import type { Parsed } from "./parsed.ts";
import { parseStressNg } from "./stress-ng/parse.ts";
import { parseStressapptest } from "./stressapptest/parse.ts";
import { parseWipefs } from "./wipefs/parse.ts";

/** One parser. */
export interface ParserEntry {
  /** What it reads, in a few words: the command whose output it is. */
  readonly title: string;
  parse(text: string): Parsed<unknown>;
}

/** The parsers. */
export const PARSERS: Readonly<Record<string, ParserEntry>> = {
  dmidecode: { title: "system, board, processors, memory by SMBIOS", parse: parseDmidecode },
  cpuinfo: { title: "processors online and their microcode", parse: parseCpuinfo },
  lscpu: { title: "processors, with -J or without", parse: parseLscpu },
  lsblk: { title: "disks, of lsblk -J -b", parse: parseLsblk },
  lspci: { title: "PCI functions, of lspci -vmm -D -nn", parse: parseLspci },
  ethtool: { title: "one network interface, of ethtool, ethtool -i, -P and -m", parse: parseEthtool },
  lldpcli: { title: "switch ports, of lldpcli -f json0 show neighbors details", parse: parseLldp },
  lshw: { title: "system and network interfaces, of lshw -json", parse: parseLshw },
  ip: { title: "addresses of interfaces, of ip -j address show", parse: parseIp },
  ipmitool: {
    title: "BMC, of fru print, sdr elist, mc info, mc guid, sel info, sel elist and lan print",
    parse: parseIpmitool,
  },
  "nvidia-smi": { title: "GPUs, of --query-gpu=… --format=csv,nounits", parse: parseNvidiaSmi },
  dmesg: { title: "errors of the hardware in the kernel log, with -r, -x, -T or -J", parse: parseDmesg },
  nvme: { title: "NVMe drives, of nvme list, smart-log and id-ctrl with -o json", parse: parseNvme },
  smartctl: { title: "one drive and what is to be thought of it, of smartctl -x -j or without -j", parse: parseDrive },
  "stress-ng": { title: "what a load came to, of stress-ng's log and its --yaml file", parse: parseStressNg },
  stressapptest: { title: "what a memory test found", parse: parseStressapptest },
  wipefs: { title: "signatures on a disk, of wipefs -J -n", parse: parseWipefs },
  badblocks: { title: "bad blocks of a disk, of badblocks -v with -s or without", parse: parseBadblocks },
  fio: { title: "what was moved, how fast and what failed, of fio --output-format=json", parse: parseFio },
  iperf3: { title: "how fast a network connection was, of iperf3 -J", parse: parseIperf3 },
  "ipmitool-sel": { title: "the event log of a BMC, of ipmitool sel elist", parse: parseSel },
  "gpu-burn": { title: "what each GPU computed, how fast and how often wrongly", parse: parseGpuBurn },
  dcgmi: { title: "NVIDIA's diagnostic of GPUs, of dcgmi diag -j", parse: parseDcgmi },
};
