import { describe, expect, test } from "bun:test";
import { loadSamples } from "../../fakes/samples.ts";
import { parseWipefs } from "./parse.ts";

const fixture = (name: string): string =>
  loadSamples("wipefs").find((sample) => sample.name === name)?.text ?? "absent";

describe("parseWipefs", () => {
  test.each([
    ["blank.json", []],
    ["ext4.json", [{ type: "ext4", offsetBytes: 0x438, label: "rootfs" }]],
    [
      "gpt.json",
      [
        { type: "gpt", offsetBytes: 0x200 },
        { type: "gpt", offsetBytes: 0x3fffe00 },
        { type: "PMBR", offsetBytes: 0x1fe },
      ],
    ],
    [
      "luks2.json",
      [
        { type: "crypto_LUKS", offsetBytes: 0, label: "vault" },
        { type: "crypto_LUKS", offsetBytes: 0x4000, label: "vault" },
      ],
    ],
    ["lvm2.json", [{ type: "LVM2_member", offsetBytes: 0x218 }]],
  ])("reads %s", (name, signatures) => {
    expect(parseWipefs(fixture(name))).toEqual({ ok: true, facts: signatures });
  });

  test("a signature that it does not understand is no absence of one", () => {
    const rows = [
      { type: "ext4", offset: "1080" },
      { offset: "0x1" },
      null,
      { type: "x", offset: "0xffffffffffffffff" },
    ];
    for (const row of rows) expect(parseWipefs(JSON.stringify({ signatures: [row] })).ok).toBe(false);
    expect(parseWipefs("wipefs: error: nonexist.img: probing initialization failed").ok).toBe(false);
    expect(parseWipefs('{"signatures": {}}').ok).toBe(false);
  });
});
