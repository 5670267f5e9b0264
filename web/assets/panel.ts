/**
 * Shows the panel's display as it is, and holds the simulator's buttons while a finger, the mouse or a key holds them here.
 *
 * Runs in the browser. A button is held anew every half second: the box lets go of one that a closed page or a lost network left down.
 */

interface Picture {
  readonly frame: string;
  readonly brightness: "full" | "dim" | "off";
}

const AGAIN_MS = 500;
/** A display of this kind glows bluish white. */
const LIT = [0xdf, 0xf1, 0xff, 0xff] as const;
const DARK = [0, 0, 0, 0xff] as const;

const bezel = document.getElementById("bezel");
const state = document.getElementById("panel-state");
const canvas = document.getElementById("panel");

const say = (text: string): void => {
  if (state !== null) state.textContent = text;
};

/** Eight rows a byte, the topmost in bit 0; a page of 128 columns after the other. */
const draw = (frame: Uint8Array, { width, height }: HTMLCanvasElement, pen: CanvasRenderingContext2D): void => {
  const image = pen.createImageData(width, height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const isLit = (((frame[(y >> 3) * width + x] ?? 0) >> (y & 7)) & 1) === 1;
      image.data.set(isLit ? LIT : DARK, 4 * (y * width + x));
    }
  pen.putImageData(image, 0, 0);
};

const show = ({ frame, brightness }: Picture): void => {
  const pen = canvas instanceof HTMLCanvasElement ? canvas.getContext("2d") : null;
  if (pen === null) return;
  draw(
    Uint8Array.from(atob(frame), (byte) => byte.charCodeAt(0)),
    pen.canvas,
    pen,
  );
  if (bezel !== null) bezel.className = `bezel ${brightness}`;
};

const pictures = new EventSource("/api/v1/panel/live");
pictures.addEventListener("picture", (event) => {
  say("");
  show(JSON.parse((event as MessageEvent<string>).data) as Picture);
});
pictures.addEventListener("error", () => say("Connection lost. What you see may be old."));

/** Presses and releases go out one after the other, in their order. */
let sending: Promise<unknown> = Promise.resolve();
const send = (name: string, down: boolean): void => {
  const body = JSON.stringify({ down });
  const headers = { "content-type": "application/json" };
  sending = sending
    .then(() => fetch(`/api/v1/panel/buttons/${name}`, { method: "POST", headers, body, keepalive: true }))
    .catch(() => say("Connection lost. The button was let go of."));
};

const hold = (button: HTMLButtonElement): { down(): void; up(): void } => {
  const name = button.dataset["button"] ?? "";
  let again: number | undefined;
  return {
    down: () => {
      if (again !== undefined) return;
      button.setAttribute("aria-pressed", "true");
      send(name, true);
      again = window.setInterval(() => send(name, true), AGAIN_MS);
    },
    up: () => {
      if (again === undefined) return;
      window.clearInterval(again);
      again = undefined;
      button.setAttribute("aria-pressed", "false");
      send(name, false);
    },
  };
};

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-button]")) {
  const { down, up } = hold(button);
  button.addEventListener("pointerdown", (event) => {
    button.setPointerCapture(event.pointerId); // a finger that slides off still holds
    down();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) button.addEventListener(end, up);
  button.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch asks for one
  const isOwnKey = (event: KeyboardEvent): boolean =>
    event.key.toLowerCase() === button.dataset["key"] ||
    (document.activeElement === button && (event.key === " " || event.key === "Enter"));
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !isOwnKey(event)) return;
    event.preventDefault();
    down();
  });
  window.addEventListener("keyup", (event) => {
    if (isOwnKey(event)) up();
  });
  window.addEventListener("pagehide", up);
  window.addEventListener("blur", up);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) up();
  });
}

export {};
