/** Who may import whom: one table, and the function that holds a source against it. */
import { type Import, parseImports } from "./imports.ts";
import { isTestFile, resolveImport, type Source } from "./sources.ts";

/** What the files of one layer may import. */
export interface Layer {
  readonly name: string;
  readonly files: RegExp;
  /** Paths of this project. */
  readonly may: readonly RegExp[];
  /** Packages: every one, or those named. */
  readonly packages: "all" | readonly string[];
  /** Whether the file may touch the world through `node:*` and `bun`. Pure layers may not. */
  readonly system: boolean;
}

const WIRE = /^agent\/wire\//;
const SYSTEM = /^agent\/system\//;
/** The half of the stages, and of the watch around them, that box and agent share. */
const SPECS = /^agent\/(stages\/(stage|catalog|limits|rule|[^/]+\/spec)|watch\/(spec|limits))\.ts$/;
const CORE = /^appliance\/core\//;
/** What a page may know of the core: types, named sets, and the words for both. */
const CORE_WORDS =
  /^appliance\/core\/(views|boot|last-boot|run|states|ports|words|icons|power-(port|words)|panel-port|hardware-tables?)\.ts$/;
/** Where the neighbours of a `spec.ts` or `parse.ts` live. Which of them are pure, `findImpure` sees. */
const PROBES_AND_STAGES = /^agent\/(probes|stages|watch)\//;
/** What is no hardware of the board: pictures, the pen for them, the two interfaces, and what fingers mean. */
const BOARD_WORDS = /^board\/(frame|canvas|text|display|buttons|gestures)\.ts$/;
const PURE_PACKAGES = ["valibot", "yaml", "@valibot/to-json-schema"] as const;

/** A department of the box: core and its own folder, never a neighbour's. */
const department = (name: string): Layer => ({
  name: `appliance/${name}`,
  files: new RegExp(`^appliance/${name}/`),
  may: [CORE, WIRE, SYSTEM, SPECS, new RegExp(`^appliance/${name}/`)],
  packages: "all",
  system: true,
});

/** The table. The first row whose `files` match holds; a file without a row is a violation, so that a new folder is thought about. */
export const LAYERS: readonly Layer[] = [
  { name: "agent/wire", files: WIRE, may: [WIRE], packages: ["valibot"], system: false },
  { name: "agent/system", files: SYSTEM, may: [SYSTEM], packages: ["valibot"], system: true },
  { name: "stage specs", files: SPECS, may: [WIRE, PROBES_AND_STAGES], packages: ["valibot"], system: false },
  {
    name: "parsers",
    files: /^agent\/.*\/parse\.ts$/,
    may: [WIRE, PROBES_AND_STAGES],
    packages: ["valibot"],
    system: false,
  },
  { name: "agent", files: /^agent\//, may: [/^agent\//], packages: "all", system: true },
  { name: "appliance/core", files: CORE, may: [CORE, WIRE, SPECS], packages: PURE_PACKAGES, system: false },
  ...["certificate", "cli", "config", "link", "pxe", "power", "http", "store", "images", "followers", "mqtt"].map(
    department,
  ),
  {
    // What the panel shows and what its buttons mean. It draws on the board's canvas and hears its buttons' names; the bus and the lines stay behind them.
    name: "appliance/panel",
    files: /^appliance\/panel\//,
    may: [CORE, WIRE, SYSTEM, SPECS, /^appliance\/panel\//, BOARD_WORDS],
    packages: "all",
    system: true,
  },
  {
    // The desks join the record with its rules and its views; edges know them by core's ports only.
    name: "appliance/desks",
    files: /^appliance\/desks\//,
    may: [CORE, WIRE, SYSTEM, SPECS, /^appliance\/(desks|store|followers)\//],
    packages: "all",
    system: true,
  },
  {
    name: "appliance's composition",
    files: /^appliance\/[^/]+\.tsx?$/,
    may: [/^appliance\//, WIRE, SYSTEM, SPECS, /^board\//, /^web\//, /^package\.json$/],
    packages: "all",
    system: true,
  },
  { name: "board", files: /^board\//, may: [/^board\//], packages: "all", system: true },
  {
    name: "web's tools",
    files: /^web\/(assets\/embed|screenshots)\.ts$/, // run at build time and by hand
    may: [/^web\//],
    packages: "all",
    system: true,
  },
  { name: "web", files: /^web\//, may: [/^web\//, WIRE, CORE_WORDS], packages: "all", system: false },
  {
    name: "live-image",
    files: /^live-image\//,
    may: [/^live-image\//, WIRE, SYSTEM, SPECS, /^appliance\/images\/manifest\.ts$/, /^test\/setup\/packages\.ts$/],
    packages: "all",
    system: true,
  },
  { name: "test", files: /^test\//, may: [/./], packages: "all", system: true },
];

/** A test may besides use the test tools; it stays within its layer's paths, else it belongs to `test/`. */
const forTests = (layer: Layer): Layer => ({
  ...layer,
  may: [...layer.may, /^test\/setup\//],
  packages: "all",
  system: true,
});

const isSystem = (specifier: string): boolean => /^(node:|bun$|bun:)/.test(specifier);

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

const fault = (layer: Layer, path: string, one: Import): string | null => {
  if (one.specifier === null) return "imports what nobody can read from the source";
  const target = resolveImport(path, one.specifier);
  if (target === null && isSystem(one.specifier)) return layer.system ? null : `is pure and imports ${one.specifier}`;
  if (target === null)
    return layer.packages === "all" || layer.packages.includes(packageOf(one.specifier))
      ? null
      : `imports the package ${one.specifier}`;
  if (/\.tsx?$/.test(path) && !/\.[a-z0-9]+$/.test(target)) return `imports ${target} without its extension`;
  return layer.may.some((allowed) => allowed.test(target)) ? null : `imports ${target}`;
};

/** What a source does that its layer forbids, one sentence each. */
export const findForbiddenImports = ({ path, text }: Source): readonly string[] => {
  const row = LAYERS.find((layer) => layer.files.test(path));
  if (row === undefined) return [`${path}: no layer has this file; add a row to test/setup/layers.ts`];
  const layer = isTestFile(path) ? forTests(row) : row;
  return parseImports(text).flatMap((one) => {
    const wrong = fault(layer, path, one);
    return wrong === null ? [] : `${path} (${layer.name}) ${wrong}`;
  });
};

/** What each file loads at run time, by path. */
const loadsOf = (sources: readonly Source[]): ReadonlyMap<string, readonly string[]> =>
  new Map(
    sources.map(({ path, text }) => {
      const loaded = parseImports(text).filter((one) => !one.typeOnly);
      return [
        path,
        loaded.flatMap(({ specifier }) => (specifier === null ? [] : (resolveImport(path, specifier) ?? specifier))),
      ];
    }),
  );

/** The shortest way from a file to `node:*`, `bun` or the agent's system layer; null when there is none. */
const wayToSystem = (start: string, loads: ReadonlyMap<string, readonly string[]>): string | null => {
  const ways = new Map([[start, start]]); // a map grows while it is walked: a breadth-first search
  for (const [path, way] of ways) {
    if (isSystem(path) || SYSTEM.test(path)) return way;
    for (const next of loads.get(path) ?? []) if (!ways.has(next)) ways.set(next, `${way} → ${next}`);
  }
  return null;
};

/** Ways out of the files of pure layers, however many files lie between. */
export const findImpure = (sources: readonly Source[]): readonly string[] => {
  const loads = loadsOf(sources);
  const pure = sources.filter(({ path }) => {
    const layer = LAYERS.find(({ files }) => files.test(path));
    return layer?.system === false && !isTestFile(path);
  });
  return pure.flatMap(({ path }) => wayToSystem(path, loads) ?? []);
};

/** Circles of files that load each other at run time, each as its path through them. Types may go in circles. */
export const findCircles = (sources: readonly Source[]): readonly string[] => {
  const loads = loadsOf(sources);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (done.has(path) || trail.includes(path)) return;
    for (const next of loads.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of loads.keys()) visit(path, []);
  return circles;
};
