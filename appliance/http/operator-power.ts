/** Operator routes about a host's power: its BMC, which is told and never shown again, and what is asked of it. */
import type { Context, Hono } from "hono";
import * as v from "valibot";
import { text } from "../../agent/wire/fields.ts";
import { BMC_KINDS, POWER_VERBS } from "../core/power-port.ts";
import type { HostView } from "../core/views.ts";
import { readJson } from "./body.ts";
import type { EdgeEnv } from "./edge.ts";
import { type OperatorAppParts, operatorAt } from "./operator-parts.ts";
import { answered, problem } from "./problem.ts";

const BODY_BYTES = 8 * 1024;

/** Body of `PUT /api/v1/hosts/:ref/bmc`. What each field may hold, the desk says. */
export const SetBmc = v.strictObject({
  kind: v.picklist(BMC_KINDS),
  address: text(200),
  port: v.optional(v.number()),
  user: text(200),
  password: v.pipe(v.string("must be text"), v.maxLength(1000, "is too long")),
});

/** Body of `POST /api/v1/hosts/:ref/power`. */
export const AskPower = v.strictObject({
  verb: v.picklist(POWER_VERBS),
  /** Also while a run of the host is not over. */
  force: v.optional(v.boolean(), false),
});

/** Adds the routes. */
export const addPowerRoutes = (app: Hono<EdgeEnv>, { desk, reads }: OperatorAppParts): void => {
  const host = async (c: Context<EdgeEnv>, go: (host: HostView) => Promise<Response>): Promise<Response> => {
    const found = await reads.host(c.req.param("ref") ?? "");
    return found === null ? problem("not-found", "No host has this id, name or MAC.") : go(found);
  };
  app.put("/api/v1/hosts/:ref/bmc", (c) =>
    host(c, async ({ id }) => {
      const body = await readJson(c.req.raw, SetBmc, BODY_BYTES);
      return body.ok ? answered(await desk.setBmc(id, body.value, operatorAt(c.env))) : body.answer;
    }),
  );
  app.delete("/api/v1/hosts/:ref/bmc", (c) =>
    host(c, async ({ id }) => answered(await desk.removeBmc(id, operatorAt(c.env)))),
  );
  // Asking for the state is a POST too: it wakes a slow machine for some seconds, which no prefetch shall do.
  app.post("/api/v1/hosts/:ref/power", (c) =>
    host(c, async ({ id }) => {
      const body = await readJson(c.req.raw, AskPower, BODY_BYTES);
      return body.ok ? answered(await desk.power(id, body.value, operatorAt(c.env))) : body.answer;
    }),
  );
};
