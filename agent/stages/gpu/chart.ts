/**
 * `gpu.svg`: temperature, power, clock and utilisation of every GPU over the load, one panel each. It needs nothing but a browser or a printer: no script,
 * no font, no address. As wide as a phone is; lines differ in dashes as well as in colour, for printers and eyes that have none. Pure.
 */
import type { GpuState } from "../../probes/nvidia-smi/columns.ts";
import type { GpuSample } from "../../probes/nvidia-smi/state.ts";

const WIDTH = 400;
const LEFT = 40;
const RIGHT = 24;
const TOP = 26;
const PANEL = 110;
const PANEL_STEP = PANEL + 42;
const LEGEND_ROW = 16;
const LEGEND_COLUMNS = 2;
const PLOT = WIDTH - LEFT - RIGHT;
/** One point every other unit is all that can be seen. */
const POINTS = Math.floor(PLOT / 2);
/** Okabe and Ito's colours, which people of every colour vision tell apart, the yellow left out: paper is white. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#7a5195"] as const;
const DASHES = ["", "6 2", "2 2", "8 2 2 2"] as const;

interface Panel {
  readonly title: string;
  readonly read: (gpu: GpuState) => number | undefined;
  /** What stands for several samples in one point. */
  readonly joined: "mean" | "most";
  /** The scale reaches at least from here to there. */
  readonly from: number;
  readonly to: number;
}

const PANELS: readonly Panel[] = [
  { title: "Temperature, °C", read: ({ tempC }) => tempC, joined: "most", from: 20, to: 80 },
  { title: "Power, W", read: ({ powerW }) => powerW, joined: "mean", from: 0, to: 100 },
  { title: "SM clock, MHz", read: ({ smClockMHz }) => smClockMHz, joined: "mean", from: 0, to: 1_000 },
  { title: "Utilisation, %", read: ({ busyPercent }) => busyPercent, joined: "mean", from: 0, to: 100 },
];

const STEPS = [1, 2, 5, 10] as const;
/** Round numbers from at most `least` to at least `most`, about `wanted` of them. */
export const ticksOf = (least: number, most: number, wanted: number): readonly number[] => {
  const rough = Math.max(most - least, 1e-9) / wanted;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * (STEPS.find((one) => one * unit >= rough) ?? 10);
  const first = Math.floor(least / step);
  const last = Math.ceil(most / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
};

interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** No more points than can be told apart: equal spans of time, each with its mean or its most. */
const thin = (points: readonly Point[], endMs: number, joined: Panel["joined"]): readonly Point[] => {
  const spans = new Map<number, { sum: number; most: number; count: number; atMs: number }>();
  for (const { atMs, value } of points) {
    const place = Math.min(POINTS - 1, Math.floor((atMs / endMs) * POINTS));
    const span = spans.get(place) ?? { sum: 0, most: -Infinity, count: 0, atMs };
    spans.set(place, { ...span, sum: span.sum + value, most: Math.max(span.most, value), count: span.count + 1 });
  }
  return [...spans.values()].map(({ sum, most, count, atMs }) => ({
    ...{ atMs, value: joined === "most" ? most : sum / count },
  }));
};

const round = (value: number): string => String(Math.round(value * 10) / 10);
const escaped = (text: string): string => text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
const text = (x: number, y: number, words: string, more = ""): string =>
  `<text x="${round(x)}" y="${round(y)}"${more}>${escaped(words)}</text>`;
const END = ' text-anchor="end"';
const MIDDLE = ' text-anchor="middle"';

const TIME_UNITS = [
  { most: 180_000, unit: "s", ms: 1_000 },
  { most: 10_800_000, unit: "min", ms: 60_000 },
  { most: Number.POSITIVE_INFINITY, unit: "h", ms: 3_600_000 },
] as const;

const timeAxis = (endMs: number, y: number): string => {
  const { unit, ms } = TIME_UNITS.find(({ most }) => endMs <= most) ?? TIME_UNITS[2];
  const ticks = ticksOf(0, endMs / ms, 5).filter((tick) => tick * ms <= endMs);
  return ticks
    .map((tick) => text(LEFT + (tick * ms * PLOT) / endMs, y, `${round(tick)}${tick === 0 ? "" : ` ${unit}`}`, MIDDLE))
    .join("");
};

const panelOf = (
  { title, read, joined, from, to }: Panel,
  place: number,
  byGpu: ReadonlyMap<string, readonly GpuSample[]>,
  endMs: number,
): string => {
  const top = TOP + place * PANEL_STEP + 16;
  const series = [...byGpu].map(([address, samples]) => {
    const points = samples.flatMap(({ atMs, gpu }) => {
      const value = read(gpu);
      return value === undefined ? [] : [{ atMs, value }];
    });
    return { address, points: thin(points, endMs, joined) };
  });
  const values = series.flatMap(({ points }) => points.map(({ value }) => value));
  const ticks = ticksOf(Math.min(from, ...values), Math.max(to, ...values), 4);
  const [least = 0, most = 1] = [ticks[0], ticks.at(-1)];
  const yOf = (value: number) => top + PANEL - ((value - least) / (most - least)) * PANEL;
  const grid = ticks.map(
    (tick) =>
      `<path d="M${LEFT} ${round(yOf(tick))}h${PLOT}" stroke="#ccc"/>${text(LEFT - 4, yOf(tick) + 4, round(tick), END)}`,
  );
  const lines = series.map(({ points }, i) => {
    const d = points.map(({ atMs, value }) => `${round(LEFT + (atMs / endMs) * PLOT)} ${round(yOf(value))}`).join("L");
    return d === "" ? "" : `<path d="M${d}" fill="none" ${strokeOf(i)}/>`;
  });
  const nothing = values.length === 0 ? text(LEFT + PLOT / 2, top + PANEL / 2, "The GPUs do not tell it.", MIDDLE) : "";
  return [
    text(LEFT, top - 5, title, ' font-weight="bold"'),
    ...grid,
    ...lines,
    nothing,
    timeAxis(endMs, top + PANEL + 15),
  ].join("");
};

const strokeOf = (i: number): string => {
  const dash = DASHES[i % DASHES.length] ?? "";
  return `stroke="${COLOURS[i % COLOURS.length]}" stroke-width="1.5" stroke-linejoin="round"${dash === "" ? "" : ` stroke-dasharray="${dash}"`}`;
};

const legendOf = (addresses: readonly string[], top: number): string =>
  addresses
    .map((address, i) => {
      const x = LEFT + (i % LEGEND_COLUMNS) * (PLOT / LEGEND_COLUMNS);
      const y = top + Math.floor(i / LEGEND_COLUMNS) * LEGEND_ROW;
      return `<path d="M${x} ${y - 4}h26" fill="none" ${strokeOf(i)}/>${text(x + 32, y, `GPU ${address}`)}`;
    })
    .join("");

/** The samples as a chart. */
export const renderGpuChart = (samples: readonly GpuSample[]): string => {
  const byGpu = Map.groupBy(samples, ({ gpu }) => gpu.pciAddress);
  const endMs = Math.max(1_000, samples.at(-1)?.atMs ?? 0);
  const legendTop = TOP + PANELS.length * PANEL_STEP + 10;
  const height = legendTop + Math.ceil(byGpu.size / LEGEND_COLUMNS) * LEGEND_ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="100%" role="img" aria-label="GPUs under load" font-family="sans-serif" font-size="11" fill="#222">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(LEFT, 16, `GPUs under load: ${byGpu.size}`, ' font-size="13" font-weight="bold"'),
    ...PANELS.map((panel, place) => panelOf(panel, place, byGpu, endMs)),
    legendOf([...byGpu.keys()], legendTop),
    "</svg>",
    "",
  ].join("\n");
};
