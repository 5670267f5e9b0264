import { expect, test } from "bun:test";
import { renderBootSector } from "./boot-sector.ts";

test("renderBootSector: one sector with the BIOS's mark, and the text where SI points", () => {
  const sector = renderBootSector("HELLO", "halt");
  expect(sector).toHaveLength(512);
  expect([...sector.subarray(510)]).toEqual([0x55, 0xaa]);
  const loadSi = sector.indexOf(0xbe);
  const at = (sector[loadSi + 1] ?? 0) + 256 * (sector[loadSi + 2] ?? 0) - 0x7c00;
  expect(new TextDecoder().decode(sector.subarray(at, at + 8))).toBe("HELLO\r\n\0");
});

test("renderBootSector leaves the partition table's bytes alone and refuses a text that would not", () => {
  expect(
    renderBootSector("x".repeat(350), "power-button")
      .subarray(446, 510)
      .every((byte) => byte === 0),
  ).toBe(true);
  expect(() => renderBootSector("x".repeat(420), "halt")).toThrow(RangeError);
});
