/** Pieces that every part of a report is made of. */
import type { Child } from "hono/jsx";
import { TONE_PATHS } from "../core/icons.ts";
import type { Tone, Word } from "../core/words.ts";

/** The sign of a tone. */
export const Sign = ({ tone }: { tone: Tone }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={TONE_PATHS[tone]} />
  </svg>
);

/** A word with its sign and colour. */
export const Toned = ({ word, wraps = false }: { word: Word; wraps?: boolean }) => (
  <span class={`word ${word.tone}${wraps ? " wraps" : ""}`}>
    <Sign tone={word.tone} /> {word.text}
  </span>
);

/** A part with its heading. */
export const Part = ({ title, children }: { title: string; children?: Child }) => (
  <section>
    <h2>{title}</h2>
    {children}
  </section>
);

/** A column: `n` for figures, `opt` for what a phone leaves out. */
export interface Column {
  readonly title: string;
  readonly class?: "n" | "opt" | "n opt" | "serial";
}

/** Longest run of characters that is kept together: a serial or a MAC address stays whole, a digest breaks. */
const UNBROKEN = /\S{24}(?=\S)/g;

/** Text with places to break, so that a table never grows over the page. */
const Breakable = ({ text }: { text: string }) => (
  <>
    {text
      .replace(UNBROKEN, "$&\n")
      .split("\n")
      .map((piece, i) => (
        <>
          {i === 0 ? null : <wbr />}
          {piece}
        </>
      ))}
  </>
);

/** A table. A cell that is absent shows a dash, so that missing is told from empty. */
export const Table = ({
  columns,
  rows,
  stacked = false,
}: {
  columns: readonly Column[];
  rows: readonly (readonly Child[])[];
  /** On a phone each row becomes a block, its cells below each other with their titles. */
  stacked?: boolean;
}) => (
  <div class="wide">
    <table class={stacked ? "stacked" : undefined}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th scope="col" class={column.class}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            {row.map((cell, i) => (
              <td class={columns[i]?.class} data-title={stacked ? columns[i]?.title : undefined}>
                {typeof cell === "string" ? <Breakable text={cell} /> : (cell ?? "–")}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

/** Names with values; a value that is absent leaves its row out. */
export const Facts = ({ rows }: { rows: readonly (readonly [string, Child | undefined])[] }) => (
  <table>
    <tbody>
      {rows
        .filter(([, value]) => value !== undefined && value !== null && value !== "")
        .map(([name, value]) => (
          <tr>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
    </tbody>
  </table>
);
