/** Expected disks against found, matched by serial. Pure. */
import type { DiskFacts } from "../../agent/wire/hardware/disks.ts";
import type { Inventory } from "../../agent/wire/inventory.ts";
import type { DiskSpec } from "./spec.ts";
import { differ, isSameText, notMeasured } from "./spec-difference.ts";
import type { SizeRange } from "./spec-size.ts";
import type { Difference } from "./views.ts";
import { renderDisk } from "./words.ts";

const PROBE = "lsblk";

const fits = (size: SizeRange, bytes: number): boolean => bytes >= size.leastBytes && bytes <= size.mostBytes;

const sizeInWords = (size: SizeRange): string =>
  size.leastBytes === size.mostBytes
    ? `${renderDisk(size.leastBytes)} (${size.leastBytes} bytes)`
    : renderDisk(size.leastBytes);

const foundInWords = (bytes: number): string => `${renderDisk(bytes)} (${bytes} bytes)`;

/** `sdb, 480 GB, SAMSUNG MZ7LH480`. */
const describe = (disk: DiskFacts): string =>
  [disk.name, renderDisk(disk.sizeBytes), disk.model].filter((part) => part !== undefined).join(", ");

const componentOf = (disk: DiskFacts): string => `disk ${disk.serial ?? disk.name}`;

/** Compares one text of a disk. */
const diffText = (
  code: "disk-model" | "disk-transport",
  what: string,
  disk: DiskFacts,
  pair: { readonly expected: string | undefined; readonly found: string | undefined },
  inventory: Inventory,
): readonly Difference[] => {
  const { expected, found } = pair;
  const component = componentOf(disk);
  if (expected === undefined) return [];
  if (found === undefined) return [notMeasured(inventory, PROBE, component, `${what} ${expected}`)];
  if (isSameText(expected, found)) return [];
  return [
    differ(code, { component, expected, found, said: `The ${what} of ${component} is “${found}”, not “${expected}”.` }),
  ];
};

const kindOf = (rotational: boolean): string => (rotational ? "hard disk" : "solid-state disk");

const diffKind = (wanted: DiskSpec, disk: DiskFacts, inventory: Inventory): readonly Difference[] => {
  const component = componentOf(disk);
  if (wanted.rotational === undefined || wanted.rotational === disk.rotational) return [];
  const expected = kindOf(wanted.rotational);
  if (disk.rotational === undefined) return [notMeasured(inventory, PROBE, component, expected)];
  const found = kindOf(disk.rotational);
  return [
    differ("disk-kind", { component, expected, found, said: `The ${component} is a ${found}, not a ${expected}.` }),
  ];
};

const diffSize = (wanted: DiskSpec, disk: DiskFacts, inventory: Inventory): readonly Difference[] => {
  const component = componentOf(disk);
  if (wanted.size === undefined || fits(wanted.size, disk.sizeBytes)) return [];
  const expected = sizeInWords(wanted.size);
  if (disk.sizeBytes === 0) return [notMeasured(inventory, PROBE, component, expected)]; // no medium, or lsblk gave none
  const found = foundInWords(disk.sizeBytes);
  return [
    differ("disk-size", {
      component,
      expected,
      found,
      said: `The expected disk ${wanted.serial} is there, but holds ${found}, not ${expected}.`,
    }),
  ];
};

const diffPresent = (wanted: DiskSpec, disk: DiskFacts, inventory: Inventory): readonly Difference[] => [
  ...diffSize(wanted, disk, inventory),
  ...diffKind(wanted, disk, inventory),
  ...diffText("disk-model", "model", disk, { expected: wanted.model, found: disk.model }, inventory),
  ...diffText("disk-transport", "transport", disk, { expected: wanted.transport, found: disk.transport }, inventory),
];

const diffTwice = (serial: string, disks: readonly DiskFacts[]): readonly Difference[] => {
  if (disks.length < 2) return [];
  const found = disks.map((disk) => disk.name).join(", ");
  return [
    differ("disk-serial-twice", {
      component: `disk ${serial}`,
      expected: "one disk",
      found,
      said: `${disks.length} disks (${found}) give the serial ${serial}.`,
    }),
  ];
};

/** A disk that could stand in the place of a missing one: alike if the spec says enough to tell, else any. */
const isAlike = (wanted: DiskSpec, disk: DiskFacts): boolean =>
  (wanted.size === undefined || fits(wanted.size, disk.sizeBytes)) &&
  (wanted.model === undefined || (disk.model !== undefined && isSameText(wanted.model, disk.model)));

/** A missing disk, with the unknown one that may have been put in its place. */
const diffMissing = (wanted: DiskSpec, stranger: DiskFacts | undefined): Difference => {
  const component = `disk ${wanted.serial}`;
  const expected = ["present", wanted.size && sizeInWords(wanted.size), wanted.model].filter(Boolean).join(", ");
  if (stranger === undefined)
    return differ("disk-missing", {
      component,
      expected,
      found: "absent",
      said: `The disk ${wanted.serial} is missing.`,
    });
  const name = stranger.serial === undefined ? "a disk that gives no serial" : `the unknown disk ${stranger.serial}`;
  return differ("disk-swapped", {
    component,
    expected,
    found: stranger.serial ?? `${stranger.name} without a serial`,
    said: `The disk ${wanted.serial} is missing, while ${name} is present (${describe(stranger)}): swapped?`,
  });
};

const diffUnexpected = (disk: DiskFacts): Difference =>
  differ("disk-unexpected", {
    component: componentOf(disk),
    expected: "absent",
    found: describe(disk),
    said: `The spec does not name this disk: ${describe(disk)}${disk.serial === undefined ? ", without a serial" : ""}.`,
  });

/** Gives each missing disk its own stranger, the most alike first; a stranger explains one disk only. */
const pairStrangers = (
  missing: readonly DiskSpec[],
  strangers: readonly DiskFacts[],
): ReadonlyMap<DiskSpec, DiskFacts> => {
  const free = new Set(strangers);
  const pairs = new Map<DiskSpec, DiskFacts>();
  for (const suits of [isAlike, () => true])
    for (const wanted of missing) {
      const stranger = pairs.has(wanted) ? undefined : [...free].find((disk) => suits(wanted, disk));
      if (stranger === undefined) continue;
      pairs.set(wanted, stranger);
      free.delete(stranger);
    }
  return pairs;
};

/** Differences of disks. An empty list expects none. */
export const diffDisks = (wanted: readonly DiskSpec[], inventory: Inventory): readonly Difference[] => {
  const probe = inventory.probes.find((one) => one.probe === PROBE);
  if (inventory.hardware.disks.length === 0 && probe !== undefined && probe.status !== "ok")
    return [notMeasured(inventory, PROBE, "disks", `${wanted.length} disks`)];
  const bySerial = Map.groupBy(inventory.hardware.disks, (disk) => disk.serial?.trim());
  const foundFor = (one: DiskSpec): readonly DiskFacts[] => bySerial.get(one.serial) ?? [];
  const expected = new Set<string | undefined>(wanted.map((one) => one.serial));
  const strangers = inventory.hardware.disks.filter(
    (disk) => disk.serial === undefined || !expected.has(disk.serial.trim()),
  );
  const missing = wanted.filter((one) => foundFor(one).length === 0);
  const pairs = pairStrangers(missing, strangers);
  return [
    ...missing.map((one) => diffMissing(one, pairs.get(one))),
    ...wanted.flatMap((one) => {
      const [disk] = foundFor(one);
      return disk === undefined ? [] : [...diffPresent(one, disk, inventory), ...diffTwice(one.serial, foundFor(one))];
    }),
    ...strangers.map(diffUnexpected),
  ];
};
