/** What the rack's command line can do. Each verb answers with data (for `--json`) and the lines that say the same to a person. */
import { parse } from "yaml";
import { needPackages } from "../setup/packages.ts";
import { attachConsole, showConsole } from "./console.ts";
import { parseDeclarations } from "./declaration.ts";
import { diskKey } from "./declared-disk.ts";
import { decodeFault, FAULT_SCHEMAS } from "./declared-faults.ts";
import type { Rack } from "./rack.ts";
import { RackRefusal } from "./refusal.ts";
import type { Server } from "./server.ts";

/** What the command line gave. */
export interface VerbInput {
  readonly names: readonly string[];
  readonly flags: ReadonlySet<string>;
}

/** What a verb has to say at its end. */
export interface VerbOutput {
  readonly data: unknown;
  readonly lines: readonly string[];
  readonly exitCode?: number;
}

/** A verb. */
export interface Verb {
  readonly usage: string;
  readonly summary: string;
  readonly flags: readonly string[];
  run(rack: Rack, input: VerbInput): Promise<VerbOutput>;
}

/** Debian packages with the programs of the rack. */
export const RACK_PACKAGES = [
  "qemu-system-x86",
  "ovmf",
  "ipxe-qemu",
  "iproute2",
  "ethtool",
  "util-linux",
  "e2fsprogs",
] as const;

const named = (rack: Rack, names: readonly string[]): Promise<readonly Server[]> =>
  Promise.all(names.map((name) => rack.server(name)));

/** Those named, or every server. */
const namedOrAll = (rack: Rack, names: readonly string[]): Promise<readonly Server[]> =>
  names.length === 0 ? rack.servers() : named(rack, names);

const needNames = (names: readonly string[]): readonly string[] => {
  if (names.length === 0) throw new RackRefusal("invalid", "a server's name is needed");
  return names;
};

const oneName = ([name, ...more]: readonly string[]): string => {
  if (name === undefined || more.length > 0) throw new RackRefusal("invalid", "one server's name is needed");
  return name;
};

/** Acts on all side by side and waits for every end. What failed is told with what was done, as the first refusal's kind. */
const forEach = async <T extends { readonly name: string }>(
  items: readonly T[],
  done: string,
  act: (item: T) => Promise<unknown>,
): Promise<VerbOutput> => {
  const ends = await Promise.allSettled(items.map(act));
  const failures = ends.flatMap((end): readonly unknown[] => (end.status === "rejected" ? [end.reason] : []));
  const names = items.filter((_, i) => ends[i]?.status === "fulfilled").map(({ name }) => name);
  const lines = names.map((name) => `${name} ${done}`);
  const [first] = failures;
  if (!(first instanceof RackRefusal) || items.length === 1) {
    if (failures.length > 0) throw first;
    return { data: names, lines };
  }
  const reasons = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)));
  throw new RackRefusal(first.code, [...lines, ...reasons].join("\n"));
};

const describe = (server: Server) => ({
  name: server.name,
  state: server.isRunning ? "running" : "off",
  pid: server.process()?.pid ?? null,
  firmware: server.spec.firmware,
  memoryMiB: server.spec.memoryMiB,
  macs: server.spec.nics.map(({ mac }) => mac),
  disks: server.spec.disks.map(diskKey),
});

const create: Verb = {
  usage: "create FILE",
  summary: "make the servers that a YAML or JSON file declares (FILE is - for stdin)",
  flags: [],
  run: async (rack, { names }) => {
    const file = oneName(names);
    const source = file === "-" ? Bun.stdin : Bun.file(file);
    if (file !== "-" && !(await source.exists())) throw new RackRefusal("invalid", "there is no such file", file);
    return forEach(parseDeclarations(await source.text(), file), "created", (declaration) => rack.create(declaration));
  },
};

const start: Verb = {
  usage: "start NAME…",
  summary: "power servers on; the segment is made when it is not there",
  flags: [],
  run: async (rack, { names }) => {
    await needPackages(RACK_PACKAGES);
    return forEach(await named(rack, needNames(names)), "started", (server) => server.start());
  },
};

const stop: Verb = {
  usage: "stop NAME… [--cut]",
  summary: "press the power button and wait for the guest to go off; --cut pulls the plug",
  flags: ["cut"],
  run: async (rack, { names, flags }) =>
    forEach(await named(rack, needNames(names)), "off", (server) => server.stop(flags.has("cut") ? "cut" : "acpi")),
};

const reset: Verb = {
  usage: "reset NAME…",
  summary: "press the reset button",
  flags: [],
  run: async (rack, { names }) => forEach(await named(rack, needNames(names)), "reset", (server) => server.reset()),
};

const remove: Verb = {
  usage: "delete NAME… [--cut] | delete --all",
  summary: "remove servers that are off (--cut: or cut them off); --all: every server and the segment",
  flags: ["cut", "all"],
  run: async (rack, { names, flags }) => {
    if (!flags.has("all"))
      return forEach(await named(rack, needNames(names)), "deleted", async (server) => {
        if (flags.has("cut")) await server.stop("cut");
        await server.delete();
      });
    const all = (await rack.servers()).map(({ name }) => name);
    await rack.remove();
    return { data: all, lines: [...all.map((name) => `${name} deleted`), "segment removed"] };
  },
};

const list: Verb = {
  usage: "list",
  summary: "show the servers",
  flags: [],
  run: async (rack) => {
    const data = (await rack.servers()).map(describe);
    const lines = data.map(
      ({ name, state, firmware, macs }) => `${name.padEnd(20)} ${state.padEnd(8)} ${firmware} ${macs.join(" ")}`,
    );
    return { data, lines };
  },
};

/** `disk=D1 at="1 MiB" warnings=[spare]`: each value is read as YAML, so that numbers, lists and words are what they look like. */
const parseFields = (words: readonly string[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      if (at < 1) throw new RackRefusal("invalid", "must be FIELD=VALUE", word);
      return [word.slice(0, at), parse(word.slice(at + 1))];
    }),
  );

const fault: Verb = {
  usage: "fault NAME KIND [FIELD=VALUE…]",
  summary: `make a fault on a running server, until its next power-on:\n${Object.entries(FAULT_SCHEMAS)
    .map(([kind, { entries }]) => {
      const fields = Object.keys(entries).filter((field) => field !== "kind");
      return `        ${kind.padEnd(12)} ${fields.join(" ")}`.trimEnd();
    })
    .join("\n")}`,
  flags: [],
  run: async (rack, { names: [name, kind, ...fields] }) => {
    if (name === undefined || kind === undefined)
      throw new RackRefusal("invalid", "a server's name and a kind of fault are needed");
    const server = await rack.server(name);
    const made = decodeFault({ ...parseFields(fields), kind });
    await server.makeFault(made);
    return { data: made, lines: [`${name} ${kind}`] };
  },
};

const consoleVerb: Verb = {
  usage: "console NAME [--follow | --attach]",
  summary: "show the serial port: so far, until power off, or both ways (Ctrl-] leaves)",
  flags: ["follow", "attach"],
  run: async (rack, { names, flags }) => {
    const server = await rack.server(oneName(names));
    await (flags.has("attach") ? attachConsole(server) : showConsole(server, flags.has("follow")));
    return { data: server.name, lines: [] };
  },
};

const stats: Verb = {
  usage: "stats [NAME…]",
  summary: "show CPU time and memory of running servers",
  flags: [],
  run: async (rack, { names }) => {
    const running = (await namedOrAll(rack, names)).filter(({ isRunning }) => isRunning);
    const data = running.map((server) => ({ name: server.name, ...server.stats() }));
    const lines = data.map(
      ({ name, pid, cpuS, rssMiB }) => `${name.padEnd(20)} pid ${pid}  ${cpuS.toFixed(1)} s CPU  ${rssMiB} MiB`,
    );
    return { data, lines };
  },
};

const wake: Verb = {
  usage: "wake",
  summary: "power servers on by Wake-on-LAN, until Ctrl-C",
  flags: [],
  run: async (rack) => {
    await needPackages(RACK_PACKAGES);
    const stopped = Promise.withResolvers<void>();
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopped.resolve());
    await using _wake = await rack.powerByWake();
    process.stderr.write("listening for magic packets\n");
    await stopped.promise;
    return { data: null, lines: [] };
  },
};

const exec: Verb = {
  usage: "exec -- COMMAND…",
  summary: "run a command where the box is: in its network namespace",
  flags: [],
  run: async (rack, { names }) => {
    await needPackages(RACK_PACKAGES);
    const child = Bun.spawn([...(await rack.segment()).box.inside(needNames(names))], {
      stdio: ["inherit", "inherit", "inherit"],
    });
    return { data: null, lines: [], exitCode: await child.exited };
  },
};

/** Every verb by its name, in the order of the help. */
export const VERBS: Readonly<Record<string, Verb>> = {
  create,
  start,
  stop,
  reset,
  delete: remove,
  list,
  fault,
  console: consoleVerb,
  stats,
  wake,
  exec,
};
