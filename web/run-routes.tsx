/** Routes of a run: its page, its parts, its log, its files, and what is decided about it. */
import type { Context, Env, Hono } from "hono";
import type { RunView } from "../appliance/core/views.ts";
import { answerPage, statusOf, type WebDesk } from "./context.ts";
import { DECISION_TABLE, DECISIONS } from "./decisions.ts";
import { KEPT_FILE_POLICY } from "./guard.ts";
import { Notice, Page, RefusalPage } from "./layout.tsx";
import { LogPage } from "./log-page.tsx";
import { answerParts } from "./parts.tsx";
import { KeyPage, KeyQuestionPage } from "./run-hold.tsx";
import { LOG_LINES, LogLines, stageFrom } from "./run-logs.tsx";
import { RunPage, type RunPageData, runParts } from "./run-page.tsx";
import { addWipeRoutes } from "./run-wipe.tsx";

const HOME = { href: "/", label: "Hosts" };
const pathOf = (run: RunView): string => `/runs/${encodeURIComponent(run.id)}`;

/** A negative id asks for the newest lines (`ReadModel.logs`). */
const NEWEST = -1;

const lineIdFrom = (text: string | undefined): number =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : NEWEST;

/** Finds the run of the path, or answers that there is none. */
const withRun =
  <E extends Env>(desk: WebDesk<E>, answer: (run: RunView, c: Context<E>) => Promise<Response>) =>
  async (c: Context<E>): Promise<Response> => {
    const run = await desk.reads.run(c.req.param("id") ?? "");
    return run === null
      ? answerPage(c, <RefusalPage detail="There is no such run on this box." back={HOME} />, 404)
      : answer(run, c);
  };

const dataOf = async <E extends Env>({ parts }: WebDesk<E>, run: RunView): Promise<RunPageData> => ({
  run,
  hasReport: (await parts.reads.reportPath(run.id, "html")) !== null,
  now: parts.now(),
});

const addPages = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  app.get(
    "/runs/:id",
    withRun(desk, async (run, c) => {
      const stage = stageFrom(c.req.query("stage"));
      const options = { afterId: NEWEST, limit: LOG_LINES, ...(stage === null ? {} : { stage }) };
      const [data, lines] = await Promise.all([dataOf(desk, run), desk.reads.logs(run.id, options)]);
      return answerPage(c, <RunPage data={data} lines={lines} stage={stage} />);
    }),
  );
  app.get(
    "/runs/:id/parts",
    withRun(desk, async (run, c) => answerParts(c, runParts(await dataOf(desk, run)))),
  );
  app.get(
    "/runs/:id/lines",
    withRun(desk, async (run, c) => {
      const stage = stageFrom(c.req.query("stage"));
      const afterId = lineIdFrom(c.req.query("after"));
      const options = { afterId, limit: LOG_LINES, ...(stage === null ? {} : { stage }) };
      const lines = await desk.reads.logs(run.id, options);
      return lines.length === 0 ? c.body(null, 204) : c.html(String(<LogLines lines={lines} />));
    }),
  );
  app.get(
    "/runs/:id/logs",
    withRun(desk, async (run, c) => {
      const stage = stageFrom(c.req.query("stage"));
      const afterId = lineIdFrom(c.req.query("after"));
      const options = { afterId, limit: LOG_LINES, ...(stage === null ? {} : { stage }) };
      const lines = await desk.reads.logs(run.id, options);
      return answerPage(c, <LogPage run={run} lines={lines} stage={stage} afterId={afterId} />);
    }),
  );
};

const keptFile = async (path: string | null, headers: Record<string, string>): Promise<Response | null> => {
  const file = path === null ? null : Bun.file(path);
  if (file === null || !(await file.exists())) return null;
  return new Response(file, { headers: { "content-security-policy": KEPT_FILE_POLICY, ...headers } });
};

const REPORT_TYPES = { html: "text/html; charset=utf-8", json: "application/json" } as const;

const addFiles = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  const addReport = (path: string, form: "html" | "json") =>
    app.get(
      path,
      withRun(desk, async (run, c) => {
        const report = await desk.parts.reads.reportPath(run.id, form);
        const kept = await keptFile(report, { "content-type": REPORT_TYPES[form] });
        const back = { href: pathOf(run), label: run.hostName };
        return kept ?? answerPage(c, <RefusalPage detail="This run has no report yet." back={back} />, 404);
      }),
    );
  addReport("/runs/:id/report", "html");
  addReport("/runs/:id/report.json", "json");
  app.get(
    "/runs/:id/artifacts/:artifactId",
    withRun(desk, async (run, c) => {
      const artifact = run.artifacts.find((a) => a.id === c.req.param("artifactId"));
      const path = artifact === undefined ? null : await desk.parts.reads.artifactPath(run.id, artifact.id);
      const name = artifact?.name.replaceAll(/[^A-Za-z0-9._-]/g, "_") ?? "artifact";
      const kept = await keptFile(path, {
        "content-type": "application/octet-stream",
        "content-disposition": `attachment; filename="${name}"`,
      });
      const back = { href: pathOf(run), label: run.hostName };
      return kept ?? answerPage(c, <RefusalPage detail="This file is no longer on the box." back={back} />, 404);
    }),
  );
};

const addDecisions = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  for (const name of DECISIONS) {
    const decision = DECISION_TABLE[name];
    app.get(
      `/runs/:id/${name}`,
      withRun(desk, async (run, c) => {
        const back = { href: pathOf(run), label: run.hostName };
        if (!decision.allowed.has(run.state))
          return answerPage(
            c,
            <RefusalPage detail={`The run is ${run.state}: this is not open now.`} back={back} />,
            409,
          );
        return answerPage(
          c,
          <Page title={`${decision.label}: ${run.hostName}`} back={back}>
            <Notice tone={decision.look === "danger" ? "bad" : "warn"}>
              <p>
                <strong>{decision.question}</strong>
              </p>
              <p>{decision.effect}</p>
            </Notice>
            <form method="post" action={`${pathOf(run)}/${name}`} class="buttons">
              <a class="button plain" href={pathOf(run)}>
                Back
              </a>
              <button type="submit" class={decision.look === "danger" ? "danger" : "primary"}>
                {decision.label}
              </button>
            </form>
          </Page>,
        );
      }),
    );
    app.post(
      `/runs/:id/${name}`,
      withRun(desk, async (run, c) => {
        const answer = await decision.act(desk.parts.operators, run.id, desk.parts.by(c));
        if (answer.ok) return c.redirect(pathOf(run), 303);
        const back = { href: pathOf(run), label: run.hostName };
        return answerPage(c, <RefusalPage detail={answer.refusal.detail} back={back} />, statusOf(answer.refusal.code));
      }),
    );
  }
};

const addKey = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  app.get(
    "/runs/:id/key",
    withRun(desk, async (run, c) => {
      const back = { href: pathOf(run), label: run.hostName };
      if (run.hold === null || run.hold.keyShown)
        return answerPage(
          c,
          <RefusalPage detail="There is no key to show: it was shown once, or the hold is over." back={back} />,
          410,
        );
      return answerPage(c, <KeyQuestionPage run={run} />);
    }),
  );
  app.post(
    "/runs/:id/key",
    withRun(desk, async (run, c) => {
      const answer = await desk.parts.operators.revealHoldKey(run.id, desk.parts.by(c));
      const back = { href: pathOf(run), label: run.hostName };
      if (!answer.ok)
        return answerPage(c, <RefusalPage detail={answer.refusal.detail} back={back} />, statusOf(answer.refusal.code));
      return answerPage(c, <KeyPage run={run} privateKey={answer.value.privateKey} login={answer.value.login} />);
    }),
  );
};

/** Adds every route of a run. */
export const addRunRoutes = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  addPages(app, desk);
  addFiles(app, desk);
  addDecisions(app, desk);
  addKey(app, desk);
  addWipeRoutes(app, desk);
};
