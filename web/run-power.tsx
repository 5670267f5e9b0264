/** What was done about a host's power in a run: magic packets, and its BMC. */
import type { PowerAct } from "../appliance/core/power-port.ts";
import { renderPowerAct } from "../appliance/core/power-words.ts";
import { renderDuration, renderUtc, type Tone } from "../appliance/core/words.ts";
import { ToneIcon } from "./icons.tsx";

const toneOf = ({ ok, deed }: PowerAct): Tone => {
  if (!ok) return "bad";
  return deed === "status" || deed === "wake" ? "idle" : "work";
};

const Act = ({ act, startMs }: { act: PowerAct; startMs: number }) => (
  <li class={toneOf(act)}>
    <ToneIcon tone={toneOf(act)} />
    <span class="grow">
      {renderPowerAct(act)}
      {act.by === "box" ? null : <small class="dim">{act.by}</small>}
    </span>
    <span class="dim">+{renderDuration(act.firstMs - startMs)}</span>
  </li>
);

/** Every act, oldest first. */
export const PowerActs = ({ acts }: { acts: readonly PowerAct[] }) => {
  const startMs = acts[0]?.firstMs ?? 0;
  return (
    <>
      <h2>Power</h2>
      <div class="card boot">
        <details>
          <summary>{acts.map(renderPowerAct).at(-1)}</summary>
          <ol class="steps">
            {acts.map((act) => (
              <Act act={act} startMs={startMs} />
            ))}
          </ol>
          <p class="dim">Began {renderUtc(startMs)}</p>
        </details>
      </div>
    </>
  );
};
