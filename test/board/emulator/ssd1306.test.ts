import { describe, expect, test } from "bun:test";
import { FRAME_BYTES, HEIGHT, isLit, WIDTH } from "../../../board/frame.ts";
import { createPanel, type PanelModel } from "./ssd1306.ts";

const hex = (text: string): Uint8Array => Uint8Array.fromHex(text.replaceAll(" ", ""));
/** Commands, with their control byte before. */
const command = (panel: PanelModel, text: string): void => panel.take(hex(`00${text}`));
const data = (panel: PanelModel, bytes: Uint8Array): void => panel.take(Uint8Array.of(0x40, ...bytes));
const pixels = (panel: PanelModel): readonly string[] => {
  const picture = panel.picture();
  const lit: string[] = [];
  for (let y = 0; y < HEIGHT; y += 1)
    for (let x = 0; x < WIDTH; x += 1) if (isLit(picture, x, y)) lit.push(`${x},${y}`);
  return lit;
};
/** An SSD1306 that is on, upright, in horizontal addressing and dark all over. */
const ready = (more = ""): PanelModel => {
  const panel = createPanel("ssd1306");
  command(panel, `8d14 a1 c8 2000 ${more} af`);
  data(panel, new Uint8Array(FRAME_BYTES));
  return panel;
};

describe("addressing", () => {
  test("horizontal goes along the page and then to the next, within the window", () => {
    const panel = ready();
    command(panel, "21 7e 7f 22 06 07");
    data(panel, hex("0102 0408 10"));
    // two columns and two pages, and the fifth byte is at the start again, over the first
    expect(pixels(panel)).toEqual(["127,49", "126,52", "126,58", "127,59"]);
    expect(panel.faults).toEqual([]);
  });

  test("vertical goes down the pages and then to the next column", () => {
    const panel = ready();
    command(panel, "2001 21 05 06 22 00 01");
    data(panel, hex("01 02 04"));
    expect(pixels(panel)).toEqual(["5,0", "6,2", "5,9"]);
  });

  test("by page it stays on the page and comes back to the column set", () => {
    const panel = ready();
    command(panel, "2002 b3 0e 17"); // column 0x7e
    data(panel, hex("80 40 01"));
    expect(pixels(panel)).toEqual(["126,24", "127,30"]);
  });

  test("a command may come byte by byte, each in a transfer of its own", () => {
    const panel = ready();
    for (const byte of ["21", "10", "10", "22", "02", "02"]) command(panel, byte);
    data(panel, hex("ff"));
    expect(pixels(panel)).toEqual(Array.from({ length: 8 }, (_, bit) => `16,${16 + bit}`));
    expect(panel.faults).toEqual([]);
  });

  test("control bytes with the continuation bit carry one byte each", () => {
    const panel = ready();
    panel.take(hex("80 21 80 09 80 09 80 22 80 00 80 00 c0 01"));
    expect(pixels(panel)).toEqual(["9,0"]);
  });
});

describe("picture", () => {
  const dot = (more: string): readonly string[] => {
    const panel = ready(more);
    command(panel, "21 03 03 22 00 00");
    data(panel, hex("04"));
    return pixels(panel);
  };

  test("is dark while off, without charge pump, and without power", () => {
    const panel = createPanel("ssd1306");
    expect(pixels(panel)).toEqual([]);
    command(panel, "af");
    expect(pixels(panel)).toEqual([]); // the pump is off
    command(panel, "8d14");
    expect(pixels(panel).length).toBeGreaterThan(1000); // what memory holds when power comes
    command(panel, "ae");
    expect(pixels(panel)).toEqual([]);
  });

  test("is turned by the remaps", () => {
    expect(dot("")).toEqual(["3,2"]);
    expect(dot("a0")).toEqual(["124,2"]);
    expect(dot("c0")).toEqual(["3,61"]);
    expect(dot("a0 c0")).toEqual(["124,61"]);
  });

  test("is moved by start line and offset", () => {
    expect(dot("42")).toEqual(["3,0"]);
    expect(dot("43")).toEqual(["3,63"]);
    expect(dot("d301")).toEqual(["3,1"]);
  });

  test("is inverted, and lit all over", () => {
    expect(dot("a7")).toHaveLength(WIDTH * HEIGHT - 1);
    expect(dot("a5")).toHaveLength(WIDTH * HEIGHT);
  });

  test("is lost with power", () => {
    const panel = ready("81 20");
    expect(panel.registers.contrast).toBe(0x20);
    panel.powerOn();
    expect(panel.registers).toMatchObject({ contrast: 0x7f, on: false, mode: "page" });
    expect(new Set(panel.memory()).size).toBe(1);
    expect(panel.memory()[0]).not.toBe(0);
  });
});

describe("an SH1106", () => {
  test("shows the middle 128 of its 132 columns, a page at a time", () => {
    const panel = createPanel("sh1106");
    command(panel, "ad8b a1 c8 af");
    for (let page = 0; page < 8; page += 1) {
      command(panel, `b${page} 00 10`);
      data(panel, new Uint8Array(132));
    }
    command(panel, "b1 02 10");
    data(panel, hex("01"));
    command(panel, "b7 01 18"); // column 0x81 is the last that is shown
    data(panel, hex("80 ff ff"));
    expect(pixels(panel)).toEqual(["0,8", "127,63"]);
    expect(panel.faults).toEqual([]);
    data(panel, hex("ff"));
    expect(panel.faults).toEqual(["data beyond column 131"]);
  });

  test("knows no other addressing and no charge pump", () => {
    const panel = createPanel("sh1106");
    command(panel, "20");
    command(panel, "8d");
    expect(panel.faults).toEqual(["20: unknown command", "8d: unknown command"]);
  });
});

test.each([
  ["ff", "ff: unknown command"],
  ["2003", "20 03: no such addressing mode"],
  ["21 7f 00", "21 7f 00: no such columns"],
  ["21 00 80", "21 00 80: no such columns"],
  ["22 00 08", "22 00 08: no such pages"],
  ["2002 21 00 7f", "21 00 7f: column addresses are not for page addressing"],
  ["a8 1f", "a8 1f: a panel of 128×64 is wired for 3f"],
  ["da 02", "da 02: a panel of 128×64 is wired for 12"],
  ["2f", "2f: scrolling is not modelled"],
  ["d3 40", "d3 40: no such offset"],
])("command %s is a fault", (text, fault) => {
  const panel = ready();
  command(panel, text);
  expect(panel.faults).toEqual([fault]);
});

test("odd control bytes and data amid a command are faults", () => {
  const panel = ready();
  panel.take(hex("01e3"));
  command(panel, "81");
  data(panel, hex("00"));
  expect(panel.faults).toEqual(["control byte 1", "data in the middle of command 81"]);
});
