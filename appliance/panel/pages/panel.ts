/** The panel's picture: one table from what is shown to the page that draws it. */
import { type Canvas, drawFrame } from "../../../board/canvas.ts";
import type { Frame } from "../../../board/frame.ts";
import type { PanelModel, PanelRun } from "../model.ts";
import { drawAbort, drawArming } from "./confirm.ts";
import { drawHeld } from "./held.ts";
import { drawHome } from "./home.ts";
import { drawNotice } from "./notice.ts";
import { drawOverride } from "./override.ts";
import { drawResult } from "./result.ts";
import { drawRun } from "./run.ts";
import { shiftAt, shiftFrame } from "./shift.ts";
import { drawTrouble } from "./trouble.ts";
import type { PanelView } from "./view.ts";

type Draw<Kind extends PanelView["kind"]> = (
  canvas: Canvas,
  model: PanelModel,
  view: PanelView & { readonly kind: Kind },
) => void;

/** Draws with the run that is meant; the page of the box while it is not in the model any more. */
const withRun =
  <View extends { readonly runId: string }>(
    draw: (canvas: Canvas, model: PanelModel, run: PanelRun, view: View) => void,
  ) =>
  (canvas: Canvas, model: PanelModel, view: View): void => {
    const run = model.runs.find(({ id }) => id === view.runId);
    if (run === undefined) drawHome(canvas, model);
    else draw(canvas, model, run, view);
  };

/** Every page and moment. A kind without a row does not compile. */
const PAGES: { readonly [Kind in PanelView["kind"]]: Draw<Kind> } = {
  home: drawHome,
  trouble: (canvas, model, view) => {
    const trouble = model.box.troubles.find(({ kind }) => kind === view.trouble);
    if (trouble === undefined) drawHome(canvas, model);
    else drawTrouble(canvas, model, trouble, view.scroll);
  },
  run: withRun((canvas, model, run, { scroll }) =>
    run.held === null ? drawRun(canvas, model, run, scroll) : drawHeld(canvas, model, run, run.held, scroll),
  ),
  result: (canvas, model, view) => {
    const result = model.ended.find(({ id }) => id === view.runId);
    if (result === undefined) drawHome(canvas, model);
    else drawResult(canvas, model, result, view.scroll);
  },
  abort: withRun((canvas, _model, run, { heldRatio }) => drawAbort(canvas, run, heldRatio)),
  arming: withRun((canvas, _model, run, { heldRatio }) => drawArming(canvas, run, heldRatio)),
  override: withRun((canvas, _model, run, view) => drawOverride(canvas, run, view)),
  notice: (canvas, _model, view) => drawNotice(canvas, view),
};

const drawPage = <Kind extends PanelView["kind"]>(
  canvas: Canvas,
  model: PanelModel,
  view: PanelView & { readonly kind: Kind },
): void => PAGES[view.kind](canvas, model, view);

/** The picture for this model and view, moved a little as time goes by. */
export const drawPanel = (model: PanelModel, view: PanelView): Frame =>
  shiftFrame(
    drawFrame((canvas) => drawPage(canvas, model, view)),
    shiftAt(model.nowMs),
  );
