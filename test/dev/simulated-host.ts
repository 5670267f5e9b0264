/**
 * A host without hardware: it wakes, boots and tests as a server would, over the real wire, with the real agent loop. Its tools' output was
 * recorded on a real server; its boot loader is the few lines below.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCmdline } from "../../agent/cmdline.ts";
import { runAgent } from "../../agent/loop.ts";
import { runInventory } from "../../agent/stages/inventory/run.ts";
import { type Recording, replaySystem } from "../../agent/system/recording.ts";
import { thisSystem } from "../../agent/system/system.ts";
import type { StageState } from "../../agent/wire/names.ts";
import type { Appliance } from "../../appliance/appliance.ts";
import type { BootStep } from "../../appliance/core/boot.ts";

import { simulatedRunners } from "./simulated-stages.ts";

/** Where a simulated host ends up. */
export type Behaviour =
  /** It boots and tests to the end. */
  | "healthy"
  /** It loads everything, and its agent is never heard of. */
  | "silent";

/** A host as declared. */
export interface SimulatedHost {
  readonly mac: string;
  readonly recording: Recording;
  readonly behaviour: Behaviour;
  /** Share of the recorded server's own pace: 1 as it was, 0 at once. */
  readonly pace: number;
  /** Stages that find something, by the code of the check that fails them. */
  readonly sick?: Readonly<Partial<Record<StageState, string>>>;
}

/** The host's power. */
export interface Power extends AsyncDisposable {
  /** Switches on a host that is off; one that is on does not notice. */
  on(): void;
  /** Resolves when the host is off. */
  off(): Promise<void>;
}

/** What iPXE of Debian 13 says of itself. */
const LOADER = { "user-agent": "iPXE/1.21.1+git" } as const;

/** The URLs and the kernel's words of a boot script; null for one that boots the local disk. */
export const parseBootScript = (
  script: string,
): { readonly urls: readonly string[]; readonly words: string } | null => {
  const loads = [...script.matchAll(/^(?:kernel --name kernel|initrd) (http:\/\/\S+)(.*?)(?: \|\|.*)?$/gm)];
  const [, , words] = loads[0] ?? [];
  return words === undefined ? null : { urls: loads.map(([, url = ""]) => url), words };
};

const boot = async (host: SimulatedHost, box: Appliance, signal: AbortSignal): Promise<string | null> => {
  const see = (step: BootStep, detail: string) =>
    box.boots.seen({ mac: host.mac, step, atMs: Date.now(), detail, complete: true });
  await see("dhcp-discover", "simulated firmware");
  await see("dhcp-lease", "127.0.0.1");
  await see("loader", "snponly.efi");
  const answer = await fetch(`${box.scriptOrigin}/ipxe/${host.mac}?platform=efi&buildarch=x86_64`, {
    headers: LOADER,
    signal,
  });
  const script = answer.ok ? parseBootScript(await answer.text()) : null;
  if (script === null) return null;
  for (const url of script.urls) await (await fetch(url, { headers: LOADER, signal })).arrayBuffer();
  return script.words;
};

const live = async (host: SimulatedHost, words: string, stateDir: string, signal: AbortSignal): Promise<void> => {
  const { url = "", pin = "", run: runId = "", enrol: enrolCode = "" } = parseCmdline(words);
  const { clock, random } = thisSystem;
  await runAgent({
    identity: { url, pin, runId, enrolCode, mac: host.mac, bootId: crypto.randomUUID() },
    system: replaySystem(host.recording, { clock, random }, host.pace),
    stateDir: join(stateDir, "run"),
    rootDir: join(stateDir, "root"),
    powerOff: () => Promise.resolve(),
    signal,
    address: () => "127.0.0.1",
    runners: { InventoryCheck: runInventory, ...simulatedRunners(host.pace, host.sick) },
  });
};

/** Cables a host to a box. It is off. */
export const openSimulatedHost = (host: SimulatedHost, box: Appliance, onTrouble: (cause: unknown) => void): Power => {
  const cut = new AbortController();
  let running: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    const stateDir = await mkdtemp(join(tmpdir(), "vetbox-host-"));
    try {
      const words = await boot(host, box, cut.signal);
      if (words !== null && host.behaviour === "healthy") await live(host, words, stateDir, cut.signal);
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  };
  return {
    on: () => {
      if (cut.signal.aborted) return;
      running ??= run()
        .catch((cause: unknown) => {
          if (!cut.signal.aborted) onTrouble(cause);
        })
        .finally(() => {
          running = null;
        });
    },
    off: () => running ?? Promise.resolve(),
    [Symbol.asyncDispose]: async () => {
      cut.abort();
      await running;
    },
  };
};
