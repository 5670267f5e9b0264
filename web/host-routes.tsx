/** Routes of a host: its page, its spec, starting a run, removing it. */
import type { Context, Env, Hono } from "hono";
import { PROFILES } from "../agent/wire/names.ts";
import { plainLines } from "../agent/wire/plain.ts";
import type { Refusal } from "../appliance/core/ports.ts";
import type { HostView } from "../appliance/core/views.ts";
import { answerPage, field, statusOf, type WebDesk } from "./context.ts";
import { type HostData, HostPage, hostParts, RemoveHostPage, type SpecDraft } from "./host-page.tsx";
import { PlanPage } from "./host-plan.tsx";
import { RefusalPage } from "./layout.tsx";
import { answerParts } from "./parts.tsx";

const pathOf = (host: HostView): string => `/hosts/${encodeURIComponent(host.id)}`;

const dataOf = async <E extends Env>({ reads, parts }: WebDesk<E>, host: HostView): Promise<HostData> => {
  const [runs, timeline] = await Promise.all([reads.hostRuns(host.id), reads.timeline(host.id)]);
  return { host, runs, timeline, now: parts.now() };
};

const withHost =
  <E extends Env>(desk: WebDesk<E>, answer: (host: HostView, c: Context<E>) => Promise<Response>) =>
  async (c: Context<E>): Promise<Response> => {
    const host = await desk.reads.host(c.req.param("id") ?? "");
    const back = { href: "/", label: "Hosts" };
    return host === null
      ? answerPage(c, <RefusalPage detail="There is no such host on this box." back={back} />, 404)
      : answer(host, c);
  };

const refuse = (c: Context, host: HostView, refusal: Refusal): Response =>
  answerPage(
    c,
    <RefusalPage detail={refusal.detail} back={{ href: pathOf(host), label: host.name }} />,
    statusOf(refusal.code),
  );

const addPages = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  app.get(
    "/hosts/:id",
    withHost(desk, async (host, c) => {
      const text = (await desk.reads.spec(host.id)) ?? "";
      return answerPage(c, <HostPage data={await dataOf(desk, host)} draft={{ text, refused: null }} />);
    }),
  );
  app.get(
    "/hosts/:id/parts",
    withHost(desk, async (host, c) => answerParts(c, hostParts(await dataOf(desk, host)))),
  );
  app.get(
    "/hosts/:id/remove",
    withHost(desk, async (host, c) => answerPage(c, <RemoveHostPage host={host} />)),
  );
};

/** A learned spec is a draft in the editor: a GET changes nothing. */
const addLearn = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  app.get(
    "/hosts/:id/learn",
    withHost(desk, async (host, c) => {
      const text = await desk.reads.learnedSpec(host.id, c.req.query("serials") !== "false");
      if (text === null)
        return refuse(c, host, { code: "not-ready", detail: "No run of this host has a good inventory yet." });
      const draft: SpecDraft = { text, refused: null, learned: true };
      return answerPage(c, <HostPage data={await dataOf(desk, host)} draft={draft} />);
    }),
  );
};

const addSpec = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  app.post(
    "/hosts/:id/spec",
    withHost(desk, async (host, c) => {
      const { specYaml } = await c.req.parseBody();
      const text = typeof specYaml === "string" ? specYaml.replaceAll("\r\n", "\n") : "";
      const wanted = text.trim() === "" ? null : text;
      const answer = await desk.parts.operators.setSpec(host.id, wanted, desk.parts.by(c));
      if (answer.ok) return c.redirect(pathOf(host), 303);
      const { detail, path, code } = answer.refusal;
      const draft: SpecDraft = {
        text: plainLines(text, text.length),
        refused: { detail, place: path ?? null },
      };
      return answerPage(c, <HostPage data={await dataOf(desk, host)} draft={draft} />, statusOf(code));
    }),
  );
};

/** What the start form would start; nothing is switched on. */
const addPlan = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  app.get(
    "/hosts/:id/plan",
    withHost(desk, async (host, c) => {
      const profile = PROFILES.find((p) => p === c.req.query("profile")) ?? "quick";
      const plan = await desk.reads.plan(host.id, { profile, destructive: c.req.query("disks") === "may-erase" });
      return plan === null
        ? refuse(c, host, { code: "not-found", detail: "This host is no longer on the box." })
        : answerPage(c, <PlanPage host={host} plan={plan} />);
    }),
  );
};

/** Adds the routes. */
export const addHostRoutes = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  addPages(app, desk);
  addLearn(app, desk);
  addSpec(app, desk);
  addPlan(app, desk);
  app.post(
    "/hosts/:id/runs",
    withHost(desk, async (host, c) => {
      const form = await c.req.parseBody();
      const profile = PROFILES.find((p) => p === field(form, "profile"));
      if (profile === undefined) return refuse(c, host, { code: "invalid", detail: "Choose a length for the run." });
      const destructive = field(form, "disks") === "may-erase";
      const repaired = field(form, "repaired");
      const wanted = { profile, destructive, ...(repaired === "" ? {} : { repaired }) };
      const answer = await desk.parts.operators.startRun(host.id, wanted, desk.parts.by(c));
      return answer.ok
        ? c.redirect(`/runs/${encodeURIComponent(answer.value.id)}`, 303)
        : refuse(c, host, answer.refusal);
    }),
  );
  app.post(
    "/hosts/:id/remove",
    withHost(desk, async (host, c) => {
      const answer = await desk.parts.operators.removeHost(host.id, desk.parts.by(c));
      return answer.ok ? c.redirect("/", 303) : refuse(c, host, answer.refusal);
    }),
  );
};
