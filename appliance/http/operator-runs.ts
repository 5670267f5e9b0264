/** Operator routes about runs: the list, one run, decisions, the hold's key, logs, facts, files. */
import type { Context, Hono } from "hono";
import * as v from "valibot";
import { text } from "../../agent/wire/fields.ts";
import { STAGE_STATES } from "../../agent/wire/names.ts";
import type { Answer } from "../core/ports.ts";
import type { RunView } from "../core/views.ts";
import { decode, readJson } from "./body.ts";
import type { EdgeEnv } from "./edge.ts";
import { renderFileName, sendFile } from "./file-body.ts";
import { SANDBOX_POLICY } from "./guard.ts";
import { type OperatorAppParts, operatorAt } from "./operator-parts.ts";
import { answered, json, problem } from "./problem.ts";

const whole = (fallback: number, min: number, max: number) =>
  v.pipe(
    v.optional(v.string(), String(fallback)),
    v.regex(/^-?\d{1,15}$/, "must be a whole number"),
    v.transform(Number),
    v.minValue(min),
    v.maxValue(max),
  );

/** Query of `GET /api/v1/runs`. */
const RunsQuery = v.object({ limit: whole(50, 1, 1000) });

/** Query of `GET /api/v1/runs/:ref/logs`. Without `after`, the last lines. */
const LogsQuery = v.object({
  after: whole(-1, -1, Number.MAX_SAFE_INTEGER),
  limit: whole(500, 1, 5000),
  stage: v.optional(v.picklist(STAGE_STATES)),
});

/** Body of `POST /api/v1/runs/:ref/override-wipe`: every disk that holds data, by serial. */
export const OverrideWipe = v.strictObject({
  serials: v.pipe(v.array(text(256)), v.minLength(1), v.maxLength(256)),
});
const OVERRIDE_BYTES = 64 * 1024;

const Stage = v.picklist(STAGE_STATES);

/** Content type of the report in each form. */
const REPORT_TYPES = { html: "text/html; charset=utf-8", json: "application/json" } as const;

/** Adds the routes. */
export const addRunRoutes = (app: Hono<EdgeEnv>, { desk, reads }: OperatorAppParts): void => {
  const run = async (c: Context<EdgeEnv>, go: (run: RunView) => Promise<Response>): Promise<Response> => {
    const found = await reads.run(c.req.param("ref") ?? "");
    return found === null ? problem("not-found", "No run has this id, or more than one begins with it.") : go(found);
  };

  app.get("/api/v1/runs", async (c) => {
    const query = decode(RunsQuery, c.req.query());
    return query.ok ? json(await reads.runs(query.value.limit)) : query.answer;
  });
  app.get("/api/v1/runs/:ref", (c) => run(c, async (found) => json(found)));

  const decisions: Record<string, (runId: string, by: string) => Promise<Answer<unknown>>> = {
    cancel: (runId, by) => desk.cancelRun(runId, by),
    release: (runId, by) => desk.releaseRun(runId, by),
    retry: (runId, by) => desk.retryRun(runId, by),
    // A POST, because the box forgets the key as it answers.
    "hold-key": (runId, by) => desk.revealHoldKey(runId, by),
  };
  for (const [name, decide] of Object.entries(decisions))
    app.post(`/api/v1/runs/:ref/${name}`, (c) =>
      run(c, async ({ id }) => answered(await decide(id, operatorAt(c.env)))),
    );

  app.post("/api/v1/runs/:ref/override-wipe", (c) =>
    run(c, async ({ id }) => {
      const body = await readJson(c.req.raw, OverrideWipe, OVERRIDE_BYTES);
      return body.ok ? answered(await desk.overrideWipe(id, body.value.serials, operatorAt(c.env))) : body.answer;
    }),
  );
  app.get("/api/v1/runs/:ref/rejudge", (c) => run(c, async ({ id }) => json(await reads.rejudge(id))));

  app.get("/api/v1/runs/:ref/logs", (c) =>
    run(c, async ({ id }) => {
      const query = decode(LogsQuery, c.req.query());
      if (!query.ok) return query.answer;
      const { after, limit, stage } = query.value;
      return json(await reads.logs(id, { afterId: after, limit, ...(stage === undefined ? {} : { stage }) }));
    }),
  );
  app.get("/api/v1/runs/:ref/facts/:stage", (c) =>
    run(c, async ({ id }) => {
      const stage = decode(Stage, c.req.param("stage"));
      if (!stage.ok) return stage.answer;
      const facts = await reads.facts(id, stage.value);
      return facts === null || facts === undefined
        ? problem("not-found", "This stage has posted no facts.")
        : json(facts);
    }),
  );
  addFileRoutes(app, run, { reads });
};

/** Files of a run are found by the ids of its own rows; nothing of a request becomes part of a path (`surfaces` T9). */
const addFileRoutes = (
  app: Hono<EdgeEnv>,
  run: (c: Context<EdgeEnv>, go: (run: RunView) => Promise<Response>) => Promise<Response>,
  { reads }: Pick<OperatorAppParts, "reads">,
): void => {
  app.get("/api/v1/runs/:ref/artifacts/:artifact", (c) =>
    run(c, async ({ id, artifacts }) => {
      const artifact = artifacts.find((one) => one.id === c.req.param("artifact"));
      const path = artifact === undefined ? null : await reads.artifactPath(id, artifact.id);
      if (artifact === undefined || path === null) return problem("not-found", "The run has no such artifact.");
      return sendFile(path, {
        "content-type": "application/octet-stream",
        "content-disposition": `attachment; filename="${renderFileName(artifact.name)}"`,
        "content-security-policy": SANDBOX_POLICY,
      });
    }),
  );
  for (const form of ["html", "json"] as const)
    app.get(`/api/v1/runs/:ref/report.${form}`, (c) =>
      run(c, async ({ id }) => {
        const path = await reads.reportPath(id, form);
        return path === null
          ? problem("not-found", "The run has no report yet.")
          : sendFile(path, { "content-type": REPORT_TYPES[form], "content-security-policy": SANDBOX_POLICY });
      }),
    );
};
