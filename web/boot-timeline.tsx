/** A boot as the box saw it, step by step, with the boot doctor's word on where it stopped. */
import type { BootTimeline } from "../appliance/core/boot.ts";
import { type BootStepSeen, stepsOfLastBoot } from "../appliance/core/last-boot.ts";
import { BOOT_STEP_WORDS, renderDuration, renderUtc, type Tone } from "../appliance/core/words.ts";
import { ToneIcon } from "./icons.tsx";
import { Notice } from "./layout.tsx";

const toneOf = ({ event }: BootStepSeen): Tone => {
  if (event === null) return "idle";
  return event.complete ? "good" : "bad";
};

const Step = ({ seen, startMs }: { seen: BootStepSeen; startMs: number }) => (
  <li class={toneOf(seen)}>
    <ToneIcon tone={toneOf(seen)} />
    <span class="grow">
      {BOOT_STEP_WORDS[seen.step]}
      {seen.event === null || seen.event.detail === "" ? null : <small class="dim">{seen.event.detail}</small>}
    </span>
    <span class="dim">{seen.event === null ? "" : `+${renderDuration(seen.event.atMs - startMs)}`}</span>
  </li>
);

/** The last boot. Steps that were not seen stay grey. */
export const Boot = ({ timeline }: { timeline: BootTimeline }) => {
  const steps = stepsOfLastBoot(timeline.events);
  const starts = steps.flatMap(({ event }) => (event === null ? [] : [event.atMs]));
  const startMs = Math.min(...starts);
  const whole = steps.at(-1)?.event?.complete === true;
  return (
    <>
      <h2>Boot</h2>
      {timeline.diagnosis === null ? null : (
        <Notice tone="warn">
          <p>
            <strong>{timeline.diagnosis.cause}</strong>
          </p>
          <p>{timeline.diagnosis.remedy}</p>
        </Notice>
      )}
      <div class="card boot">
        {starts.length === 0 ? (
          <p class="dim">Nothing was heard of this server yet.</p>
        ) : (
          <details open={!whole}>
            <summary>
              {whole ? `Booted in ${renderDuration(Math.max(...starts) - startMs)}` : "How far it came"}
            </summary>
            <ol class="steps">
              {steps.map((seen) => (
                <Step seen={seen} startMs={startMs} />
              ))}
            </ol>
            <p class="dim">Began {renderUtc(startMs)}</p>
          </details>
        )}
      </div>
    </>
  );
};
