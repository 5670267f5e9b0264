/** Hosts and runs as rows of a list: icon, colour and word for how they stand. */
import type { HostView, RunSummary } from "../appliance/core/views.ts";
import { RUN_VERDICT_WORDS, renderAbout, renderUtc, type Word } from "../appliance/core/words.ts";
import { OnwardIcon, ToneIcon } from "./icons.tsx";
import { Badge } from "./layout.tsx";
import { Progress, RunFacts, wordOf } from "./run-head.tsx";

const NEVER_RUN: Word = { text: "Never run", tone: "idle" };

const hostWord = (host: HostView): Word => {
  const run = host.activeRun ?? host.lastRun;
  return run === null ? NEVER_RUN : wordOf(run);
};

/** A host in the list. The whole tile is the link: to the run that goes on, else to the host. */
export const HostTile = ({ host, now }: { host: HostView; now: number }) => {
  const word = hostWord(host);
  const run = host.activeRun;
  const path = run === null ? `/hosts/${encodeURIComponent(host.id)}` : `/runs/${encodeURIComponent(run.id)}`;
  return (
    <li id={`host-${host.id}`}>
      <a class={`tile ${word.tone}`} href={path}>
        <span class="mark">
          <ToneIcon tone={word.tone} />
        </span>
        <span class="grow">
          <span class="row">
            <strong class="grow">{host.name}</strong>
            <small class="dim">{host.mac}</small>
          </span>
          <span class="words">{word.text}</span>
          {run === null ? <LastRun host={host} now={now} /> : <RunFacts run={run} now={now} />}
          {run?.note == null ? null : <small class="dim">{run.note}</small>}
          {run === null ? null : <Progress run={run} />}
        </span>
      </a>
    </li>
  );
};

const LastRun = ({ host, now }: { host: HostView; now: number }) => (
  <small class="facts">
    {host.lastRun === null || host.lastRun.endedMs === null ? null : (
      <span>{renderAbout(now - host.lastRun.endedMs)} ago</span>
    )}
    <span>{host.hasSpec ? "has a spec" : "no spec"}</span>
  </small>
);

/** A run in a host's list. */
export const RunRow = ({ run }: { run: RunSummary }) => (
  <li>
    <a class="row" href={`/runs/${encodeURIComponent(run.id)}`}>
      <span class="grow">
        {renderUtc(run.createdMs)}
        <small class="dim">
          {run.profile}, <code>{run.state}</code>
          {run.repaired === null ? "" : `, after: ${run.repaired}`}
          {run.failure === null ? "" : `, ${run.failure.message}`}
        </small>
      </span>
      <Badge word={RUN_VERDICT_WORDS[run.verdict]} />
      <OnwardIcon />
    </a>
  </li>
);
