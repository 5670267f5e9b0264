/** The executable in the live image: composition root and subcommands. */
import { networkInterfaces } from "node:os";
import { defineCommand, runCommand, runMain } from "citty";
import * as v from "valibot";
import { canaryCommand } from "./canary.ts";
import { parseCmdline } from "./cmdline.ts";
import { gpuLoadCommand } from "./cuda/load-command.ts";
import type { Identity } from "./enrol.ts";
import { runAgent } from "./loop.ts";
import { nicLoadCommand } from "./nic-load.ts";
import { parseCommand } from "./parse.ts";
import { powerOffMachine } from "./power-off.ts";
import { createSensorReader } from "./sidecar.ts";
import { runInventory } from "./stages/inventory/run.ts";
import { takeCgroups } from "./system/cgroups.ts";
import { createExec, type Exec, systemExec } from "./system/exec.ts";
import { Fault } from "./system/fault.ts";
import { readAttribute } from "./system/files.ts";
import { loadRecording, recordSystem, replaySystem, saveRecording } from "./system/recording.ts";
import { thisSystem } from "./system/system.ts";
import { VERSION } from "./version.ts";
import { bootId, macAddress } from "./wire/fields.ts";
import { CMDLINE } from "./wire/routes.ts";

/** What the exit codes mean. */
const EXIT = { done: 0, fault: 1, usage: 2, stopped: 143 } as const;
const EXIT_CODES = "Exit codes: 0 done, 1 fault, 2 wrong or missing word, 143 ended by SIGTERM or SIGINT.";

const IdentitySchema = v.object({
  url: v.pipe(v.string(), v.url(), v.startsWith("https://")),
  pin: v.pipe(v.string(), v.toLowerCase(), v.regex(/^[0-9a-f]{64}$/, "must be 64 hex digits")),
  runId: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, "must be a run's id")),
  enrolCode: v.pipe(v.string(), v.regex(/^[0-9a-f]{16,128}$/, "must be hex digits")),
  mac: macAddress,
  bootId,
});

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** One address of the interface with this MAC: IPv4 before IPv6, none that is only good on the link. */
const addressOf = (mac: string): string | undefined => {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const own = all.filter((a) => a.mac.toLowerCase() === mac && !a.internal && !/^(?:fe80:|169\.254\.)/.test(a.address));
  return (own.find((a) => a.family === "IPv4") ?? own[0])?.address;
};

const identityFrom = async (flags: Readonly<Record<keyof typeof CMDLINE, string | undefined>>): Promise<Identity> => {
  const words = parseCmdline((await readAttribute(thisSystem.files, "/proc/cmdline")) ?? "");
  const parsed = v.safeParse(IdentitySchema, {
    url: flags.url ?? words.url,
    pin: flags.pin ?? words.pin,
    runId: flags.run ?? words.run,
    enrolCode: flags.enrol ?? words.enrol,
    mac: flags.mac ?? words.mac,
    bootId: await readAttribute(thisSystem.files, "/proc/sys/kernel/random/boot_id"),
  });
  if (parsed.success) return { ...parsed.output, url: new URL(parsed.output.url).origin };
  // Names and reasons only: the values may be secrets.
  const places = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? "?"}: ${issue.message}`);
  throw new Fault("bad-input", { words: places });
};

/** Runs tools in cells below this cgroup. Where there is none they run unconfined: a server is tested all the same. */
const confinedExec = async (cgroup: string): Promise<Exec> => {
  try {
    const { cgroups, killedCount, isEmpty, boundsMemory } = await takeCgroups(cgroup);
    if (killedCount > 0)
      say(
        `vetbox warn: ${killedCount} processes of an earlier agent were killed${isEmpty ? "" : ", not all of them died"}`,
      );
    if (!boundsMemory) say("vetbox warn: the kernel does not bound memory by cgroups here");
    return createExec(cgroups);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    say(`vetbox warn: tools run unconfined: ${error.message}`);
    return systemExec;
  }
};

const run = defineCommand({
  meta: { name: "run", description: `Take part in the run that the kernel command line names. ${EXIT_CODES}` },
  args: {
    url: { type: "string", description: `Box, https://address:port (default: ${CMDLINE.url})` },
    pin: { type: "string", description: `SHA-256 of its certificate in hex (default: ${CMDLINE.pin})` },
    run: { type: "string", description: `Run's id (default: ${CMDLINE.run})` },
    enrol: { type: "string", description: `Enrol code (default: ${CMDLINE.enrol})` },
    mac: { type: "string", description: `MAC of the interface that booted (default: ${CMDLINE.mac})` },
    "state-dir": { type: "string", description: "Session and spool, on a tmpfs", default: "/run/vetbox" },
    cgroup: {
      type: "string",
      description: "cgroup v2 for the agent alone: what is in it is killed (default: none, tools run unconfined)",
    },
    "stay-on": { type: "boolean", description: "Do not power off at the end", default: false },
  },
  run: async ({ args }) => {
    const { url, pin, run: runId, enrol, mac } = args;
    const identity = await identityFrom({ url, pin, run: runId, enrol, mac, root: undefined });
    const stop = new AbortController();
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
    // The box is on the same wire; a proxy that a surrounding shell names is not meant for it.
    for (const name of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]) delete process.env[name];
    const exec = args.cgroup === undefined ? systemExec : await confinedExec(args.cgroup);
    const end = await runAgent({
      identity,
      system: { ...thisSystem, exec },
      stateDir: args["state-dir"],
      rootDir: "/",
      powerOff: () => (args["stay-on"] ? Promise.resolve() : powerOffMachine(thisSystem)),
      signal: stop.signal,
      address: () => addressOf(identity.mac),
      print: (level, text) => say(`vetbox ${level}: ${text}`),
    });
    // Idle connections would keep the process a while.
    process.exit(end === "off" ? EXIT.done : EXIT.stopped);
  },
});

const inventory = defineCommand({
  meta: { name: "inventory", description: `Print what this machine is made of as JSON. ${EXIT_CODES}` },
  args: {
    record: { type: "string", description: "Keep every command's output and every file that was read in this folder" },
    from: { type: "string", description: "Replay such a folder instead of looking at this machine" },
    mac: { type: "string", description: "MAC of the interface that counts as the one that booted" },
  },
  run: async ({ args }) => {
    const source = args.from === undefined ? thisSystem : replaySystem(loadRecording(args.from), { ...thisSystem }, 0);
    const { system, recording } = recordSystem(source);
    const facts = await runInventory({
      system,
      farewell: system.exec,
      attempt: 1,
      signal: new AbortController().signal,
      order: {},
      grant: null,
      bootMac: args.mac?.toLowerCase() ?? null,
      progress: () => undefined,
      artifact: () => undefined,
      log: (level, text) => say(`${level}: ${text}`),
    });
    process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
    if (args.record === undefined) return;
    // Sensors too: a replayed host has temperatures.
    await createSensorReader(system).read(2_000);
    saveRecording(args.record, recording);
  },
});

const versionCommand = defineCommand({
  meta: { name: "version", description: "Print the agent's version." },
  run: () => {
    process.stdout.write(`${VERSION}\n`);
  },
});

const main = defineCommand({
  meta: { name: "vetbox-agent", version: VERSION, description: `Vetbox's agent in the live image. ${EXIT_CODES}` },
  subCommands: {
    run,
    inventory,
    canary: canaryCommand,
    parse: parseCommand,
    version: versionCommand,
    "gpu-load": gpuLoadCommand,
    "nic-load": nicLoadCommand,
  },
});

/** A wrong word is told in one line; a bug keeps its stack. */
const leave = (error: unknown): never => {
  const isUsage =
    error instanceof Error && (error.name === "CLIError" || (error instanceof Fault && error.code === "bad-input"));
  say(error instanceof Error && (isUsage || error instanceof Fault) ? error.message : Bun.inspect(error));
  process.exit(isUsage ? EXIT.usage : EXIT.fault);
};

const words = process.argv.slice(2);
const asksForHelp = words.length === 0 || words.some((word) => ["--help", "-h", "--version", "-v"].includes(word));
// citty's runMain ends every error with 1; only its help is wanted.
if (asksForHelp) await runMain(main, { rawArgs: words.length === 0 ? ["--help"] : words });
else await runCommand(main, { rawArgs: words }).catch(leave);
