/** The panel's page, and letting a wipe be allowed at the panel. */
import type { Env, Hono } from "hono";
import type { PanelPort } from "../appliance/core/panel-port.ts";
import type { RunView } from "../appliance/core/views.ts";
import { answerPage, statusOf, type WebDesk } from "./context.ts";
import { Notice, Page, RefusalPage } from "./layout.tsx";
import { PanelPage } from "./panel-page.tsx";

const pathOf = (run: RunView): string => `/runs/${encodeURIComponent(run.id)}`;

/** What to do at the panel, within the minute. */
const ArmedPage = ({ run, panel }: { run: RunView; panel: PanelPort }) => (
  <Page title={`At the panel: ${run.hostName}`} back={{ href: pathOf(run), label: run.hostName }}>
    <Notice tone="warn">
      <p>
        <strong>Go to the box now: for one minute its panel may allow this wipe.</strong>
      </p>
      <p>Nothing is allowed yet, and nothing will be if nobody presses.</p>
    </Notice>
    <ol class="card lines numbered">
      <li>Compare the serials on its display with the disks that may be wiped. NEXT shows more of them.</li>
      <li>Hold OVERRIDE for 3 seconds.</li>
    </ol>
    <div class="buttons">
      <a class="button plain" href={pathOf(run)}>
        Back to the run
      </a>
      {panel.hold === null ? null : (
        <a class="button primary" href="/panel">
          The panel
        </a>
      )}
    </div>
  </Page>
);

/** Adds the routes; none where the box has no panel. */
export const addPanelRoutes = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  const { panel, by } = desk.parts;
  if (panel === undefined) return;
  app.get("/panel", (c) => answerPage(c, <PanelPage panel={panel} />));
  app.post("/runs/:id/arm-panel", async (c) => {
    const run = await desk.reads.run(c.req.param("id"));
    if (run === null)
      return answerPage(
        c,
        <RefusalPage detail="There is no such run on this box." back={{ href: "/", label: "Hosts" }} />,
        404,
      );
    const answer = await panel.arm(run.id, by(c));
    if (answer.ok) return answerPage(c, <ArmedPage run={run} panel={panel} />);
    const back = { href: `${pathOf(run)}/wipe`, label: "Allow the wipe" };
    return answerPage(c, <RefusalPage detail={answer.refusal.detail} back={back} />, statusOf(answer.refusal.code));
  });
};
