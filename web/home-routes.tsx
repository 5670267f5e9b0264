/** Routes of the start page: what it shows, and registering a host. */
import type { Env, Hono } from "hono";
import { answerPage, field, statusOf, type WebDesk } from "./context.ts";
import { type HomeData, HomePage, homeParts } from "./home-page.tsx";
import { answerParts } from "./parts.tsx";

const dataOf = async <E extends Env>({ reads, parts }: WebDesk<E>): Promise<HomeData> => {
  const [box, hosts, sightings] = await Promise.all([reads.box(), reads.hosts(), reads.sightings()]);
  return { box, hosts, sightings, now: parts.now(), hasSimulatedPanel: parts.panel?.hold != null };
};

/** Adds the routes. */
export const addHomeRoutes = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  app.get("/", async (c) => answerPage(c, <HomePage data={await dataOf(desk)} refused={null} />));
  app.get("/parts", async (c) => answerParts(c, homeParts(await dataOf(desk))));
  app.post("/hosts", async (c) => {
    const form = await c.req.parseBody();
    const input = { name: field(form, "name"), mac: field(form, "mac") };
    const answer = await desk.parts.operators.addHost(input, desk.parts.by(c));
    if (answer.ok) return c.redirect(`/hosts/${encodeURIComponent(answer.value.id)}`, 303);
    const refused = { ...input, detail: answer.refusal.detail };
    return answerPage(c, <HomePage data={await dataOf(desk)} refused={refused} />, statusOf(answer.refusal.code));
  });
};
