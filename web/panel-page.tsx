/** The box's own panel: what its display shows, pixel by pixel, and what its buttons do. With the simulator the buttons are here, too. */
import type { PanelButton, PanelPort } from "../appliance/core/panel-port.ts";
import { PANEL_BUTTONS, PICTURE_SIZE } from "../appliance/core/panel-port.ts";
import { Card, Notice, Page } from "./layout.tsx";
import { PanelPixels } from "./panel-picture.tsx";

/** What each button does, in the order of the panel. */
const BUTTON_WORDS: Record<PanelButton, { readonly key: string; readonly does: readonly string[] }> = {
  next: { key: "N", does: ["Pressed: the next page, or the next serials.", "Held for 3 seconds: the first page."] },
  override: {
    key: "O",
    does: [
      "Held together with NEXT for 3 seconds: asks to allow the wipe that holds the run shown.",
      "Held for 3 seconds after that, once all serials were shown: allows it.",
    ],
  },
  abort: {
    key: "A",
    does: [
      "Held for 3 seconds: stops the run shown; releases it if it is held.",
      "Pressed: the way back from an override.",
    ],
  },
};

const Buttons = () => (
  <div class="panel-buttons">
    {PANEL_BUTTONS.map((button) => (
      <button type="button" data-button={button} data-key={BUTTON_WORDS[button].key.toLowerCase()} aria-pressed="false">
        {button.toUpperCase()}
      </button>
    ))}
  </div>
);

const Legend = ({ hasKeys }: { hasKeys: boolean }) => (
  <dl class="legend">
    {PANEL_BUTTONS.map((button) => (
      <>
        <dt>
          {button.toUpperCase()}
          {hasKeys ? <kbd>{BUTTON_WORDS[button].key}</kbd> : null}
        </dt>
        {BUTTON_WORDS[button].does.map((sentence) => (
          <dd>{sentence}</dd>
        ))}
      </>
    ))}
  </dl>
);

/** The page. */
export const PanelPage = ({ panel }: { panel: PanelPort }) => (
  <Page title="Panel" back={{ href: "/", label: "Hosts" }} script="panel.js">
    <div class={`bezel ${panel.picture.brightness}`} id="bezel">
      <canvas
        id="panel"
        class="oled"
        width={PICTURE_SIZE.width}
        height={PICTURE_SIZE.height}
        role="img"
        aria-label="The panel's display"
      />
      <noscript>
        <PanelPixels frame={panel.picture.frame} />
      </noscript>
    </div>
    {panel.hold === null ? null : <Buttons />}
    <p id="panel-state" class="dim" role="status" />
    {panel.isAttended ? null : (
      <Notice tone="warn">The box's display or its buttons do not answer. This is what the display would show.</Notice>
    )}
    <Card title={panel.hold === null ? "The buttons at the box" : "The buttons"}>
      <Legend hasKeys={panel.hold !== null} />
      {panel.hold === null ? null : (
        <p class="dim last">
          This panel is simulated: hold its buttons with a finger, the mouse, or the keys shown. Two at once need two
          fingers or two keys.
        </p>
      )}
    </Card>
  </Page>
);
