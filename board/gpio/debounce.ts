/**
 * One press is one press, however often its contacts bounce. Pure.
 *
 * A level counts once the line has been quiet for the window. So bounces may go on for as long as they like, a disturbance that is over within the
 * window is none, and nothing is told later than the window after the contacts came to rest. It does not depend on when anybody looks: levels
 * that were handed over late are judged by their own times.
 */

/** A quiet line, or one that has moved since. */
export interface DebounceState {
  /** What was told last. */
  readonly down: boolean;
  /** The unrest that is on: its first and its latest movement, and where the line is now. Null while all is quiet. */
  readonly unrest: { readonly sinceMonoMs: number; readonly lastMonoMs: number; readonly down: boolean } | null;
}

/** A state, and what became certain on the way there: the button went down or up, at the first touch of its contacts. */
export interface DebounceStep {
  readonly state: DebounceState;
  readonly edge: { readonly down: boolean; readonly atMonoMs: number } | null;
}

/** A line that is quiet. */
export const quietAt = (down: boolean): DebounceState => ({ down, unrest: null });

/** When the unrest will have settled unless the line moves again; null while all is quiet. */
export const settlesAtMonoMs = ({ unrest }: DebounceState, windowMs: number): number | null =>
  unrest === null ? null : unrest.lastMonoMs + windowMs;

/** Time has come to `nowMonoMs`, and the line has not moved. */
export const settleLine = (state: DebounceState, nowMonoMs: number, windowMs: number): DebounceStep => {
  const { unrest, down } = state;
  const settlesAt = settlesAtMonoMs(state, windowMs);
  if (unrest === null || settlesAt === null || nowMonoMs < settlesAt) return { state, edge: null };
  const edge = unrest.down === down ? null : { down: unrest.down, atMonoMs: unrest.sinceMonoMs };
  return { state: quietAt(unrest.down), edge };
};

/** The line moved, and this is its level since. The same level again is a movement too small to see. */
export const moveLine = (state: DebounceState, down: boolean, atMonoMs: number, windowMs: number): DebounceStep => {
  const settled = settleLine(state, atMonoMs, windowMs);
  const { unrest } = settled.state;
  if (unrest === null && down === settled.state.down) return settled;
  const lastMonoMs = Math.max(atMonoMs, unrest?.lastMonoMs ?? atMonoMs);
  const sinceMonoMs = unrest?.sinceMonoMs ?? atMonoMs;
  return { state: { down: settled.state.down, unrest: { sinceMonoMs, lastMonoMs, down } }, edge: settled.edge };
};

/** The line turned out to be at this level, and nobody was told of its way there: as if its latest movement had ended there. */
export const correctLine = (state: DebounceState, down: boolean): DebounceState =>
  state.unrest === null ? state : { ...state, unrest: { ...state.unrest, down } };
