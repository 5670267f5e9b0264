/** The part of a report that says what changed since the host's previous run. */
import type { ChangesView, InventoryChange, RunView } from "../core/views.ts";
import { CHANGE_WORDS, PART_WORDS, renderUtc } from "../core/words.ts";
import { Part, Sign, Table, Toned } from "./report-html-parts.tsx";

const List = ({ title, changes }: { title: string; changes: readonly InventoryChange[] }) => (
  <>
    <h3>{title}</h3>
    {changes.length === 0 ? (
      <p>None.</p>
    ) : (
      <Table
        stacked
        columns={[{ title: "" }, { title: "Part" }, { title: "Where" }, { title: "Before" }, { title: "Now" }]}
        rows={changes.map((change) => [
          <Toned word={CHANGE_WORDS[change.kind]} />,
          PART_WORDS[change.part],
          change.what === null ? change.where : `${change.where}, ${change.what}`,
          change.before ?? undefined,
          change.after ?? undefined,
        ])}
      />
    )}
  </>
);

const Noted = ({ note, changes }: { note: string; changes: ChangesView }) => (
  <>
    <p>Repaired before this run: “{note}”</p>
    <ul class="todo">
      {changes.warnings.map((warning) => (
        <li class="warn">
          <Sign tone="warn" />
          <p>{warning}</p>
        </li>
      ))}
    </ul>
    <List title="Not announced" changes={changes.unexpected} />
    <List title="As announced" changes={changes.expected} />
  </>
);

/** What the note of the repair explains, apart from the rest. */
export const ChangeTables = ({ run, changes }: { run: RunView; changes: ChangesView }) => (
  <Part title="Changes since the previous run">
    {run.repaired === null ? (
      <List title="Without a note of a repair" changes={changes.unexpected} />
    ) : (
      <Noted note={run.repaired} changes={changes} />
    )}
    {changes.notCompared.map((why) => (
      <p class="dim">Not compared: {why}</p>
    ))}
    <p class="dim">
      Against run <code>{changes.sinceRunId}</code> of {renderUtc(changes.sinceMs)}. A change by itself fails no run;
      the expected spec does.
    </p>
  </Part>
);
