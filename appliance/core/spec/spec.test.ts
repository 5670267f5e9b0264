/** Tests of reading the expected spec. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseDiskSize, parseMemorySize } from "./size.ts";
import { parseSpec } from "./spec.ts";

/** `line:column detail` of a refusal; fails the test when the text is accepted. */
const refusal = (text: string): string => {
  const answer = parseSpec(text);
  if (answer.ok) throw new Error(`accepted: ${JSON.stringify(answer.value)}`);
  expect(answer.refusal.code).toBe("invalid");
  return `${answer.refusal.path} | ${answer.refusal.detail}`;
};

const WHOLE = `
board:
  manufacturer: Supermicro
  product: SYS-6019P   # as dmidecode -t system says
  serial: "0042"
cpu: { model: Intel Xeon Silver 4210, sockets: 2, cores: 20, threads: 40 }
memory: { total: 64 GiB, dimms: 4 }
disks:
  - serial: S6PW1234
    size: 480 GB
    model: SAMSUNG MZ7LH480
    rotational: false
    transport: sata
  - { serial: QM00001, sizeBytes: 2147483648 }
nics:
  - { mac: "52:54:00:AA:BB:01", speedMbps: 1000 }
`;

test("parseSpec reads values as wants: sizes as ranges in bytes, plain words as exact, a link's speed as the least", () => {
  const answer = parseSpec(WHOLE);
  if (!answer.ok) throw new Error(answer.refusal.detail);
  const { board, cpu, memory, disks, nics } = answer.value;
  const exactly = (kind: string, text: string) => ({ kind, any: [{ form: "text", text }], words: text, exact: true });
  expect(board).toEqual({
    wants: {
      serial: exactly("serial", "0042") as never,
      product: exactly("text", "SYS-6019P") as never,
      manufacturer: exactly("text", "Supermicro") as never,
    },
  });
  expect(cpu?.wants["sockets"]).toEqual({
    kind: "count",
    any: [{ form: "range", least: 2, most: 2 }],
    words: "2",
    exact: true,
  });
  expect(memory?.total?.any).toEqual([{ form: "range", least: 68_719_476_736, most: 68_719_476_736 }]);
  expect(memory?.dimms?.words).toBe("4");
  expect(disks?.map(({ identity, count }) => [identity, count])).toEqual([
    ["serial", 1],
    ["serial", 1],
  ]);
  expect(disks?.[0]?.wants["size"]?.any).toEqual([{ form: "range", least: 480_000_000_000, most: 480_480_000_000 }]);
  expect(disks?.[0]?.wants["rotational"]?.any).toEqual([{ form: "flag", is: false }]);
  expect(nics?.[0]?.identity).toBe("mac");
  expect(nics?.[0]?.wants["speedMbps"]?.any).toEqual([{ form: "range", least: 1000, most: Number.POSITIVE_INFINITY }]);
});

test("parseSpec takes an empty list of disks as the expectation of none", () => {
  expect(parseSpec("disks: []")).toEqual({ ok: true, value: { disks: [] } });
});

describe("parseSpec refuses with line:column and what is allowed", () => {
  test("nothing to expect", () => {
    for (const text of ["", "# only a comment\n", "{}", "null", "- a", "board"])
      expect(refusal(text)).toContain(
        "must be a map of keys, at least one of inherits, board, cpu, memory, disks, nics, pci",
      );
    expect(refusal("board: {}")).toMatchInlineSnapshot(
      `"1:8 | 1:8 board: must be a map of keys, at least one of serial, product, manufacturer, uuid, version, sku, family, boardManufacturer, boardProduct, boardVersion, boardSerial, chassisType, chassisSerial, assetTag, biosVendor, biosVersion, biosDate, severity."`,
    );
  });

  test("unknown keys, at the key", () => {
    expect(refusal("cpu:\n  sokets: 2\n")).toMatchInlineSnapshot(
      `"2:3 | 2:3 cpu.sokets: unknown key "sokets"; did you mean sockets? allowed here: sockets, cores, threads, model, vendor, maxMhz, microcode, severity."`,
    );
    expect(refusal("cpu: { sockets: 1 }\nram: 3\n")).toMatchInlineSnapshot(
      `"2:1 | 2:1 ram: unknown key "ram"; allowed here: inherits, board, cpu, memory, disks, nics, pci, gpus, psus, fans, bmc, limits."`,
    );
  });

  test("wrong types, at the value", () => {
    expect(refusal("cpu:\n  cores: many\n")).toMatchInlineSnapshot(
      `"2:10 | 2:10 cpu.cores: must be a whole number, from 1 up."`,
    );
    expect(refusal("disks: S6PW1234\n")).toMatchInlineSnapshot(
      `"1:8 | 1:8 disks: must be a list, each entry beginning with “-”."`,
    );
    expect(refusal("disks:\n  - S6PW1234\n")).toMatchInlineSnapshot(
      `"2:5 | 2:5 disks.0: must be a map of keys, at least one of serial, wwn, bay, size, sizeBytes, rotational, model, vendor, transport, firmware, formFactor, rpm, logicalSectorBytes, physicalSectorBytes, count, severity."`,
    );
    expect(refusal("disks:\n  - serial: A\n    rotational: no\n")).toMatchInlineSnapshot(
      `"3:17 | 3:17 disks.0.rotational: must be true or false."`,
    );
    expect(refusal("disks:\n  - serial: A\n    transport: pata\n")).toMatchInlineSnapshot(
      `"3:16 | 3:16 disks.0.transport: must be one of sata, sas, nvme, usb, virtio, mmc, spi, fc, iscsi."`,
    );
  });

  test("a serial that YAML takes for a number, with the remedy", () => {
    expect(refusal("disks:\n  - serial: 0042\n")).toMatchInlineSnapshot(
      `"2:13 | 2:13 disks.0.serial: must be text; YAML reads 0042 as a number, so put it in quotes: "0042"."`,
    );
    expect(refusal("board: { biosVersion: { atLeast: 2.10 } }")).toContain('put it in quotes: "2.10"');
    expect(refusal("board:\n  serial: 12E4\n")).toContain('put it in quotes: "12E4"');
    expect(refusal("board:\n  serial: true\n")).toContain('put it in quotes: "true"');
  });

  test("identities that are given twice", () => {
    expect(refusal("disks:\n  - serial: A\n  - serial: B\n  - serial: A\n")).toMatchInlineSnapshot(
      `"4:13 | 4:13 disks.2.serial: the serial A is listed twice."`,
    );
    expect(refusal('nics: [{mac: "00:00:00:00:00:0a"}, {mac: "00:00:00:00:00:0A"}]')).toMatchInlineSnapshot(
      `"1:42 | 1:42 nics.1.mac: the mac 00:00:00:00:00:0A is listed twice."`,
    );
  });

  test("values that no server has", () => {
    expect(refusal("cpu: { sockets: 2, cores: 1 }")).toMatchInlineSnapshot(
      `"1:27 | 1:27 cpu.cores: fewer cores than sockets; count those of all sockets together."`,
    );
    expect(refusal("cpu: { cores: 8, threads: 4 }")).toContain("fewer threads than cores");
    for (const text of ["cpu: {sockets: 0}", "cpu: {cores: 1.5}", "memory: {totalBytes: -1}", "memory: {dimms: .inf}"])
      expect(refusal(text)).toContain("must be");
    expect(refusal("nics: [{mac: 52:54:00:12:34}]")).toContain("must be a MAC address");
    expect(refusal('board: { product: "a\\u0007b" }')).toContain("must not hold control characters");
  });

  test("sizes that are no sizes, said twice, or not made", () => {
    expect(refusal("memory: { total: 64 GB }")).toMatchInlineSnapshot(
      `"1:18 | 1:18 memory.total: must be a size in MiB, GiB or TiB such as 64 GiB; memory modules are not made in GB."`,
    );
    expect(refusal("memory: { total: 64 GiB, totalBytes: 1 }")).toMatchInlineSnapshot(
      `"1:38 | 1:38 memory.totalBytes: total and totalBytes say the same; give one of them."`,
    );
    expect(refusal("disks: [{ serial: A, size: 480 }]")).toMatchInlineSnapshot(
      `"1:28 | 1:28 disks.0.size: must be a size such as 480 GB, 3.84 TB or 2 GiB; a number of bytes goes under sizeBytes."`,
    );
    expect(refusal("disks: [{ serial: A, size: big }]")).toMatchInlineSnapshot(
      `"1:28 | 1:28 disks.0.size: must be a size such as 480 GB, 3.84 TB or 2 GiB; a number of bytes goes under sizeBytes."`,
    );
    expect(refusal("disks: [{ serial: A, size: 1 TB, sizeBytes: 1 }]")).toContain("give one of them");
  });

  test("text that is no YAML", () => {
    expect(refusal("cpu: {\n")).toMatchInlineSnapshot(
      `"2:1 | 2:1 Not valid YAML: Flow map in block collection must be sufficiently indented and end with a }."`,
    );
    expect(refusal("cpu: {cores: 1}\ncpu: {cores: 2}\n")).toMatchInlineSnapshot(
      `"2:1 | 2:1 Not valid YAML: Map keys must be unique."`,
    );
    expect(refusal("cpu: {cores: 1}\n---\ncpu: {cores: 2}\n")).toMatchInlineSnapshot(
      `"2:1 | 2:1 Not valid YAML: a second document begins here."`,
    );
    expect(refusal("board:\n\tserial: A\n")).toStartWith("2:1 | 2:1 Not valid YAML");
    expect(refusal("board: !!js/function x")).toStartWith("1:8 | 1:8 Not valid YAML");
    expect(refusal("board: *gone")).toContain("gone");
  });

  test("an alias bomb and a text without end", () => {
    const bomb = `a0: &a0 [x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`).join("\n")}`;
    expect(refusal(bomb)).toContain("Not valid YAML");
    expect(refusal(`board: {product: ${"x".repeat(70_000)}}`)).toContain("at most 65536 characters");
  });

  test("several errors, in the order of the text, the sixth and later counted", () => {
    const text = `nics: []\n${Array.from({ length: 4 }, () => "").join("\n")}cpu: {cores: 0, threads: 0, sockets: 0}\nmemory: {dimms: 0, totalBytes: 0}\nboard: {serial: 1}\nx: 1`;
    expect(refusal(text)).toMatchInlineSnapshot(
      `"5:14 | 5:14 cpu.cores: must be a whole number, from 1 up. 5:26 cpu.threads: must be a whole number, from 1 up. 5:38 cpu.sockets: must be a whole number, from 1 up. 6:17 memory.dimms: must be a whole number, from 1 up. 6:32 memory.totalBytes: must be a whole number, from 1 up. And 2 more."`,
    );
  });
});

test("parseSpec answers every text and never throws", () => {
  const fragment = fc.constantFrom(
    "board",
    "disks",
    "serial",
    ":",
    " ",
    "\n",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "*a",
    "&a",
    "!!x",
    '"',
    "'",
    "|",
    "0x1",
    "~",
    "?",
    "<<",
    "__proto__",
    "\t",
    "\u0000",
    "\ud800",
  );
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.array(fragment).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (yaml) => {
      const answer = parseSpec(yaml);
      return answer.ok || /^\d+:\d+$/.test(answer.refusal.path ?? "");
    }),
    { numRuns: 2000 },
  );
});

test("parseDiskSize takes a label's size with its surplus, and a binary size to the byte", () => {
  const fits = (label: string, bytes: number) => {
    const range = parseDiskSize(label);
    return range !== null && bytes >= range.leastBytes && bytes <= range.mostBytes;
  };
  // Real disks: sectors × 512 from data sheets.
  for (const [label, sectors] of [
    ["64 GB", 125_045_424],
    ["480 GB", 937_703_088],
    ["1 TB", 1_953_525_168],
    ["3.84 TB", 7_501_476_528],
    ["16 TB", 31_251_759_104],
    ["18TB", 35_156_656_128],
  ] as const)
    expect([label, fits(label, sectors * 512)]).toEqual([label, true]);
  expect(fits("480 GB", 479_999_999_999)).toBe(false);
  expect(fits("480 GB", 500_107_862_016)).toBe(false);
  expect(parseDiskSize("2 GiB")).toEqual({ leastBytes: 2 ** 31, mostBytes: 2 ** 31 });
  for (const text of ["", "480", "GB", "480 gb", "-1 GB", "1e3 GB", "480  GB", "0 GB", "9999999 PB", "480 GB "])
    expect([text, parseDiskSize(text)]).toEqual([text, null]);
});

test("parseMemorySize knows units of 1024 only", () => {
  expect(parseMemorySize("1.5 TiB")).toBe(1.5 * 2 ** 40);
  expect(parseMemorySize("768GiB")).toBe(768 * 2 ** 30);
  for (const text of ["64 GB", "64", "64 G", "0 GiB"]) expect([text, parseMemorySize(text)]).toEqual([text, null]);
});
