/** Tells on a terminal how runs go, a line for each thing that changed. */
import type { Verdict } from "../../agent/wire/names.ts";
import { BOX_OWNED, TERMINAL } from "../../appliance/core/states.ts";
import type { RunView } from "../../appliance/core/views.ts";
import { BOOT_STEP_WORDS, STATE_WORDS } from "../../appliance/core/words.ts";
import type { OperatorApi } from "../box/operator-api.ts";

/** Where lines go. */
export type Tell = (line: string) => void;

/** What was told of a run already. */
interface Told {
  transitions: number;
  steps: number;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(6)} s`;

const tellNews = (run: RunView, told: Told, tell: Tell): void => {
  const line = (atMs: number, words: string): void =>
    tell(`${seconds(atMs - run.createdMs)}  ${run.hostName.padEnd(5)} ${words}`);
  const news: [number, string][] = [];
  for (const { atMs, to } of run.transitions.slice(told.transitions))
    if (!BOX_OWNED.has(to)) news.push([atMs, `${STATE_WORDS[to].text} (${to})`]);
  for (const event of run.timeline.events.slice(told.steps))
    news.push([event.atMs, `  boot: ${BOOT_STEP_WORDS[event.step]}${event.detail === "" ? "" : ` (${event.detail})`}`]);
  told.transitions = run.transitions.length;
  told.steps = run.timeline.events.length;
  for (const [atMs, words] of news.sort(([a], [b]) => a - b)) line(atMs, words);
};

/** Whether nothing more will happen to a run by itself. */
export const isSettled = (run: RunView): boolean => TERMINAL.has(run.state) || run.state === "FailedHolding";

const BAD: ReadonlySet<Verdict> = new Set(["FAIL", "ERROR", "WARN"]);

/** Tells what keeps a run from a clean pass. */
export const tellBad = ({ stages, failure }: RunView, tell: Tell): void => {
  if (failure !== null) tell(`  ${failure.message}`);
  for (const { title, checks } of stages)
    for (const { verdict, component, message, measured, limit } of checks.filter((check) => BAD.has(check.verdict))) {
      const figures =
        measured === undefined ? "" : ` (measured ${measured}${limit === undefined ? "" : `, limit ${limit}`})`;
      tell(`  ${verdict} ${title}, ${component}: ${message}${figures}`);
    }
};

/** Follows runs until each is over or held, and answers with them. */
export const followRuns = async (
  api: OperatorApi,
  runIds: readonly string[],
  tell: Tell,
  limitMs: number,
): Promise<readonly RunView[]> =>
  Promise.all(
    runIds.map((runId) => {
      const told: Told = { transitions: 0, steps: 0 };
      const look = (run: RunView): boolean => {
        tellNews(run, told, tell);
        return isSettled(run);
      };
      return api.until(runId, "its end", look, limitMs);
    }),
  );
