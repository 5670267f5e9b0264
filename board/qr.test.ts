/** A decoder reads from the drawn picture what was to be found there. */
import { describe, expect, test } from "bun:test";
import jsQR from "jsqr";
import { drawFrame } from "./canvas.ts";
import { type Frame, HEIGHT, isLit, WIDTH } from "./frame.ts";
import { encodeQr, qrAddress } from "./qr.ts";

/** What a camera that sees the display pixel by pixel reads; null when it finds no code. */
const read = (frame: Frame): string | null => {
  const rgba = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  for (let i = 0; i < WIDTH * HEIGHT; i += 1)
    rgba.set(isLit(frame, i % WIDTH, Math.floor(i / WIDTH)) ? [255, 255, 255, 255] : [0, 0, 0, 255], i * 4);
  return jsQR(rgba, WIDTH, HEIGHT, { inversionAttempts: "dontInvert" })?.data ?? null;
};

const draw = (url: string, side = 60): { readonly frame: Frame; readonly isDrawn: boolean } => {
  let isDrawn = false;
  const frame = drawFrame((canvas) => {
    isDrawn = canvas.qr({ x: 66, y: 1, side }, url);
  });
  return { frame, isDrawn };
};

describe("Canvas.qr", () => {
  test.each([
    ["the shortest address", "http://10.0.0.1", "HTTP://10.0.0.1"],
    ["a usual address", "http://10.77.0.2:8088", "HTTP://10.77.0.2:8088"],
    ["the longest IPv4 address", "https://192.168.100.200:65535", "HTTPS://192.168.100.200:65535"],
    ["a name", "http://vetbox-3f2a.local:8088/", "HTTP://VETBOX-3F2A.LOCAL:8088"],
    ["a path, as it is", "http://10.77.0.2:8088/hosts/r07", "HTTP://10.77.0.2:8088/hosts/r07"],
  ])("a decoder reads %s at the drawn size", (_name, url, text) => {
    const { frame, isDrawn } = draw(url);
    expect(isDrawn).toBe(true);
    expect(read(frame)).toBe(text);
  });

  test("a usual address has the whole quiet zone of four modules", () => {
    const { frame } = draw("http://10.77.0.2:8088");
    for (let y = 1; y < 61; y += 1)
      for (let x = 66; x < 126; x += 1)
        if (x < 74 || x >= 118 || y < 9 || y >= 53) expect(isLit(frame, x, y)).toBe(true);
  });

  test("draws nothing when it does not fit", () => {
    const { frame, isDrawn } = draw(`http://${"a".repeat(90)}.example`);
    expect(isDrawn).toBe(false);
    expect(frame.every((byte) => byte === 0)).toBe(true);
  });
});

describe("encodeQr", () => {
  test("takes the smallest version, with the strongest correction that it has room for", () => {
    expect(encodeQr("HTTP://10.77.0.2:8088", 60)).toHaveLength(21);
    expect(encodeQr("HTTPS://192.168.100.200:65535", 60)).toHaveLength(25);
    expect(encodeQr("http://10.77.0.2:8088/hosts/r07-u12", 60)).toHaveLength(29);
  });

  test("has no code for no text, too much text, or no place", () => {
    expect(encodeQr("", 60)).toBeNull();
    expect(encodeQr("1".repeat(100_000), 60)).toBeNull();
    expect(encodeQr("1", 41)).toBeNull();
  });
});

test("qrAddress changes only what means the same in capitals", () => {
  expect(qrAddress("http://Vetbox.local/a/B?c=d")).toBe("HTTP://VETBOX.LOCAL/a/B?c=d");
  expect(qrAddress("not an address")).toBe("not an address");
});
