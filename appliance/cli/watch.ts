/** Follows one run over the box's live stream, one line of progress, through any outage of the box. */
import { plainText } from "../../agent/wire/plain.ts";
import { adviceOf } from "../core/power-words.ts";
import { OPERATOR_MAY_RELEASE, TERMINAL } from "../core/states.ts";
import type { RunSummary, RunView } from "../core/views.ts";
import { RUN_VERDICT_WORDS, renderDuration, STATE_WORDS } from "../core/words.ts";
import type { BoxClient } from "./box-client.ts";
import { readEvents } from "./events.ts";
import { EXIT, type ExitCode, Stop } from "./terminal.ts";
import type { Cli } from "./verb.ts";

/** How soon a stream that ended is opened again: soon at first, for a box that restarts; never slower than this. */
const AGAIN_MS = [250, 500, 1000, 2000, 5000] as const;

/** Nothing more will happen without a person. */
const isOver = (run: RunSummary): boolean => TERMINAL.has(run.state) || OPERATOR_MAY_RELEASE.has(run.state);

/** The exit code that a run's result stands for. */
export const exitOf = (run: RunSummary): ExitCode =>
  run.verdict === "pass" || run.verdict === "warn" ? EXIT.ok : EXIT.failed;

/** A run in one line. */
export const renderProgress = (run: RunSummary, nowMs: number): string =>
  [
    plainText(run.hostName, 40),
    STATE_WORDS[run.state].text,
    run.progress === null || isOver(run) ? "" : `${Math.floor(run.progress * 100)} %`,
    run.note === null || isOver(run) ? "" : plainText(run.note, 80),
    isOver(run) ? "" : `(${renderDuration(nowMs - run.enteredMs)})`,
  ]
    .filter((word) => word !== "")
    .join("  ");

/** On a terminal one line that changes; elsewhere a line for each new state, so that a log stays readable. */
const createLine = (cli: Cli) => {
  let said = "";
  return (run: RunSummary): void => {
    if (cli.isTerminal) cli.err(`\r\u001b[2K${renderProgress(run, cli.nowMs())}`);
    else if (said !== run.state) cli.err(`${plainText(run.hostName, 40)}  ${STATE_WORDS[run.state].text}\n`);
    said = run.state;
  };
};

const renderEnd = (run: RunSummary): string => {
  const { failure } = run;
  const result = `${RUN_VERDICT_WORDS[run.verdict].text}: ${plainText(run.hostName, 40)}, run ${plainText(run.id)}\n`;
  return failure === null ? result : `${result}${plainText(failure.message)}\n${plainText(adviceOf(failure))}\n`;
};

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** The run, or null while the box is away; what the box refuses is thrown. */
const fetchRun = (box: BoxClient, ref: string): Promise<RunView | null> =>
  box.get<RunView>(`/runs/${encodeURIComponent(ref)}`).catch((error: unknown) => {
    if (error instanceof Stop && error.exit === EXIT.unreachable) return null;
    throw error;
  });

/** Watches until nothing more happens without a person. The first call must reach the box; after that its outages are waited out. */
export const watchRun = async (cli: Cli, box: BoxClient, ref: string): Promise<RunView> => {
  const say = createLine(cli);
  const finish = (run: RunView): RunView => {
    if (cli.isTerminal) cli.err("\r\u001b[2K");
    cli.err(renderEnd(run));
    return run;
  };
  const first = await box.get<RunView>(`/runs/${encodeURIComponent(ref)}`);
  say(first);
  if (isOver(first)) return finish(first);
  let lastEventId: string | null = null;
  for (let failures = 0; !cli.signal.aborted; failures++) {
    const body = await box.events("/live", lastEventId, cli.signal);
    // What happened before the stream was open is in the run itself; what happens after it is in the stream.
    const now = await fetchRun(box, first.id);
    if (now !== null) {
      failures = 0;
      say(now);
      if (isOver(now)) return finish(now);
    }
    for await (const event of body === null ? [] : readEvents(body)) {
      lastEventId = event.id ?? lastEventId;
      if (event.name !== "reset" && !event.data.includes(first.id)) continue;
      const run = await fetchRun(box, first.id);
      if (run === null) break;
      say(run);
      if (isOver(run)) return finish(run);
    }
    await sleep(AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)] ?? 0, cli.signal);
  }
  throw new Stop(EXIT.failed, "Interrupted; the run goes on.");
};
