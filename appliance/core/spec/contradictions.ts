/** Expectations that no server can meet, because they contradict each other. Pure. */
import type { SpecFault } from "./issue.ts";
import { LIST_KEYS, LISTS } from "./lists.ts";
import type { Entry, Group, MemorySpec, Spec } from "./spec.ts";
import { renderValue, textWanted, type Want } from "./want.ts";

/** The one number that is wanted; undefined when several would do. */
const exactly = (want: Want | undefined): number | undefined => {
  const [only, ...others] = want?.any ?? [];
  return others.length === 0 && only?.form === "range" && only.least === only.most ? only.least : undefined;
};

const cpuFaults = (cpu: Group | undefined): readonly SpecFault[] => {
  const of = (key: string) => exactly(cpu?.wants[key]);
  const [sockets, cores, threads] = [of("sockets"), of("cores"), of("threads")];
  const few = (key: string, than: string): SpecFault => ({
    path: ["cpu", key],
    message: `fewer ${key} than ${than}; count those of all sockets together`,
  });
  return [
    ...(cores !== undefined && cores < (sockets ?? 1) ? [few("cores", "sockets")] : []),
    ...(threads !== undefined && threads < (cores ?? sockets ?? 1) ? [few("threads", "cores")] : []),
  ];
};

const sizeOf = ({ wants }: Group): number | undefined => exactly(wants["size"] ?? wants["sizeBytes"]);

/** What the modules come to: their number, and their sum where each says its size. */
const tally = (modules: readonly { readonly group: Group; readonly count: number }[]) => ({
  count: modules.reduce((sum, { count }) => sum + count, 0),
  bytes: modules.reduce<number | undefined>((sum, { group, count }) => {
    const size = sizeOf(group);
    return sum === undefined || size === undefined ? undefined : sum + size * count;
  }, 0),
});

const memoryFaults = (memory: MemorySpec | undefined): readonly SpecFault[] => {
  if (memory === undefined) return [];
  const total = exactly(memory.total);
  const dimms = exactly(memory.dimms);
  const { slots, modules } = memory;
  const lists = [
    ["slots", slots && Object.values(slots).flatMap((group) => (group === "empty" ? [] : [{ group, count: 1 }]))],
    ["modules", modules?.map((entry) => ({ group: entry, count: entry.count }))],
  ] as const;
  return lists.flatMap(([key, list]) => {
    if (list === undefined) return [];
    const { count, bytes } = tally(list);
    const path = ["memory", key];
    return [
      ...(dimms !== undefined && dimms !== count
        ? [{ path, message: `name ${count} modules, while dimms says ${dimms}` }]
        : []),
      ...(total !== undefined && bytes !== undefined && total !== bytes
        ? [
            {
              path,
              message: `come to ${renderValue("memory", bytes)}, while the total is ${renderValue("memory", total)}`,
            },
          ]
        : []),
    ];
  });
};

/** The second of two equal values, with its path. */
const repeats = (
  values: readonly { readonly path: SpecFault["path"]; readonly what: string; readonly value: string | undefined }[],
): readonly SpecFault[] => {
  const seen = new Set<string>();
  return values.flatMap(({ path, what, value }) => {
    if (value === undefined) return [];
    const word = value.toLowerCase();
    if (seen.has(word)) return [{ path, message: `the ${what} ${value} is listed twice` }];
    seen.add(word);
    return [];
  });
};

const dimmSerials = (memory: MemorySpec | undefined): readonly SpecFault[] =>
  repeats(
    Object.entries(memory?.slots ?? {}).map(([slot, group]) => ({
      path: ["memory", "slots", slot, "serial"],
      what: "serial",
      value: group === "empty" ? undefined : textWanted(group.wants["serial"]),
    })),
  );

/** An NVMe drive has no platters. */
const impossibleDisks = (disks: readonly Entry[] | undefined): readonly SpecFault[] =>
  (disks ?? []).flatMap(({ wants }, i) =>
    textWanted(wants["transport"])?.toLowerCase() === "nvme" &&
    wants["rotational"]?.any.every((a) => a.form === "flag" && a.is) === true
      ? [{ path: ["disks", i, "rotational"], message: "no NVMe disk rotates" }]
      : [],
  );

/** Several parts cannot have what tells one part from all others. */
const sharedIdentities = (spec: Spec): readonly SpecFault[] =>
  LIST_KEYS.flatMap((key) =>
    (spec[key] ?? []).flatMap(({ wants, count }, i) =>
      LISTS[key].unique
        .filter((identity) => count > 1 && textWanted(wants[identity]) !== undefined)
        .map((identity) => ({ path: [key, i, identity], message: `${count} parts cannot share one ${identity}` })),
    ),
  );

/** Every contradiction of a spec. */
export const findContradictions = (spec: Spec): readonly SpecFault[] => [
  ...cpuFaults(spec.cpu),
  ...memoryFaults(spec.memory),
  ...dimmSerials(spec.memory),
  ...impossibleDisks(spec.disks),
  ...sharedIdentities(spec),
  ...LIST_KEYS.flatMap((key) =>
    LISTS[key].unique.flatMap((identity) =>
      repeats(
        (spec[key] ?? []).map(({ wants }, i) => ({
          path: [key, i, identity],
          what: identity,
          value: textWanted(wants[identity]),
        })),
      ),
    ),
  ),
];
