/**
 * Limits: every figure that decides about a server or says how long it is loaded, as data. Each stage has a table of them with defaults; a spec class or a
 * host's spec may give others (`limits:` in the expected spec). Pure.
 */
import type { Profile } from "../wire/names.ts";

/** One limit. */
export interface Limit {
  /** What it is, in a few words: people read it in the plan and in the reference. */
  readonly what: string;
  readonly unit: string;
  /** Where the default comes from. */
  readonly source: string;
  /** One figure, or one for each profile. */
  readonly default: number | Readonly<Record<Profile, number>>;
  /** The least and the most that a spec may ask for. */
  readonly min: number;
  readonly max: number;
}

/** The limits of a stage by their keys. A key ends in its unit, as every name does: `loadS`, `marginC`. */
export type LimitTable = Readonly<Record<string, Limit>>;

/** Figures in force. */
export type Limits<Table extends LimitTable = LimitTable> = { readonly [Key in keyof Table]: number };

/** What a spec gives in place of defaults, by the keys of one stage's table. */
export type GivenLimits = Readonly<Record<string, number>>;

/** The figures in force: what was given, else the default of the profile. */
export const resolveLimits = <Table extends LimitTable>(
  table: Table,
  profile: Profile,
  given: GivenLimits = {},
): Limits<Table> =>
  Object.fromEntries(
    Object.entries(table).map(([key, { default: value }]) => [
      key,
      given[key] ?? (typeof value === "number" ? value : value[profile]),
    ]),
  ) as Limits<Table>;
