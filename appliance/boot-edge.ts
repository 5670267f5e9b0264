/** Joins what makes up a network boot: dnsmasq, the boot files' process, the scripts, and the desk that decides. */
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../agent/system/clock.ts";
import { Fault } from "../agent/system/fault.ts";
import type { Random } from "../agent/system/random.ts";
import type { Config } from "./config.ts";
import type { BootEvent } from "./core/boot.ts";
import type { BootDesk, ReadModel } from "./core/ports.ts";
import type { BoxView } from "./core/views.ts";
import type { LoaderFacts } from "./http/boot-app.ts";
import { openBootFiles } from "./images/boot-file-process.ts";
import type { LiveImage } from "./images/live-image.ts";
import { LOADERS } from "./pxe/architectures.ts";
import { createChainGuard } from "./pxe/chain-guard.ts";
import { type Dnsmasq, openDnsmasq } from "./pxe/dnsmasq.ts";
import type { DhcpMode } from "./pxe/dnsmasq-conf.ts";
import type { LogFact } from "./pxe/dnsmasq-log.ts";
import { createLoaderChoice } from "./pxe/loader-choice.ts";
import { neighbourMac } from "./pxe/neighbours.ts";
import { type OtherDhcpWatch, openOtherDhcpWatch } from "./pxe/other-dhcp.ts";
import { renderScript } from "./pxe/script.ts";

/** What the edge is made of. */
export interface BootEdgeParts {
  readonly config: Config;
  readonly boots: BootDesk;
  readonly reads: ReadModel;
  readonly image: LiveImage;
  /** Port on which the scripts are served. */
  readonly scriptPort: number;
  /** `https://address:port` of the agent API, and the SHA-256 of its certificate. */
  readonly agentOrigin: string;
  readonly pin: string;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The open edge. */
export interface BootEdge extends AsyncDisposable {
  readonly dnsmasq: BoxView["dnsmasq"];
  readonly otherDhcp: BoxView["otherDhcp"];
  /** The script for a MAC; null for one that is not registered. */
  script(mac: string, loader: LoaderFacts): Promise<string | null>;
}

/** The account that Debian's dnsmasq-base makes for it, with the group of those who may do nothing. */
const DNSMASQ_ACCOUNT = { user: "dnsmasq", group: "nogroup" } as const;

/** The /64 of the interface's own IPv6 address, as `fd77::`; null without one. */
const ipv6PrefixOf = (interfaceName: string): string | null => {
  const own = networkInterfaces()[interfaceName]?.find(
    ({ family, address }) => family === "IPv6" && !address.startsWith("fe80:"),
  );
  if (own === undefined) return null;
  const [head = ""] = own.address.split("::");
  return `${head.split(":").slice(0, 4).join(":")}::`;
};

/** The MAC of an interface that is up and has an address; null without one. Not by way of /sys, which a box in a container may not have of its own. */
const macOf = (interfaceName: string): string | null => networkInterfaces()[interfaceName]?.[0]?.mac ?? null;

const dhcpMode = ({ network: { interface: name, dhcp } }: Config): DhcpMode | null => {
  if (dhcp.mode === "off") return null;
  if (dhcp.mode === "proxy") return { kind: "proxy" };
  return {
    kind: "authoritative",
    rangeFrom: dhcp.from,
    rangeTo: dhcp.to,
    leaseSeconds: dhcp.leaseMinutes * 60,
    ipv6Prefix: ipv6PrefixOf(name),
  };
};

/** Hands what was seen of a boot to the desk; a record that fails is told and does not stop the boot. */
const tellDesk =
  ({ boots, log }: BootEdgeParts, watch: (event: BootEvent) => void) =>
  (event: BootEvent): void => {
    watch(event);
    boots.seen(event).catch((err: unknown) => log.error({ err }, "a step of a boot could not be recorded"));
  };

const startDnsmasq = async (
  parts: BootEdgeParts,
  mode: DhcpMode,
  filesPort: number,
  tell: (event: BootEvent) => void,
): Promise<Dnsmasq> => {
  const { config, boots, clock, log } = parts;
  const { interface: name, address } = config.network;
  const own = macOf(name);
  const take = (fact: Exclude<LogFact, { readonly kind: "other" }>): void => {
    if (fact.kind === "sighting" && fact.event.mac === own) return; // the box's own question, who else answers
    if (fact.kind === "foreign-dhcp") log.warn({ mac: fact.mac }, "another DHCP server answers hosts of this box");
    else tell(fact.event);
  };
  return openDnsmasq({
    conf: {
      interface: name,
      address: address.address,
      netmask: address.netmask,
      scriptPort: parts.scriptPort,
      filesPort,
      mode,
      ...DNSMASQ_ACCOUNT,
    },
    bootDir: config.loaderDir,
    runDir: join(config.runDir, "pxe"),
    stateDir: join(config.stateDir, "pxe"),
    command: ["dnsmasq"],
    macs: await boots.knownMacs(),
    onFact: take,
    clock,
    log,
  });
};

/** Looks for other DHCP servers; null where nobody can ask for them. */
const lookForOthers = async ({
  config: { network },
  random,
  clock,
  log,
}: BootEdgeParts): Promise<OtherDhcpWatch | null> => {
  const mac = macOf(network.interface);
  if (mac === null) {
    log.warn({ interfaceName: network.interface }, "cannot look for other DHCP servers: the interface is not up");
    return null;
  }
  return openOtherDhcpWatch({
    ...{ mac, neighbour: neighbourMac, clock, log },
    address: network.address.address,
    broadcast: network.address.broadcast,
    transaction: () => Number.parseInt(random.hex(4), 16),
  });
};

/** Keeps dnsmasq's list of hosts equal to the record's, until the signal. */
const followHosts = async ({ boots, reads, log }: BootEdgeParts, dnsmasq: Dnsmasq, signal: AbortSignal) => {
  for await (const change of reads.changes(null, signal))
    if (change.kind === "host" || change.kind === "reset") await dnsmasq.setHosts(await boots.knownMacs());
  if (!signal.aborted) log.error("the stream of changes ended: new hosts are unknown to dnsmasq until a restart");
};

/** Opens the edge. With DHCP off it serves scripts alone. */
export const openBootEdge = async (parts: BootEdgeParts): Promise<BootEdge> => {
  const { boots, reads, image, clock, config, log } = parts;
  const mode = dhcpMode(parts.config);
  await using undo = new AsyncDisposableStack();
  const ending = new AbortController();
  let dnsmasq: Dnsmasq | null = null;
  const choice = createLoaderChoice();
  const watch = (event: Parameters<typeof choice.observe>[0]): void => {
    if (choice.observe(event)) dnsmasq?.setAlternates(choice.alternates());
  };
  const tell = tellDesk(parts, watch);
  const { address } = config.network.address;
  const files = undo.use(
    openBootFiles({
      command: [process.execPath, join(import.meta.dir, "boot-files.ts")],
      hostname: address,
      port: config.ports.files,
      image,
      bootDir: config.loaderDir,
      loaders: LOADERS,
      macOf: (from) => dnsmasq?.macOf(from) ?? null,
      onEvent: tell,
      clock,
      log,
    }),
  );
  const filesPort = await files.port();
  if (filesPort === null)
    throw new Fault("bad-state", { problem: "the boot files' process was closed while it started" });
  if (mode !== null) dnsmasq = undo.use(await startDnsmasq(parts, mode, filesPort, tell));
  // Beside a site's own DHCP server another one is as it should be.
  const others = mode?.kind === "authoritative" ? undo.use(await lookForOthers(parts)) : null;
  const following = dnsmasq === null ? Promise.resolve() : followHosts(parts, dnsmasq, ending.signal);
  undo.defer(async () => {
    ending.abort();
    await following;
  });
  const guard = createChainGuard();
  const kept = undo.move();
  return {
    get dnsmasq() {
      return dnsmasq?.state() ?? "off";
    },
    get otherDhcp() {
      return others?.servers() ?? [];
    },
    script: async (mac, loader) => {
      watch({ mac, step: "script", detail: "", complete: true });
      const decision = await boots.decide(mac);
      return renderScript({
        mac,
        decision,
        hostName: (await reads.host(mac))?.name ?? null,
        loader,
        box: { agentOrigin: parts.agentOrigin, pin: parts.pin, filesOrigin: `http://${address}:${filesPort}` },
        image,
        kernelArgs: [],
        mayReplaceLoader: guard.mayReplace(mac, loader.userAgent, clock.monoMs()),
      });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
};
