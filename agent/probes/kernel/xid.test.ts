import { describe, expect, test } from "bun:test";
import { newXids, parseXids, type Xid } from "./xid.ts";

const LOG = `<4>[  100.000001] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  560.35.03
<3>[  312.120001] NVRM: Xid (PCI:0000:3b:00): 48, pid='<unknown>', name=<unknown>, DBE (double bit error) detected
<3>[  312.120433] NVRM: Xid (PCI:0000:3b:00): 63, pid='<unknown>', name=<unknown>, Row Remapper: New row marked for remapping
<3>[  313.000000] NVRM: Xid (PCI:0000:3b:00): 48, pid='<unknown>', name=<unknown>, DBE (double bit error) detected
<3>[  400.000000] NVRM: Xid (PCI:0000:b4:00 GPU-I:05): 94, pid=77, name=a.out, Contained: SM (0x1).
<3>[  401.000000] nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Non-fatal, Link 46 MC TS crumbstore MCTO
<3>[  402.000000] NVRM: Xid (00000000:AF:00): 79, GPU has fallen off the bus.
<3>[  403.000000] NVRM: Xid (nonsense): 79
`;

describe("parseXids", () => {
  test("has number, address and count of each, whatever the driver's age", () => {
    expect(parseXids(LOG).map(({ text: _, ...xid }) => xid)).toEqual([
      { pciAddress: "0000:3b:00.0", number: 48, count: 2 },
      { pciAddress: "0000:3b:00.0", number: 63, count: 1 },
      { pciAddress: "0000:b4:00.0", number: 94, count: 1 },
      { pciAddress: "0000:c1:00.0", number: 28_006, ofSwitch: true, count: 1 },
      { pciAddress: "0000:af:00.0", number: 79, count: 1 },
    ]);
    expect(parseXids(LOG)[0]?.text).toBe(
      "NVRM: Xid (PCI:0000:3b:00): 48, pid='<unknown>', name=<unknown>, DBE (double bit error) detected",
    );
  });

  test("ten megabytes of them are counted", () => {
    const line = `${LOG.split("\n")[1]}\n`;
    const times = Math.floor(10_000_000 / line.length);
    expect(parseXids(line.repeat(times))).toMatchObject([{ number: 48, count: times }]);
    expect(parseXids("NVRM: Xid (PCI:".repeat(700_000))).toEqual([]);
  });
});

describe("newXids", () => {
  const xid = (number: number, count: number): Xid => ({ pciAddress: "0000:3b:00.0", number, count, text: "" });

  test("are those that came in between, also where the log lost its beginning", () => {
    expect(newXids([xid(13, 4), xid(48, 1)], [xid(13, 2), xid(48, 3), xid(79, 1)])).toEqual([xid(48, 2), xid(79, 1)]);
  });
});
