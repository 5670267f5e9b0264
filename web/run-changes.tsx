/** What changed since the host's previous run: what the note of the repair explains, apart from the rest. */
import type { ChangesView, InventoryChange, RunView } from "../appliance/core/views.ts";
import { CHANGE_WORDS, PART_WORDS, renderUtc } from "../appliance/core/words.ts";
import { Badge, Notice } from "./layout.tsx";

const Change = ({ change }: { change: InventoryChange }) => (
  <li>
    <div class="row">
      <strong class="grow">
        {PART_WORDS[change.part]}: {change.where}
        {change.what === null ? "" : `, ${change.what}`}
      </strong>
      <Badge word={CHANGE_WORDS[change.kind]} />
    </div>
    <dl class="pair">
      <div>
        <dt>Before</dt>
        <dd>{change.before ?? "–"}</dd>
      </div>
      <div>
        <dt>Now</dt>
        <dd>{change.after ?? "–"}</dd>
      </div>
    </dl>
  </li>
);

const List = ({ title, changes }: { title: string; changes: readonly InventoryChange[] }) => (
  <>
    <h3>{title}</h3>
    {changes.length === 0 ? (
      <p class="dim">None.</p>
    ) : (
      <ul class="lines">
        {changes.map((change) => (
          <Change change={change} />
        ))}
      </ul>
    )}
  </>
);

const Noted = ({ note, changes }: { note: string; changes: ChangesView }) => (
  <>
    <p>Repaired before this run: “{note}”</p>
    {changes.warnings.map((warning) => (
      <Notice tone="warn">{warning}</Notice>
    ))}
    <List title="Not announced" changes={changes.unexpected} />
    <List title="As announced" changes={changes.expected} />
  </>
);

/** The changes of a run. */
export const Changes = ({ run, changes }: { run: RunView; changes: ChangesView }) => (
  <>
    <h2>Changes since the previous run</h2>
    <div class="card changes">
      {run.repaired === null ? (
        <List title="Without a note of a repair" changes={changes.unexpected} />
      ) : (
        <Noted note={run.repaired} changes={changes} />
      )}
      {changes.notCompared.map((why) => (
        <p class="dim">Not compared: {why}</p>
      ))}
      <p class="dim">
        Against <a href={`/runs/${encodeURIComponent(changes.sinceRunId)}`}>the run of {renderUtc(changes.sinceMs)}</a>.
        A change by itself fails no run; the expected spec does.
      </p>
    </div>
  </>
);
