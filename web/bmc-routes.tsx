/** Routes of a host's BMC: setting it, forgetting it, asking it. */
import type { Context, Env, Hono } from "hono";
import type { PowerReply, Refusal } from "../appliance/core/ports.ts";
import { BMC_KINDS, CUTS_POWER, POWER_VERBS, type PowerVerb } from "../appliance/core/power-port.ts";
import type { HostView } from "../appliance/core/views.ts";
import { answerPage, field, statusOf, type WebDesk } from "./context.ts";
import { CutPowerPage, PowerDonePage } from "./host-bmc.tsx";
import { RefusalPage } from "./layout.tsx";

const pathOf = (host: HostView): string => `/hosts/${encodeURIComponent(host.id)}`;

const refuse = (c: Context, host: HostView, { code, detail }: Refusal): Response =>
  answerPage(
    c,
    <RefusalPage detail={detail} back={{ href: `${pathOf(host)}#bmc`, label: host.name }} />,
    statusOf(code),
  );

const SAID: Record<Exclude<PowerVerb, "status">, string> = {
  on: "The BMC was told to power the server on.",
  off: "The BMC was told to power the server off.",
  cycle: "The BMC was told to power-cycle the server.",
  pxe: "The next boot is from the network. Power the server on within a minute: some BMCs forget it.",
  "identify-on": "The server's identify LED blinks. Some BMCs end it by themselves after four minutes.",
  "identify-off": "The server's identify LED is off.",
};

const saidOf = ({ verb, state }: PowerReply): string =>
  verb === "status" ? `The BMC says that the power is ${state ?? "unknown"}.` : SAID[verb];

const portOf = (text: string): { readonly port?: number } => (text === "" ? {} : { port: Number(text) });

/** Adds the routes. */
export const addBmcRoutes = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  const { operators, by } = desk.parts;
  const withHost =
    (answer: (host: HostView, c: Context<E>, form: Record<string, unknown>) => Promise<Response>) =>
    async (c: Context<E>): Promise<Response> => {
      const host = await desk.reads.host(c.req.param("id") ?? "");
      const back = { href: "/", label: "Hosts" };
      if (host === null)
        return answerPage(c, <RefusalPage detail="There is no such host on this box." back={back} />, 404);
      return answer(host, c, await c.req.parseBody());
    };

  app.post(
    "/hosts/:id/bmc",
    withHost(async (host, c, form) => {
      const kind = BMC_KINDS.find((known) => known === field(form, "kind"));
      if (kind === undefined) return refuse(c, host, { code: "invalid", detail: "Choose a language." });
      // Blanks may be part of a password, so this field is taken as it is.
      const password = typeof form["password"] === "string" ? form["password"] : "";
      const [address, user] = [field(form, "address"), field(form, "user")];
      const input = { kind, address, ...portOf(field(form, "port")), user, password };
      const answer = await operators.setBmc(host.id, input, by(c));
      return answer.ok ? c.redirect(`${pathOf(host)}#bmc`, 303) : refuse(c, host, answer.refusal);
    }),
  );
  app.post(
    "/hosts/:id/bmc/remove",
    withHost(async (host, c) => {
      const answer = await operators.removeBmc(host.id, by(c));
      return answer.ok ? c.redirect(`${pathOf(host)}#bmc`, 303) : refuse(c, host, answer.refusal);
    }),
  );
  app.post(
    "/hosts/:id/power",
    withHost(async (host, c, form) => {
      const verb = POWER_VERBS.find((known) => known === field(form, "verb"));
      if (verb === undefined) return refuse(c, host, { code: "invalid", detail: "There is no such button." });
      const sure = field(form, "sure");
      if (CUTS_POWER.has(verb) && sure === "") return answerPage(c, <CutPowerPage host={host} verb={verb} />);
      const answer = await operators.power(host.id, { verb, force: sure === "force" }, by(c));
      if (!answer.ok) return refuse(c, host, answer.refusal);
      return answerPage(c, <PowerDonePage host={host} said={saidOf(answer.value)} />);
    }),
  );
};
