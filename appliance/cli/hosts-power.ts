/** `vetbox hosts bmc` and `vetbox hosts power`. */
import type { PowerReply } from "../core/ports.ts";
import { BMC_KINDS, type BmcView, CUTS_POWER, POWER_VERBS, type PowerVerb } from "../core/power-port.ts";
import type { HostView } from "../core/views.ts";
import { renderUtc } from "../core/words.ts";
import { readGiven } from "./given.ts";
import { type Cell, EXIT, Stop } from "./terminal.ts";
import { boxVerb, type Cli, group } from "./verb.ts";

const HOST = { type: "positional", required: true, description: "Name, MAC or id of the host" } as const;
const at = encodeURIComponent;

/** What is shown of a BMC, for this command and for `hosts show`. */
export const bmcFields = (bmc: BmcView | null): readonly (readonly [string, Cell])[] =>
  bmc === null
    ? [["BMC", null]]
    : [
        ["BMC", `${bmc.kind} ${bmc.user} at ${bmc.address} port ${bmc.port}`],
        ["password", `set ${renderUtc(bmc.setMs)} by ${bmc.setBy}`],
        ...(bmc.kind === "redfish"
          ? [["certificate", bmc.pin === null ? "taken at first contact" : bmc.pin] as const]
          : []),
      ];

const portOf = (text: string | undefined): { readonly port?: number } => {
  if (text === undefined) return {};
  if (!/^\d{1,5}$/.test(text)) throw new Stop(EXIT.usage, "--port is a whole number.");
  return { port: Number(text) };
};

/** One line: what an editor or `echo` puts behind it is no part of a password. */
const passwordIn = (text: string): string => text.replace(/\r?\n$/, "");

/** `vetbox hosts bmc …` */
export const bmcCommands = (cli: Cli) =>
  group("vetbox hosts bmc", "A host's management controller, through which the box can power it", {
    set: boxVerb(
      cli,
      "set",
      "Set it anew. The password cannot be read again",
      {
        host: HOST,
        kind: { type: "enum", options: [...BMC_KINDS], required: true, description: "Its language" },
        address: { type: "string", required: true, description: "Its IP address" },
        port: { type: "string", description: "Where it listens, if not on 443 (redfish) or 623 (ipmi)" },
        user: { type: "string", required: true, description: "As whom the box speaks with it" },
        // Never as an argument, which every user of the machine could read.
        password: {
          type: "string",
          valueHint: "file",
          default: "-",
          description: "File with the password; - is standard input",
        },
      },
      async ({ host, kind, address, port, user, password }, { box, one }) => {
        const body = { kind, address, ...portOf(port), user, password: passwordIn(await readGiven(cli, password)) };
        const bmc = await box.send<BmcView>("PUT", `/hosts/${at(host)}/bmc`, body);
        one(bmc, bmcFields(bmc));
        return EXIT.ok;
      },
    ),
    show: boxVerb(
      cli,
      "show",
      "Where it is, and when its password was set",
      { host: HOST },
      async ({ host }, { box, one }) => {
        const { bmc } = await box.get<HostView>(`/hosts/${at(host)}`);
        one(bmc, bmcFields(bmc));
        return EXIT.ok;
      },
    ),
    remove: boxVerb(cli, "remove", "Forget it and its password", { host: HOST }, async ({ host }, { box, one }) => {
      one(await box.send("DELETE", `/hosts/${at(host)}/bmc`), [["BMC removed from", host]]);
      return EXIT.ok;
    }),
  });

const DONE: Record<Exclude<PowerVerb, "status">, string> = {
  on: "told to power on",
  off: "told to power off",
  cycle: "told to power-cycle",
  pxe: "told to boot from the network once",
  "identify-on": "told to blink its identify LED",
  "identify-off": "told to end its identify LED",
};

/** The verbs as they are typed: `identify on`. */
const VERBS = POWER_VERBS.map((verb) => verb.replace("-", " "));

/** `vetbox hosts power HOST VERB` */
export const powerVerb = (cli: Cli) =>
  boxVerb(
    cli,
    "power",
    `Ask the host's BMC; ${[...CUTS_POWER].join(" and ")} need --force while a run of the host is not over`,
    {
      host: HOST,
      verb: { type: "positional", required: true, description: VERBS.join(", ") },
      setting: { type: "positional", required: false, description: "on or off, of identify" },
      force: { type: "boolean", description: "Cut the power also during a run" },
    },
    async ({ host, verb, setting, force }, { box, one }) => {
      const said = setting === undefined ? verb : `${verb} ${setting}`;
      const known = POWER_VERBS.find((_, i) => VERBS[i] === said);
      if (known === undefined) throw new Stop(EXIT.usage, `“${said}” is none of ${VERBS.join(", ")}.`);
      const reply = await box.send<PowerReply>("POST", `/hosts/${at(host)}/power`, {
        verb: known,
        force: force === true,
      });
      one(reply, [[host, known === "status" ? `power is ${reply.state ?? "unknown"}` : DONE[known]]]);
      return EXIT.ok;
    },
  );
