/**
 * A network segment of its own: the box's namespace and the switch's, joined by a cable; the servers' taps hang on the switch's bridge.
 *
 *     vb<id>-box: rack0 10.77.0.1/24, fd77::1/64 ──veth── vb<id>-sw: br0 ── taps of the servers
 *                                                          └──veth── vb<id>-<name>: a further box, such as a site's DHCP server
 *
 * Every name that the machine can see carries the id, so segments never meet; inside, all segments look the same.
 */
import type { Subprocess } from "bun";
import { needTool, type Output, runTool } from "./command.ts";
import { namesIn } from "./paths.ts";
import { endProcesses, type ProcessRef, readProcess } from "./processes.ts";
import { RackRefusal } from "./refusal.ts";

/** Network of the segment, as the box has it. */
export const BOX_ADDRESS = "10.77.0.1";
/** The box's IPv4 address with its prefix length. */
export const BOX_NETWORK = `${BOX_ADDRESS}/24`;
/** The box's IPv6 address with its prefix length. */
export const BOX_NETWORK6 = "fd77::1/64";
/** The interface that faces the segment, in every namespace but the switch's. */
export const SEGMENT_INTERFACE = "rack0";
/** The switch. */
export const BRIDGE = "br0";

const ID = /^[a-z0-9]{1,8}$/;
const MEMBER = /^[a-z0-9]{1,8}$/;
const NAMESPACES = "/run/netns";

/** Where a process's output goes; a path of a file, or nowhere. */
export interface SpawnOptions {
  readonly stdout?: "pipe" | "ignore" | "inherit" | Bun.BunFile;
  readonly stderr?: "pipe" | "ignore" | "inherit" | Bun.BunFile;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Lets the process live on when this one dies. Otherwise the kernel ends it, even after `kill -9`. */
  readonly outlive?: boolean;
}

/** A network namespace. */
export interface Namespace {
  readonly name: string;
  /** The command line that runs `argv` inside. */
  inside(argv: readonly string[]): readonly string[];
  spawn(argv: readonly string[], options?: SpawnOptions): Subprocess;
  run(argv: readonly string[], stdin?: string): Promise<Output>;
}

/** A segment. Disposing of it ends every process inside and removes its namespaces. */
export interface Segment extends AsyncDisposable {
  readonly id: string;
  readonly box: Namespace;
  readonly switch: Namespace;
  /** Connects a further namespace (`vb<id>-<name>`, interface `rack0`), or answers with the one that is there. */
  attach(name: string, address: string): Promise<Namespace>;
}

const openNamespace = (name: string): Namespace => {
  const inside = (argv: readonly string[]): readonly string[] => ["ip", "netns", "exec", name, ...argv];
  return {
    name,
    inside,
    run: (argv, stdin) => runTool(inside(argv), stdin),
    spawn: (argv, { outlive = false, stdout = "inherit", stderr = "inherit", env, cwd } = {}) =>
      Bun.spawn([...(outlive ? [] : ["setpriv", "--pdeathsig", "KILL"]), ...inside(argv)], {
        stdin: "ignore",
        stdout,
        stderr,
        env: { ...process.env, ...env },
        ...(cwd === undefined ? {} : { cwd }),
      }),
  };
};

const prefix = (id: string): string => `vb${id}-`;

/** Runs `ip` commands, one a line, inside a namespace: one process instead of one for each. */
const ipBatch = (namespace: string, commands: readonly string[]): Promise<string> =>
  needTool(["ip", "-n", namespace, "-batch", "-"], commands.join("\n"));

/** A cable from a namespace to the switch. Ports of the switch have no addresses, so it never speaks for itself. */
const connect = async (id: string, member: string, addresses: readonly string[]): Promise<void> => {
  const [namespace, port] = [`${prefix(id)}${member}`, `to-${member}`];
  await ipBatch(`${prefix(id)}sw`, [
    `link add ${port} type veth peer name ${SEGMENT_INTERFACE} netns ${namespace}`,
    `link set ${port} addrgenmode none`,
    `link set ${port} master ${BRIDGE} up`,
  ]);
  // A DHCP client checks the UDP checksum, and a veth with offload never fills it in. Addresses are valid at once, without detection.
  const prepare = `ethtool -K ${SEGMENT_INTERFACE} tx off && echo 0 > /proc/sys/net/ipv6/conf/${SEGMENT_INTERFACE}/accept_dad`;
  await needTool(["ip", "netns", "exec", namespace, "sh", "-c", prepare]);
  await ipBatch(namespace, [
    "link set lo up",
    ...addresses.map(
      (address) => `addr add ${address} dev ${SEGMENT_INTERFACE}${address.includes(":") ? " nodad" : ""}`,
    ),
    `link set ${SEGMENT_INTERFACE} up`,
  ]);
};

const buildSegment = async (id: string): Promise<void> => {
  await needTool(["ip", "-batch", "-"], `netns add ${prefix(id)}box\nnetns add ${prefix(id)}sw`);
  await ipBatch(`${prefix(id)}sw`, [
    "link set lo up",
    `link add ${BRIDGE} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set ${BRIDGE} addrgenmode none`,
    `link set ${BRIDGE} up`,
  ]);
  await connect(id, "box", [BOX_NETWORK, BOX_NETWORK6]);
};

/** Names of a segment's namespaces that exist now. */
export const segmentNamespaces = async (id: string): Promise<readonly string[]> =>
  (await namesIn(NAMESPACES)).filter((name) => name.startsWith(prefix(id)));

/** Processes inside a segment's namespaces, whoever started them. */
export const segmentProcesses = async (id: string): Promise<readonly ProcessRef[]> => {
  const names = await segmentNamespaces(id);
  const lists = await Promise.all(names.map((name) => runTool(["ip", "netns", "pids", name])));
  return lists
    .flatMap(({ stdout }) => stdout.split("\n"))
    .flatMap((pid) => (pid === "" ? [] : (readProcess(Number(pid)) ?? [])));
};

/** Ends what runs in a segment and removes it. What is gone already is no error. */
export const removeSegment = async (id: string): Promise<void> => {
  await endProcesses(await segmentProcesses(id));
  for (const name of await segmentNamespaces(id)) await runTool(["ip", "netns", "del", name]);
};

/** Whether a segment is there, whole. The last step of its building is that the box's interface is up. */
export const segmentIsWhole = async (id: string): Promise<boolean> => {
  const link = await runTool(["ip", "-n", `${prefix(id)}box`, "link", "show", "dev", SEGMENT_INTERFACE, "up"]);
  return link.exitCode === 0 && link.stdout.includes(SEGMENT_INTERFACE);
};

/** Opens the segment `id`: adopts it if it is there, removes the half of one that a killed process left, builds it otherwise. */
export const openSegment = async ({ id }: { readonly id: string }): Promise<Segment> => {
  if (!ID.test(id)) throw new RackRefusal("invalid", "must be 1 to 8 of a-z 0-9", "id");
  if (!(await segmentIsWhole(id))) {
    await removeSegment(id);
    await buildSegment(id);
  }
  return {
    id,
    box: openNamespace(`${prefix(id)}box`),
    switch: openNamespace(`${prefix(id)}sw`),
    attach: async (name, address) => {
      if (!MEMBER.test(name)) throw new RackRefusal("invalid", "must be 1 to 8 of a-z 0-9", "name");
      const namespace = `${prefix(id)}${name}`;
      if (!(await segmentNamespaces(id)).includes(namespace)) {
        await needTool(["ip", "netns", "add", namespace]);
        await connect(id, name, [address]);
      }
      return openNamespace(namespace);
    },
    [Symbol.asyncDispose]: () => removeSegment(id),
  };
};
