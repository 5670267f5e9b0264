/** `vetbox hosts`, `vetbox spec`, `vetbox seen`, `vetbox box`. */
import type { BootTimeline, Sighting } from "../core/boot.ts";
import type { BoxView, HostView } from "../core/views.ts";
import {
  BOOT_STEP_WORDS,
  RUN_VERDICT_WORDS,
  renderDuration,
  renderMqttFacts,
  renderOtherDhcp,
  STATE_WORDS,
} from "../core/words.ts";
import { readGiven } from "./given.ts";
import { bmcCommands, bmcFields, powerVerb } from "./hosts-power.ts";
import { localSpecVerbs } from "./spec.ts";
import { classCommands } from "./spec-classes.ts";
import { learnVerb } from "./spec-learn.ts";
import { type Cell, EXIT, renderFile } from "./terminal.ts";
import { boxVerb, type Cli, group } from "./verb.ts";

const HOST = { type: "positional", required: true, description: "Name, MAC or id of the host" } as const;
const at = encodeURIComponent;

const ago = (cli: Cli, atMs: number): string => `${renderDuration(cli.nowMs() - atMs)} ago`;

const standing = ({ activeRun, lastRun }: HostView): Cell => {
  if (activeRun !== null) return STATE_WORDS[activeRun.state];
  return lastRun === null ? null : RUN_VERDICT_WORDS[lastRun.verdict];
};

const fields = (host: HostView): readonly (readonly [string, Cell])[] => [
  ["name", host.name],
  ["MAC", host.mac],
  ["id", host.id],
  ["spec", host.hasSpec ? "yes" : "no"],
  ["run", host.activeRun?.id ?? host.lastRun?.id ?? null],
  ["standing", standing(host)],
];

/** `vetbox hosts …` */
export const hostCommands = (cli: Cli) =>
  group("vetbox hosts", "Servers that this box may boot", {
    list: boxVerb(cli, "list", "All hosts", {}, async (_args, { box, list }) => {
      const hosts = await box.get<readonly HostView[]>("/hosts");
      const rows = hosts.map((h) => [h.name, h.mac, h.hasSpec ? "yes" : "no", standing(h), h.activeRun?.id ?? null]);
      list(hosts, ["NAME", "MAC", "SPEC", "STANDING", "RUN"], rows);
      return EXIT.ok;
    }),
    add: boxVerb(
      cli,
      "add",
      "Register a host",
      {
        name: { type: "positional", required: true, description: "What it is called" },
        mac: { type: "positional", required: true, description: "MAC of the interface that boots" },
        spec: { type: "string", valueHint: "file", description: "Its expected spec, as YAML" },
      },
      async ({ name, mac, spec }, { box, one }) => {
        const specYaml = spec === undefined ? {} : { specYaml: await readGiven(cli, spec) };
        const host = await box.send<HostView>("POST", "/hosts", { name, mac, ...specYaml });
        one(host, fields(host));
        return EXIT.ok;
      },
    ),
    show: boxVerb(cli, "show", "One host and its last boot", { host: HOST }, async ({ host }, { box, one, json }) => {
      const [found, timeline] = await Promise.all([
        box.get<HostView>(`/hosts/${at(host)}`),
        box.get<BootTimeline>(`/hosts/${at(host)}/boot`),
      ]);
      const reached: Cell = timeline.reached === null ? null : BOOT_STEP_WORDS[timeline.reached];
      const doctor =
        timeline.diagnosis === null || json
          ? []
          : ([
              ["boot doctor", timeline.diagnosis.cause],
              ["remedy", timeline.diagnosis.remedy],
            ] as const);
      one({ ...found, timeline }, [
        ...fields(found),
        ...bmcFields(found.bmc),
        ["last boot reached", reached],
        ...doctor,
      ]);
      return EXIT.ok;
    }),
    bmc: bmcCommands(cli),
    power: powerVerb(cli),
    remove: boxVerb(
      cli,
      "remove",
      "Forget a host; its past runs stay",
      { host: HOST },
      async ({ host }, { box, one }) => {
        one(await box.send("DELETE", `/hosts/${at(host)}`), [["removed", host]]);
        return EXIT.ok;
      },
    ),
  });

/** `vetbox spec …` */
export const specCommands = (cli: Cli) =>
  group("vetbox spec", "What a host is expected to be made of", {
    show: boxVerb(cli, "show", "The spec as it was written", { host: HOST }, async ({ host }, { box, json, one }) => {
      const yaml = await box.text(`/hosts/${at(host)}/spec`);
      if (json) one({ spec: yaml }, []);
      else cli.out(renderFile(yaml, cli));
      return EXIT.ok;
    }),
    set: boxVerb(
      cli,
      "set",
      "Replace the spec",
      { host: HOST, file: { type: "positional", required: true, description: "YAML file, or - for standard input" } },
      async ({ host, file }, { box, one }) => {
        await box.sendYaml(`/hosts/${at(host)}/spec`, await readGiven(cli, file));
        one({ host, spec: "set" }, [["spec set for", host]]);
        return EXIT.ok;
      },
    ),
    learn: learnVerb(cli),
    remove: boxVerb(cli, "remove", "Expect nothing in particular", { host: HOST }, async ({ host }, { box, one }) => {
      one(await box.send("DELETE", `/hosts/${at(host)}/spec`), [["spec removed from", host]]);
      return EXIT.ok;
    }),
    class: classCommands(cli),
    ...localSpecVerbs(cli),
  });

/** `vetbox seen` */
export const seenCommand = (cli: Cli) =>
  boxVerb(cli, "seen", "Servers that asked to boot and are not registered", {}, async (_args, { box, list }) => {
    const seen = await box.get<readonly Sighting[]>("/sightings");
    const rows = seen.map((one) => [one.mac, one.count, ago(cli, one.lastSeenMs), one.detail]);
    list(seen, ["MAC", "TIMES", "LAST", "SAID"], rows);
    return EXIT.ok;
  });

/** How the box stands with its broker, in a line. */
const mqttWords = ({ mqtt }: BoxView): Cell =>
  mqtt === null ? null : [mqtt.state, ...renderMqttFacts(mqtt)].join(", ");

/** `vetbox box` */
export const boxCommand = (cli: Cli) =>
  boxVerb(cli, "box", "The box at a glance", {}, async (_args, { box, one }) => {
    const view = await box.get<BoxView>("/box");
    one(view, [
      ["name", view.name],
      ["version", view.version],
      ["address", view.address],
      ["image", view.imageId],
      ["dnsmasq", view.dnsmasq],
      ["other DHCP", view.otherDhcp.length === 0 ? null : renderOtherDhcp(view.otherDhcp)],
      ["runs", view.activeRuns],
      ["queue", view.queuedRuns],
      ["MQTT", mqttWords(view)],
    ]);
    return EXIT.ok;
  });
