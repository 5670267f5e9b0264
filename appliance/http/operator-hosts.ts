/** Operator routes about hosts: the list, one host, its spec, its boot timeline, its runs. */
import type { Context, Hono } from "hono";
import * as v from "valibot";
import { macAddress, text } from "../../agent/wire/fields.ts";
import { PROFILES, STAGE_STATES } from "../../agent/wire/names.ts";
import type { HostView } from "../core/views.ts";
import { decode, readJson, readText } from "./body.ts";
import type { EdgeEnv } from "./edge.ts";
import { type OperatorAppParts, operatorAt } from "./operator-parts.ts";
import { answered, json, problem, yaml } from "./problem.ts";

/** Bytes of a spec: 1 % of it already describes a server with 100 disks. */
export const SPEC_BYTES = 256 * 1024;
const BODY_BYTES = 2 * SPEC_BYTES;

/** Body of `POST /api/v1/hosts`. What a name may look like, and whether it is taken, the desk says. */
export const AddHost = v.strictObject({
  name: text(200),
  mac: macAddress,
  specYaml: v.optional(v.pipe(v.string(), v.maxLength(SPEC_BYTES))),
});

/** Body of `POST /api/v1/hosts/:ref/runs`. */
export const StartRun = v.strictObject({
  profile: v.optional(v.picklist(PROFILES), "standard"),
  /** Only an explicit `true` lets stages write to disks. */
  destructive: v.optional(v.boolean(), false),
  /** Only these beside Inventory; all that are built when not given. */
  stages: v.optional(v.pipe(v.array(v.picklist(STAGE_STATES)), v.minLength(1))),
  /** What was repaired before, in the operator's words. How long it may be, the desk says. */
  repaired: v.optional(v.nullable(v.string()), null),
});

/** Query of `GET /api/v1/hosts/:ref/plan`: what `POST …/runs` takes, with the stages in one word. */
const PlanQuery = v.object({
  profile: StartRun.entries.profile,
  destructive: v.optional(v.picklist(["true", "false"]), "false"),
  stages: v.optional(
    v.pipe(
      v.string(),
      v.transform((words) => words.split(",")),
      v.array(v.picklist(STAGE_STATES)),
    ),
  ),
});

/** Query of `GET /api/v1/hosts/:ref/spec/learned`. */
const LearnQuery = v.object({ serials: v.optional(v.picklist(["true", "false"]), "true") });

/** Adds the routes. */
export const addHostRoutes = (app: Hono<EdgeEnv>, { desk, reads }: OperatorAppParts): void => {
  const host = async (c: Context<EdgeEnv>, go: (host: HostView) => Promise<Response>): Promise<Response> => {
    const found = await reads.host(c.req.param("ref") ?? "");
    return found === null ? problem("not-found", "No host has this id, name or MAC.") : go(found);
  };

  app.get("/api/v1/hosts", async () => json(await reads.hosts()));
  app.post("/api/v1/hosts", async (c) => {
    const body = await readJson(c.req.raw, AddHost, BODY_BYTES);
    if (!body.ok) return body.answer;
    const { name, mac, specYaml } = body.value;
    const input = { name, mac, ...(specYaml === undefined ? {} : { specYaml }) };
    return answered(await desk.addHost(input, operatorAt(c.env)), 201);
  });
  app.get("/api/v1/hosts/:ref", (c) => host(c, async (found) => json(found)));
  app.delete("/api/v1/hosts/:ref", (c) =>
    host(c, async ({ id }) => answered(await desk.removeHost(id, operatorAt(c.env)))),
  );

  app.get("/api/v1/hosts/:ref/spec", (c) =>
    host(c, async ({ id }) => {
      const spec = await reads.spec(id);
      if (spec === null) return problem("not-found", "The host has no expected spec.");
      return yaml(spec);
    }),
  );
  app.get("/api/v1/hosts/:ref/spec/learned", (c) =>
    host(c, async ({ id }) => {
      const query = decode(LearnQuery, c.req.query());
      if (!query.ok) return query.answer;
      const spec = await reads.learnedSpec(id, query.value.serials === "true");
      return spec === null
        ? problem("not-found", "No run of this host has a good inventory yet to learn a spec from.")
        : yaml(spec);
    }),
  );
  app.put("/api/v1/hosts/:ref/spec", (c) =>
    host(c, async ({ id }) => {
      const spec = await readText(c.req.raw, SPEC_BYTES);
      return spec.ok ? answered(await desk.setSpec(id, spec.value, operatorAt(c.env))) : spec.answer;
    }),
  );
  app.delete("/api/v1/hosts/:ref/spec", (c) =>
    host(c, async ({ id }) => answered(await desk.setSpec(id, null, operatorAt(c.env)))),
  );

  app.get("/api/v1/hosts/:ref/boot", (c) => host(c, async ({ id }) => json(await reads.timeline(id))));
  app.get("/api/v1/hosts/:ref/runs", (c) => host(c, async ({ id }) => json(await reads.hostRuns(id))));
  app.post("/api/v1/hosts/:ref/runs", (c) =>
    host(c, async ({ id }) => {
      const body = await readJson(c.req.raw, StartRun, BODY_BYTES);
      return body.ok ? answered(await desk.startRun(id, body.value, operatorAt(c.env)), 201) : body.answer;
    }),
  );
  app.get("/api/v1/hosts/:ref/plan", (c) =>
    host(c, async ({ id }) => {
      const query = decode(PlanQuery, c.req.query());
      if (!query.ok) return query.answer;
      const { destructive, ...rest } = query.value;
      return json(await reads.plan(id, { ...rest, destructive: destructive === "true" }));
    }),
  );
};
