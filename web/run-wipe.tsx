/** Allowing a wipe: what was found on which disk, and each serial typed by hand. Nobody destroys data by one tap. */
import type { Env, Hono } from "hono";
import type { RefusedDisk, RunView } from "../appliance/core/views.ts";
import { answerPage, field, statusOf, type WebDesk } from "./context.ts";
import { Notice, Page, RefusalPage } from "./layout.tsx";

const pathOf = (run: RunView): string => `/runs/${encodeURIComponent(run.id)}`;

const Disk = ({ disk, index, typed }: { disk: RefusedDisk; index: number; typed: string }) => (
  <fieldset class="card stack">
    <legend>
      Disk <code>{disk.serial}</code>
    </legend>
    <ul class="lines">
      {disk.found.map((found) => (
        <li>{found}</li>
      ))}
    </ul>
    <label for={`serial-${index}`}>Type the serial of this disk to allow it</label>
    <input
      id={`serial-${index}`}
      name={`serial-${index}`}
      value={typed}
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
      required
    />
  </fieldset>
);

/** The other way: not by typing here, but by reading the serials at the box and holding its button. */
const AtThePanel = ({ run }: { run: RunView }) => (
  <form method="post" action={`${pathOf(run)}/arm-panel`} class="card stack last">
    <p>
      Or let somebody who stands at the box decide: its panel shows the serials, and OVERRIDE held for 3 seconds allows
      the wipe. The panel waits for one minute.
    </p>
    <button type="submit" class="wide">
      Allow at the panel
    </button>
  </form>
);

/** Asks for each disk's serial. `typed` is what was typed before, when it was wrong. */
export const WipePage = ({
  run,
  typed,
  wrong,
  hasPanel,
}: {
  run: RunView;
  typed: readonly string[];
  wrong: string | null;
  hasPanel: boolean;
}) => (
  <Page title={`Allow the wipe: ${run.hostName}`} back={{ href: pathOf(run), label: run.hostName }}>
    <Notice tone="bad">
      <p>
        <strong>What is on these disks will be destroyed.</strong> It holds for the next attempt alone and for ten
        minutes, and is written down with your name.
      </p>
    </Notice>
    {wrong === null ? null : (
      <Notice tone="warn">
        <p>{wrong}</p>
      </Notice>
    )}
    <form method="post" action={`${pathOf(run)}/wipe`} class="stack">
      {run.refusedDisks.map((disk, index) => (
        <Disk disk={disk} index={index} typed={typed[index] ?? ""} />
      ))}
      <div class="buttons">
        <a class="button plain" href={pathOf(run)}>
          Back
        </a>
        <button type="submit" class="danger">
          Allow the wipe
        </button>
      </div>
    </form>
    {hasPanel ? <AtThePanel run={run} /> : null}
  </Page>
);

/** Adds the routes. */
export const addWipeRoutes = <E extends Env>(app: Hono<E>, desk: WebDesk<E>): void => {
  const hasPanel = () => desk.parts.panel?.isAttended === true;
  const load = async (id: string | undefined) => desk.reads.run(id ?? "");
  const closed = (run: RunView | null) => (
    <RefusalPage
      detail="This run is not held because of data on its disks, so there is nothing to allow."
      back={run === null ? { href: "/", label: "Hosts" } : { href: pathOf(run), label: run.hostName }}
    />
  );
  app.get("/runs/:id/wipe", async (c) => {
    const run = await load(c.req.param("id"));
    if (run === null || run.refusedDisks.length === 0) return answerPage(c, closed(run), run === null ? 404 : 409);
    return answerPage(c, <WipePage run={run} typed={[]} wrong={null} hasPanel={hasPanel()} />);
  });
  app.post("/runs/:id/wipe", async (c) => {
    const run = await load(c.req.param("id"));
    if (run === null || run.refusedDisks.length === 0) return answerPage(c, closed(run), run === null ? 404 : 409);
    const form = await c.req.parseBody();
    const typed = run.refusedDisks.map((_, index) => field(form, `serial-${index}`));
    const wrong = run.refusedDisks.filter(({ serial }, index) => typed[index] !== serial).map(({ serial }) => serial);
    if (wrong.length > 0) {
      const words = `Not allowed: what was typed is not the serial of disk ${wrong.join(", disk ")}.`;
      return answerPage(c, <WipePage run={run} typed={typed} wrong={words} hasPanel={hasPanel()} />, 422);
    }
    const answer = await desk.parts.operators.overrideWipe(run.id, typed, desk.parts.by(c));
    if (answer.ok) return c.redirect(pathOf(run), 303);
    const back = { href: pathOf(run), label: run.hostName };
    return answerPage(c, <RefusalPage detail={answer.refusal.detail} back={back} />, statusOf(answer.refusal.code));
  });
};
