/** The parts of a report that tell how the run went: phases, measurements, boot, history, files. */
import type { RunState } from "../../agent/wire/names.ts";
import type { BootEvent } from "../core/boot.ts";
import { stepsOfLastBoot } from "../core/last-boot.ts";
import { renderPowerAct } from "../core/power-words.ts";
import type { RunView } from "../core/views.ts";
import { BOOT_STEP_WORDS, renderDuration, renderMemory, renderUtc, STATE_WORDS, type Tone } from "../core/words.ts";
import { Part, Table, Toned } from "./report-html-parts.tsx";

/** Waiting for a place or for a person takes days and says nothing about the server; the bar leaves it out, the table does not. */
const NOT_DRAWN: ReadonlySet<RunState> = new Set(["Registered", "Queued", "FailedHolding"]);
/** In an order that keeps neighbours apart, in grey print too. */
const SHADES = ["#1b5cce", "#6a48bd", "#0f766e", "#9a3b76", "#4b5563", "#8f5f00", "#187a35", "#b4452c"];
const BAR_WIDTH = 1000;

interface Segment {
  readonly x: number;
  readonly width: number;
  readonly shade: string;
}

const shadeAt = (index: number): string => SHADES[index % SHADES.length] ?? "#4b5563";
const tenth = (value: number): number => Math.round(value * 10) / 10;

const segmentsOf = (phases: RunView["phases"]): readonly Segment[] => {
  const drawn = phases.map((phase) => (NOT_DRAWN.has(phase.state) ? 0 : phase.seconds));
  const total = drawn.reduce((sum, seconds) => sum + seconds, 0);
  let x = 0;
  return drawn.flatMap((seconds, i) => {
    if (seconds === 0) return [];
    const width = (seconds / total) * BAR_WIDTH;
    const segment = { x: tenth(x), width: tenth(width), shade: shadeAt(i) };
    x += width;
    return [segment];
  });
};

const Bar = ({ segments }: { segments: readonly Segment[] }) => (
  <svg
    class="bar"
    viewBox={`0 0 ${BAR_WIDTH} 28`}
    preserveAspectRatio="none"
    role="img"
    aria-label="Share of each phase"
  >
    {segments.map((s) => (
      <rect x={s.x} y="0" width={s.width} height="28" fill={s.shade} />
    ))}
  </svg>
);

const Swatch = ({ shade }: { shade: string }) => (
  <svg class="swatch" viewBox="0 0 16 16" aria-hidden="true">
    <rect width="16" height="16" rx="3" fill={shade} />
  </svg>
);

/** Seconds of each phase. */
export const Phases = ({ run }: { run: RunView }) => (
  <Part title="Time">
    <Bar segments={segmentsOf(run.phases)} />
    <Table
      columns={[{ title: "Phase" }, { title: "State" }, { title: "Seconds", class: "n" }]}
      rows={run.phases.map((p, i) => [
        <>
          <Swatch shade={NOT_DRAWN.has(p.state) ? "#d5dbe2" : shadeAt(i)} /> {STATE_WORDS[p.state].text}
        </>,
        <code>{p.state}</code>,
        p.seconds.toFixed(1),
      ])}
    />
    <p class="dim">The bar leaves out waiting for a place and for a person.</p>
  </Part>
);

const figure = (value: number): string => value.toFixed(1);

/** Least, mean and most of what was measured. */
export const MeasurementTable = ({ run }: { run: RunView }) => (
  <Part title="Measurements">
    {run.series.length === 0 ? (
      <p>None: the server has no sensor that could be read.</p>
    ) : (
      <Table
        columns={[
          { title: "Series" },
          { title: "min", class: "n" },
          { title: "mean", class: "n" },
          { title: "max", class: "n" },
          { title: "samples", class: "n opt" },
        ]}
        rows={run.series.map((s) => [<code>{s.series}</code>, figure(s.min), figure(s.mean), figure(s.max), s.count])}
      />
    )}
  </Part>
);

/** The last boot, step by step. */
export const BootTable = ({ run }: { run: RunView }) => {
  const steps = stepsOfLastBoot(run.timeline.events);
  const startMs = Math.min(...steps.flatMap(({ event }) => (event === null ? [] : [event.atMs])));
  return (
    <Part title="Boot">
      {Number.isFinite(startMs) ? (
        <>
          <p class="dim">Began {renderUtc(startMs)}.</p>
          <Table
            columns={[{ title: "Step" }, { title: "After", class: "n" }, { title: "Detail" }]}
            rows={steps.map(({ step, event }) => [
              <Toned word={{ text: BOOT_STEP_WORDS[step], tone: bootTone(event) }} />,
              event === null ? undefined : renderDuration(event.atMs - startMs),
              bootDetail(event),
            ])}
          />
        </>
      ) : (
        <p>Nothing was heard of this server.</p>
      )}
    </Part>
  );
};

const bootTone = (event: BootEvent | null): Tone => {
  if (event === null) return "idle";
  return event.complete ? "good" : "bad";
};

const bootDetail = (event: BootEvent | null): string => {
  if (event === null) return "not seen";
  return event.complete ? event.detail : `broken off: ${event.detail}`;
};

/** What was done about the server's power; nothing where nothing was. */
export const PowerTable = ({ run }: { run: RunView }) =>
  run.power.length === 0 ? null : (
    <Part title="Power">
      <Table
        columns={[{ title: "Time" }, { title: "Done" }, { title: "By" }]}
        rows={run.power.map((act) => [renderUtc(act.firstMs), renderPowerAct(act), act.by])}
      />
    </Part>
  );

/** Every transition with who caused it. */
export const History = ({ run }: { run: RunView }) => (
  <Part title="History">
    <Table
      columns={[{ title: "Time" }, { title: "Into" }, { title: "Because of", class: "opt" }, { title: "By" }]}
      rows={run.transitions.map((t) => [renderUtc(t.atMs), <code>{t.to}</code>, t.event, t.by])}
    />
  </Part>
);

/** The raw files that the box keeps, with their digests. */
export const ArtifactTable = ({ run }: { run: RunView }) => (
  <Part title="Files kept on the box">
    {run.artifacts.length === 0 ? (
      <p>None.</p>
    ) : (
      <Table
        columns={[
          { title: "Name" },
          { title: "Stage", class: "opt" },
          { title: "Size", class: "n" },
          { title: "SHA-256" },
        ]}
        rows={run.artifacts.map((a) => [a.name, a.stage, renderMemory(a.sizeBytes), a.sha256])}
      />
    )}
  </Part>
);
