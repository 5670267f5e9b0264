/** What a server is made of: one line for each group, its table one tap below; what is wrong stands open. */
import type { Child } from "hono/jsx";
import type { Inventory } from "../agent/wire/inventory.ts";
import type { HardwareTable, TableCell, TableColumn } from "../appliance/core/hardware-table.ts";
import { countsOf, hardwareTables } from "../appliance/core/hardware-tables.ts";
import { VERDICT_WORDS } from "../appliance/core/words.ts";
import { ToneIcon } from "./icons.tsx";
import { Badge } from "./layout.tsx";

/** A cell's text, or its word with its sign. */
const shown = (cell: TableCell): Child => {
  if (typeof cell !== "object") return cell ?? "–";
  return (
    <span class={`state ${cell.tone}`}>
      {cell.tone === "idle" ? null : <ToneIcon tone={cell.tone} />}
      {cell.text}
    </span>
  );
};

const Facts = ({ facts }: { facts: HardwareTable["facts"] }) => (
  <dl class="table">
    {facts.map(([name, value]) => (
      <div>
        <dt>{name}</dt>
        <dd>{shown(value)}</dd>
      </div>
    ))}
  </dl>
);

/** A row as a phone can show it: its name, and below it what was measured, each with its title. */
const Row = ({ columns, row }: { columns: readonly TableColumn[]; row: readonly TableCell[] }) => {
  const main = columns.findIndex(({ role }) => role === "main");
  return (
    <li>
      <strong>{shown(row[main])}</strong>
      <dl class="cells">
        {row.map((cell, i) =>
          cell === undefined || i === main ? null : (
            <div>
              <dt>{columns[i]?.title}</dt>
              <dd>{shown(cell)}</dd>
            </div>
          ),
        )}
      </dl>
    </li>
  );
};

const Group = ({ table }: { table: HardwareTable }) => (
  <li>
    <details open={table.tone === "bad"}>
      <summary>
        <span class="row">
          <strong class="grow">{table.title}</strong>
          {table.tone === "idle" ? null : (
            <span class={`state ${table.tone}`}>
              <ToneIcon tone={table.tone} />
            </span>
          )}
        </span>
        <small class="dim">{table.summary}</small>
      </summary>
      {table.facts.length === 0 ? null : <Facts facts={table.facts} />}
      {table.rows.length === 0 ? null : (
        <ul class="lines rows">
          {table.rows.map((row) => (
            <Row columns={table.columns} row={row} />
          ))}
        </ul>
      )}
    </details>
  </li>
);

/** The inventory's verdict with its counts, then every group. */
export const Hardware = ({ inventory }: { inventory: Inventory }) => {
  const { summary } = inventory.hardware;
  const counts = countsOf(summary);
  return (
    <>
      <h2>Hardware</h2>
      <div class="card hardware">
        <div class="row top-row">
          <p class="grow">
            {summary.text}
            {counts === null ? null : <small class="dim">{counts}</small>}
          </p>
          <Badge word={VERDICT_WORDS[summary.verdict]} />
        </div>
        <ul class="groups">
          {hardwareTables(inventory.hardware).map((table) => (
            <Group table={table} />
          ))}
        </ul>
      </div>
    </>
  );
};
