/** The part of a report that says what the server is made of: the same groups as on the pages, all of them open. */
import type { Inventory } from "../../agent/wire/inventory.ts";
import type { HardwareTable, TableCell } from "../core/hardware-table.ts";
import { countsOf, hardwareTables } from "../core/hardware-tables.ts";
import { VERDICT_WORDS } from "../core/words.ts";
import { type Column, Facts, Part, Table, Toned } from "./report-html-parts.tsx";

const COLUMN_CLASSES: Record<"n" | "main" | "opt", Column["class"]> = { n: "n", main: "serial", opt: "opt" };

/** From this many columns on, a phone shows each row as a block. */
const STACKED_COLUMNS = 4;

const shown = (cell: TableCell) => {
  if (typeof cell !== "object") return cell;
  return cell.tone === "idle" ? <span class="dim">{cell.text}</span> : <Toned word={cell} wraps />;
};

const Group = ({ table }: { table: HardwareTable }) => (
  <Part title={table.title}>
    {table.rows.length === 0 && table.facts.length > 0 ? null : <p>{table.summary}</p>}
    {table.facts.length === 0 ? null : (
      <Facts rows={table.facts.map(([name, value]) => [name, shown(value)] as const)} />
    )}
    {table.rows.length === 0 ? null : (
      <Table
        stacked={table.columns.length >= STACKED_COLUMNS}
        columns={table.columns.map(({ title, role }) => ({
          title,
          ...(role === undefined || COLUMN_CLASSES[role] === undefined ? {} : { class: COLUMN_CLASSES[role] }),
        }))}
        rows={table.rows.map((row) => row.map(shown))}
      />
    )}
  </Part>
);

/** Everything that Inventory found, its summary first. */
export const Hardware = ({ inventory }: { inventory: Inventory }) => {
  const { summary } = inventory.hardware;
  const counts = countsOf(summary);
  return (
    <>
      <Part title="Hardware">
        <p>
          <Toned word={VERDICT_WORDS[summary.verdict]} /> {summary.text}
          {counts === null ? "" : ` (${counts})`}
        </p>
      </Part>
      {hardwareTables(inventory.hardware).map((table) => (
        <Group table={table} />
      ))}
    </>
  );
};
