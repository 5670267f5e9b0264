/** Operator routes about the box's own panel: what it shows, arming an override at it, and the simulator's buttons. */
import type { Hono } from "hono";
import * as v from "valibot";
import { accept, refuse } from "../core/answer.ts";
import { PANEL_BUTTONS, type PanelPicture, type PanelPort } from "../core/panel-port.ts";
import { decode, readJson } from "./body.ts";
import type { EdgeEnv } from "./edge.ts";
import { streamEvents } from "./event-stream.ts";
import { type OperatorAppParts, operatorAt } from "./operator-parts.ts";
import { answered, json, problem } from "./problem.ts";

/** Browsers that look at the panel at once. */
const LOOKERS = 32;

const Button = v.picklist(PANEL_BUTTONS);
/** Body of `POST /api/v1/panel/buttons/:button`. */
export const HoldButton = v.strictObject({ down: v.boolean() });
const HOLD_BYTES = 1024;

/** A picture as JSON: the frame in base64, as the display keeps it. */
export const renderPicture = ({ frame, brightness, revision }: PanelPicture) => ({
  ...{ brightness, revision },
  frame: Buffer.from(frame).toString("base64"),
});

const addLooks = (app: Hono<EdgeEnv>, panel: PanelPort, { log, periods }: OperatorAppParts): void => {
  let open = 0;
  app.get("/api/v1/panel", () => json({ ...renderPicture(panel.picture), isAttended: panel.isAttended }));
  app.get("/api/v1/panel/live", (c) => {
    if (c.req.method !== "GET") return problem("method", "Only GET."); // Hono answers HEAD by running GET
    if (open >= LOOKERS) return problem("too-many-streams", `${LOOKERS} pages are looking already.`);
    open++;
    c.env.keepOpen();
    return streamEvents({
      source: (signal) => panel.pictures(signal),
      render: (picture) => ({ id: picture.revision, event: "picture", data: renderPicture(picture) }),
      gone: c.req.raw.signal,
      log,
      onEnd: () => {
        open--;
      },
      ...(periods === undefined ? {} : { periods }),
    });
  });
};

const notSimulated = refuse("out-of-turn", "The panel's buttons are real: they are pressed at the box.");

/** Adds the routes; none where the box has no panel. */
export const addPanelRoutes = (app: Hono<EdgeEnv>, parts: OperatorAppParts): void => {
  const { panel, reads } = parts;
  if (panel === undefined) return;
  addLooks(app, panel, parts);
  app.post("/api/v1/panel/buttons/:button", async (c) => {
    const button = decode(Button, c.req.param("button"));
    if (!button.ok) return button.answer;
    const body = await readJson(c.req.raw, HoldButton, HOLD_BYTES);
    if (!body.ok) return body.answer;
    if (panel.hold === null) return answered(notSimulated);
    panel.hold(button.value, body.value.down);
    return answered(accept(true));
  });
  app.post("/api/v1/runs/:ref/arm-panel", async (c) => {
    const run = await reads.run(c.req.param("ref"));
    if (run === null) return problem("not-found", "No run has this id, or more than one begins with it.");
    return answered(await panel.arm(run.id, operatorAt(c.env)));
  });
};
