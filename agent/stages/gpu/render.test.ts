import { describe, expect, test } from "bun:test";
import type { GpuSample } from "../../probes/nvidia-smi/state.ts";
import { renderGpuChart, ticksOf } from "./chart.ts";
import { renderGpuCsv } from "./csv.ts";
import { underLoadOf } from "./under-load.ts";

const [FIRST, SECOND] = ["0000:17:00.0", "0000:b4:00.0"];
const SAMPLES: readonly GpuSample[] = [
  { atMs: 0, gpu: { pciAddress: FIRST, tempC: 34, powerW: 72.9, smClockMHz: 345, busyPercent: 0, clockReasons: 1 } },
  { atMs: 12, gpu: { pciAddress: SECOND, tempC: 38, busyPercent: 0 } },
  {
    atMs: 1_000,
    gpu: {
      pciAddress: FIRST,
      tempC: 61,
      powerW: 684.12,
      smClockMHz: 1755,
      busyPercent: 100,
      clockReasons: 0x44,
      linkGen: 5,
      usedBytes: 2 ** 30,
    },
  },
  { atMs: 1_012, gpu: { pciAddress: SECOND, tempC: 64, busyPercent: 99 } },
  {
    atMs: 2_000,
    gpu: { pciAddress: FIRST, tempC: 63, powerW: 690, smClockMHz: 1740, busyPercent: 90, clockReasons: 4, linkGen: 4 },
  },
];

describe("renderGpuCsv", () => {
  test("is a header and a line a sample; what was not told is empty", () => {
    expect(renderGpuCsv(SAMPLES.slice(0, 3))).toMatchInlineSnapshot(`
"elapsed_s,pci_address,temp_c,memory_temp_c,margin_c,power_w,sm_clock_mhz,memory_clock_mhz,busy_percent,used_mib,link_gen,link_width,clock_reasons
0.0,0000:17:00.0,34,,,72.9,345,,0,,,,0x0001
0.0,0000:b4:00.0,38,,,,,,0,,,,
1.0,0000:17:00.0,61,,,684.12,1755,,100,1024,5,,0x0044
"
`);
    expect(renderGpuCsv([]).split("\n").length).toBe(2);
  });
});

describe("renderGpuChart", () => {
  test("draws a line for each GPU in each panel, and says where there is nothing to draw", () => {
    expect(renderGpuChart(SAMPLES)).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 660" width="100%" role="img" aria-label="GPUs under load" font-family="sans-serif" font-size="11" fill="#222">
      <rect width="400" height="660" fill="#fff"/>
      <text x="40" y="16" font-size="13" font-weight="bold">GPUs under load: 2</text>
      <text x="40" y="37" font-weight="bold">Temperature, °C</text><path d="M40 152h336" stroke="#ccc"/><text x="36" y="156" text-anchor="end">20</text><path d="M40 115.3h336" stroke="#ccc"/><text x="36" y="119.3" text-anchor="end">40</text><path d="M40 78.7h336" stroke="#ccc"/><text x="36" y="82.7" text-anchor="end">60</text><path d="M40 42h336" stroke="#ccc"/><text x="36" y="46" text-anchor="end">80</text><path d="M40 126.3L208 76.8L376 73.2" fill="none" stroke="#0072b2" stroke-width="1.5" stroke-linejoin="round"/><path d="M42 119L210 71.3" fill="none" stroke="#d55e00" stroke-width="1.5" stroke-linejoin="round" stroke-dasharray="6 2"/><text x="40" y="167" text-anchor="middle">0</text><text x="124" y="167" text-anchor="middle">0.5 s</text><text x="208" y="167" text-anchor="middle">1 s</text><text x="292" y="167" text-anchor="middle">1.5 s</text><text x="376" y="167" text-anchor="middle">2 s</text>
      <text x="40" y="189" font-weight="bold">Power, W</text><path d="M40 304h336" stroke="#ccc"/><text x="36" y="308" text-anchor="end">0</text><path d="M40 276.5h336" stroke="#ccc"/><text x="36" y="280.5" text-anchor="end">200</text><path d="M40 249h336" stroke="#ccc"/><text x="36" y="253" text-anchor="end">400</text><path d="M40 221.5h336" stroke="#ccc"/><text x="36" y="225.5" text-anchor="end">600</text><path d="M40 194h336" stroke="#ccc"/><text x="36" y="198" text-anchor="end">800</text><path d="M40 294L208 209.9L376 209.1" fill="none" stroke="#0072b2" stroke-width="1.5" stroke-linejoin="round"/><text x="40" y="319" text-anchor="middle">0</text><text x="124" y="319" text-anchor="middle">0.5 s</text><text x="208" y="319" text-anchor="middle">1 s</text><text x="292" y="319" text-anchor="middle">1.5 s</text><text x="376" y="319" text-anchor="middle">2 s</text>
      <text x="40" y="341" font-weight="bold">SM clock, MHz</text><path d="M40 456h336" stroke="#ccc"/><text x="36" y="460" text-anchor="end">0</text><path d="M40 428.5h336" stroke="#ccc"/><text x="36" y="432.5" text-anchor="end">500</text><path d="M40 401h336" stroke="#ccc"/><text x="36" y="405" text-anchor="end">1000</text><path d="M40 373.5h336" stroke="#ccc"/><text x="36" y="377.5" text-anchor="end">1500</text><path d="M40 346h336" stroke="#ccc"/><text x="36" y="350" text-anchor="end">2000</text><path d="M40 437L208 359.5L376 360.3" fill="none" stroke="#0072b2" stroke-width="1.5" stroke-linejoin="round"/><text x="40" y="471" text-anchor="middle">0</text><text x="124" y="471" text-anchor="middle">0.5 s</text><text x="208" y="471" text-anchor="middle">1 s</text><text x="292" y="471" text-anchor="middle">1.5 s</text><text x="376" y="471" text-anchor="middle">2 s</text>
      <text x="40" y="493" font-weight="bold">Utilisation, %</text><path d="M40 608h336" stroke="#ccc"/><text x="36" y="612" text-anchor="end">0</text><path d="M40 553h336" stroke="#ccc"/><text x="36" y="557" text-anchor="end">50</text><path d="M40 498h336" stroke="#ccc"/><text x="36" y="502" text-anchor="end">100</text><path d="M40 608L208 498L376 509" fill="none" stroke="#0072b2" stroke-width="1.5" stroke-linejoin="round"/><path d="M42 608L210 499.1" fill="none" stroke="#d55e00" stroke-width="1.5" stroke-linejoin="round" stroke-dasharray="6 2"/><text x="40" y="623" text-anchor="middle">0</text><text x="124" y="623" text-anchor="middle">0.5 s</text><text x="208" y="623" text-anchor="middle">1 s</text><text x="292" y="623" text-anchor="middle">1.5 s</text><text x="376" y="623" text-anchor="middle">2 s</text>
      <path d="M40 640h26" fill="none" stroke="#0072b2" stroke-width="1.5" stroke-linejoin="round"/><text x="72" y="644">GPU 0000:17:00.0</text><path d="M208 640h26" fill="none" stroke="#d55e00" stroke-width="1.5" stroke-linejoin="round" stroke-dasharray="6 2"/><text x="240" y="644">GPU 0000:b4:00.0</text>
      </svg>
      "
    `);
  });

  test("needs nothing from elsewhere, and is no larger for a day than for minutes", () => {
    const day = Array.from({ length: 43_200 }, (_, i) => ({
      ...{
        atMs: i * 2_000,
        gpu: { pciAddress: FIRST, tempC: 60 + (i % 7), powerW: 600, smClockMHz: 1_700, busyPercent: 100 },
      },
    }));
    const svg = renderGpuChart(day);
    expect(svg.length).toBeLessThan(20_000);
    expect(svg.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/http|<script|<style|@import|url\(|href/);
    // The hottest moment of each span is kept: no peak is smoothed away.
    const peak = renderGpuChart([...day, { atMs: 86_400_000, gpu: { pciAddress: FIRST, tempC: 117 } }]);
    expect([svg.includes(">150<"), peak.includes(">150<")]).toEqual([false, true]);
  });

  test("without samples it is an empty chart", () => {
    expect(renderGpuChart([])).toContain("GPUs under load: 0");
  });

  test("ticksOf gives round numbers around the range", () => {
    expect(ticksOf(20, 80, 4)).toEqual([20, 40, 60, 80]);
    expect(ticksOf(0, 690, 4)).toEqual([0, 200, 400, 600, 800]);
    expect(ticksOf(0, 5, 5)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(ticksOf(34, 34, 4).length).toBeLessThan(5);
  });
});

describe("underLoadOf", () => {
  test("counts only what was sampled at work", () => {
    expect(underLoadOf(SAMPLES, FIRST)).toEqual({
      sampleCount: 2,
      tempC: { min: 61, mean: 62, max: 63, sampleCount: 2 },
      powerW: { min: 684.12, mean: 687.06, max: 690, sampleCount: 2 },
      smClockMHz: { min: 1740, mean: 1747.5, max: 1755, sampleCount: 2 },
      linkGen: { min: 4, mean: 4.5, max: 5, sampleCount: 2 },
      clockReasons: { "4": 2, "64": 1 },
    });
    expect(underLoadOf(SAMPLES.slice(0, 2), FIRST)).toBeUndefined();
  });
});
