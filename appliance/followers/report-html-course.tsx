/** The parts of a report that tell how the run went: phases, measurements, boot, history, files. */
import type { RunState } from "../../agent/wire/names.ts";
import { stepsOfLastBoot } from "../core/last-boot.ts";
import type { RunView } from "../core/views.ts";
import { BOOT_STEP_WORDS, renderDuration, renderMemory, renderUtc, STATE_WORDS } from "../core/words.ts";
import { Part, Table, Toned } from "./report-html-parts.tsx";

/** Waiting for a place or for a person takes days and says nothing about the server; the bar leaves it out, the table does not. */
const NOT_DRAWN: ReadonlySet<RunState> = new Set(["Registered", "Queued", "FailedHolding"]);
/** Dark enough for white figures, in an order that keeps neighbours apart. */
const SHADES = ["#1b5cce", "#6a48bd", "#0f766e", "#9a3b76", "#4b5563", "#8f5f00", "#187a35", "#b4452c"];
const BAR_WIDTH = 1000;
/** A segment narrower than this has no room for its number. */
const NUMBER_WIDTH = 26;

interface Segment {
  readonly number: number;
  readonly x: number;
  readonly width: number;
  readonly shade: string;
}

const segmentsOf = (phases: RunView["phases"]): readonly Segment[] => {
  const total = phases.reduce((sum, p) => sum + (NOT_DRAWN.has(p.state) ? 0 : p.seconds), 0);
  let x = 0;
  return phases.flatMap((phase, i) => {
    if (total === 0 || NOT_DRAWN.has(phase.state)) return [];
    const width = Math.round((phase.seconds / total) * BAR_WIDTH * 10) / 10;
    const segment = { number: i + 1, x: Math.round(x * 10) / 10, width, shade: SHADES[i % SHADES.length] ?? "#4b5563" };
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
    {segments
      .filter((s) => s.width >= NUMBER_WIDTH)
      .map((s) => (
        <text x={s.x + s.width / 2} y="19">
          {s.number}
        </text>
      ))}
  </svg>
);

/** Seconds of each phase. */
export const Phases = ({ run }: { run: RunView }) => (
  <Part title="Time">
    <Bar segments={segmentsOf(run.phases)} />
    <Table
      columns={[{ title: "No.", class: "n" }, { title: "Phase" }, { title: "State" }, { title: "Seconds", class: "n" }]}
      rows={run.phases.map((p, i) => [i + 1, STATE_WORDS[p.state].text, <code>{p.state}</code>, p.seconds.toFixed(1)])}
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
            columns={[{ title: "" }, { title: "Step" }, { title: "After", class: "n" }, { title: "Detail" }]}
            rows={steps.map(({ step, event }) => [
              <Toned word={bootWord(event)} />,
              BOOT_STEP_WORDS[step],
              event === null ? undefined : renderDuration(event.atMs - startMs),
              event?.detail,
            ])}
          />
        </>
      ) : (
        <p>Nothing was heard of this server.</p>
      )}
    </Part>
  );
};

const bootWord = (event: { readonly complete: boolean } | null) => {
  if (event === null) return { text: "Not seen", tone: "idle" } as const;
  return event.complete ? ({ text: "Done", tone: "good" } as const) : ({ text: "Broken off", tone: "bad" } as const);
};

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
        rows={run.artifacts.map((a) => [a.name, a.stage, renderMemory(a.sizeBytes), <code>{a.sha256}</code>])}
      />
    )}
  </Part>
);
