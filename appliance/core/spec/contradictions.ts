/** Expectations that no server can meet, because they contradict each other. Pure. */
import type { SpecFault } from "./issue.ts";
import { LIST_KEYS, LISTS } from "./lists.ts";
import type { Entry, Group, MemorySpec, Spec } from "./spec.ts";
import { comparable, renderValue, textWanted, type Want } from "./want.ts";

/** The least and the most of what is wanted. */
interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** The bounds of a number that is wanted; undefined where none is. */
const boundsOf = (want: Want | undefined): Bounds | undefined => {
  const ranges = (want?.any ?? []).filter((accept) => accept.form === "range");
  if (ranges.length === 0) return undefined;
  return {
    least: Math.min(...ranges.map(({ least }) => least)),
    most: Math.max(...ranges.map(({ most }) => most)),
  };
};

const apart = (a: Bounds | undefined, b: Bounds | undefined): boolean =>
  a !== undefined && b !== undefined && (a.most < b.least || b.most < a.least);

const impossible = (path: SpecFault["path"], message: string): SpecFault => ({ code: "impossible", path, message });

const cpuFaults = (cpu: Group | undefined): readonly SpecFault[] => {
  const of = (key: string) => boundsOf(cpu?.wants[key]);
  const [sockets, cores, threads] = [of("sockets"), of("cores"), of("threads")];
  const few = (key: string, than: string) =>
    impossible(["cpu", key], `fewer ${key} than ${than}; count those of all sockets together`);
  return [
    ...(cores !== undefined && cores.most < (sockets?.least ?? 1) ? [few("cores", "sockets")] : []),
    ...(threads !== undefined && threads.most < ((cores ?? sockets)?.least ?? 1) ? [few("threads", "cores")] : []),
  ];
};

/** Modules that are listed in one way, each with where it stands. */
interface Listed {
  readonly key: "slots" | "modules";
  readonly modules: readonly { readonly group: Group; readonly count: number; readonly path: SpecFault["path"] }[];
}

const listedBy = ({ slots, modules }: MemorySpec): readonly Listed[] => [
  ...(slots === undefined
    ? []
    : [
        {
          key: "slots" as const,
          modules: Object.entries(slots).flatMap(([slot, group]) =>
            group === "empty" ? [] : [{ group, count: 1, path: ["memory", "slots", slot] }],
          ),
        },
      ]),
  ...(modules === undefined
    ? []
    : [
        {
          key: "modules" as const,
          modules: modules.map((entry, i) => ({ group: entry, count: entry.count, path: ["memory", "modules", i] })),
        },
      ]),
];

const sizeOf = ({ wants }: Group): Bounds | undefined => boundsOf(wants["size"] ?? wants["sizeBytes"]);

/** The sum of the modules; undefined where one of them does not say its size. */
const sumOf = ({ modules }: Listed): Bounds | undefined =>
  modules.reduce<Bounds | undefined>(
    (sum, { group, count }) => {
      const size = sizeOf(group);
      return sum && size && { least: sum.least + size.least * count, most: sum.most + size.most * count };
    },
    { least: 0, most: 0 },
  );

const countOf = ({ modules }: Listed): number => modules.reduce((sum, { count }) => sum + count, 0);

const bytes = ({ least, most }: Bounds): string =>
  least === most
    ? renderValue("memory", least)
    : `${renderValue("memory", least)} ${Number.isFinite(most) ? `to ${renderValue("memory", most)}` : "and more"}`;

/** One list of modules against the number and the total. */
const sumFaults = (listed: Listed, memory: MemorySpec): readonly SpecFault[] => {
  const [dimms, total, count, sum] = [boundsOf(memory.dimms), boundsOf(memory.total), countOf(listed), sumOf(listed)];
  const path = ["memory", listed.key];
  return [
    ...(apart(dimms, { least: count, most: count })
      ? [impossible(path, `name ${count} modules, while dimms says ${memory.dimms?.words}`)]
      : []),
    ...(sum !== undefined && total !== undefined && apart(sum, total)
      ? [impossible(path, `come to ${bytes(sum)}, while the total is ${memory.total?.words}`)]
      : []),
  ];
};

/** What the whole and its parts say of one speed. */
const speedFaults = (listed: Listed, memory: MemorySpec): readonly SpecFault[] =>
  listed.modules.flatMap(({ group, path }) => {
    const [speed, rated] = [boundsOf(group.wants["speedMtps"]), boundsOf(group.wants["ratedMtps"])];
    return [
      ...(apart(speed, boundsOf(memory.wants["speedMtps"]))
        ? [impossible([...path, "speedMtps"], `the speed of all memory is ${memory.wants["speedMtps"]?.words}`)]
        : []),
      ...(speed !== undefined && rated !== undefined && rated.most < speed.least
        ? [impossible([...path, "speedMtps"], "no module runs faster than it is rated")]
        : []),
    ];
  });

const memoryFaults = (memory: MemorySpec | undefined): readonly SpecFault[] => {
  if (memory === undefined) return [];
  const lists = listedBy(memory);
  const [first, second] = lists;
  return [
    ...lists.flatMap((listed) => [...sumFaults(listed, memory), ...speedFaults(listed, memory)]),
    ...(first !== undefined && second !== undefined && countOf(first) !== countOf(second)
      ? [impossible(["memory", second.key], `name ${countOf(second)} modules, while the slots name ${countOf(first)}`)]
      : []),
  ];
};

/** A value that nothing else may have, and where it stands. */
interface Named {
  readonly path: SpecFault["path"];
  readonly what: string;
  readonly value: string | undefined;
}

/** The second of two equal values. */
const repeats = (values: readonly Named[]): readonly SpecFault[] => {
  const seen = new Set<string>();
  return values.flatMap(({ path, what, value }): SpecFault[] => {
    if (value === undefined) return [];
    const word = comparable("text", value);
    if (seen.has(word)) return [{ code: "duplicate", path, message: `the ${what} ${value} is listed twice` }];
    seen.add(word);
    return [];
  });
};

const slotFaults = (memory: MemorySpec | undefined): readonly SpecFault[] =>
  repeats(
    Object.keys(memory?.slots ?? {}).map((slot) => ({ path: ["memory", "slots", slot], what: "slot", value: slot })),
  ).map((fault) => ({ ...fault, ofKey: true }));

const dimmSerials = (memory: MemorySpec | undefined): readonly SpecFault[] =>
  (memory === undefined ? [] : listedBy(memory)).flatMap(({ modules }) => {
    const serials = modules.map(({ group, count, path }) => ({
      ...{ path: [...path, "serial"], what: "serial", count },
      value: textWanted(group.wants["serial"]),
    }));
    return [
      ...repeats(serials),
      ...serials
        .filter(({ value, count }) => value !== undefined && count > 1)
        .map(({ path, count }) => impossible(path, `${count} parts cannot share one serial`)),
    ];
  });

/** Only what has platters turns. */
const diskFaults = (disks: readonly Entry[] | undefined): readonly SpecFault[] =>
  (disks ?? []).flatMap(({ wants }, i) => {
    const turns = (is: boolean) => wants["rotational"]?.any.every((a) => a.form === "flag" && a.is === is) === true;
    const nvme = textWanted(wants["transport"])?.toLowerCase() === "nvme";
    return [
      ...(nvme && turns(true) ? [impossible(["disks", i, "rotational"], "no NVMe disk rotates")] : []),
      ...(wants["rpm"] !== undefined && turns(false)
        ? [impossible(["disks", i, "rpm"], "what does not rotate has no speed of rotation")]
        : []),
    ];
  });

/** Several parts cannot have what tells one part from all others, and no two entries either. */
const identityFaults = (spec: Spec): readonly SpecFault[] =>
  LIST_KEYS.flatMap((key) =>
    LISTS[key].unique.flatMap((identity) => {
      const named = (spec[key] ?? []).map(({ wants, count }, i) => ({
        ...{ path: [key, i, identity], what: identity, count },
        value: textWanted(wants[identity]),
      }));
      return [
        ...named
          .filter(({ value, count }) => value !== undefined && count > 1)
          .map(({ path, count }) => impossible(path, `${count} parts cannot share one ${identity}`)),
        ...repeats(named),
      ];
    }),
  );

/** An empty list expects no part of its kind; where a list need not be whole, it expects nothing. */
const emptyFaults = (spec: Spec): readonly SpecFault[] =>
  LIST_KEYS.flatMap((key): SpecFault[] =>
    spec[key]?.length === 0 && !("unexpected" in LISTS[key])
      ? [
          {
            code: "shape",
            path: [key],
            message: "an empty list says nothing here; leave it out, or take an inherited one away by null",
          },
        ]
      : [],
  );

/** Every contradiction of a spec. */
export const findContradictions = (spec: Spec): readonly SpecFault[] => [
  ...cpuFaults(spec.cpu),
  ...memoryFaults(spec.memory),
  ...slotFaults(spec.memory),
  ...dimmSerials(spec.memory),
  ...diskFaults(spec.disks),
  ...identityFaults(spec),
  ...emptyFaults(spec),
];
