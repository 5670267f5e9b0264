/** A host: how it stands, starting a run, its expected spec, its boot, its runs. */
import { PROFILES } from "../agent/wire/names.ts";
import type { BootTimeline } from "../appliance/core/boot.ts";
import { REPAIR_NOTE_CHARS } from "../appliance/core/ports.ts";
import type { HostView, RunSummary } from "../appliance/core/views.ts";
import { Boot } from "./boot-timeline.tsx";
import { BmcSection } from "./host-bmc.tsx";
import { Notice, Page } from "./layout.tsx";
import { type Part, Parts } from "./parts.tsx";
import { HostTile, RunRow } from "./run-tiles.tsx";

/** What a host's page shows. */
export interface HostData {
  readonly host: HostView;
  readonly runs: readonly RunSummary[];
  readonly timeline: BootTimeline;
  readonly now: number;
}

/** The spec as it stands in the editor, with what is wrong with it. */
export interface SpecDraft {
  readonly text: string;
  readonly refused: { readonly detail: string; readonly place: string | null } | null;
  /** It was written from the last inventory and is not saved. */
  readonly learned?: boolean;
}

const pathOf = (host: HostView): string => `/hosts/${encodeURIComponent(host.id)}`;

/** Read only is chosen; that disks may be erased is an act of its own, and a form without the field means read only. */
const StartForm = ({ host }: { host: HostView }) => (
  <form method="post" action={`${pathOf(host)}/runs`} class="card stack">
    <fieldset class="choice">
      <legend>Length</legend>
      {PROFILES.map((profile, i) => (
        <label>
          <input type="radio" name="profile" value={profile} checked={i === 0} />
          <span>{profile}</span>
        </label>
      ))}
    </fieldset>
    <fieldset class="choice">
      <legend>Disks</legend>
      <label>
        <input type="radio" name="disks" value="read-only" checked />
        <span>Read only</span>
      </label>
      <label class="danger">
        <input type="radio" name="disks" value="may-erase" />
        <span>May be erased</span>
      </label>
    </fieldset>
    <label for="repaired">What was repaired before? The report then tells expected changes from others.</label>
    <input
      id="repaired"
      name="repaired"
      placeholder="DIMM B2 replaced"
      autocomplete="off"
      maxlength={REPAIR_NOTE_CHARS}
    />
    <div class="buttons">
      <button type="submit" class="plain" formmethod="get" formaction={`${pathOf(host)}/plan`}>
        See the plan
      </button>
      <button type="submit" class="primary">
        Start a run
      </button>
    </div>
  </form>
);

const Now = ({ host, now }: { host: HostView; now: number }) => (
  <>
    <ul class="tiles">
      <HostTile host={host} now={now} />
    </ul>
    <h2>{host.activeRun === null ? "Start a run" : "Run in progress"}</h2>
    {host.activeRun === null ? (
      <StartForm host={host} />
    ) : (
      <a class="button primary wide" href={`/runs/${encodeURIComponent(host.activeRun.id)}`}>
        Open the run
      </a>
    )}
  </>
);

const Runs = ({ runs }: { runs: readonly RunSummary[] }) => (
  <>
    <h2>Runs</h2>
    {runs.length === 0 ? (
      <p class="card dim">None yet.</p>
    ) : (
      <ul class="card lines links">
        {runs.map((run) => (
          <RunRow run={run} />
        ))}
      </ul>
    )}
  </>
);

/** Lines around the place of an error, so that it is found on a phone without counting. */
const Excerpt = ({ text, place }: { text: string; place: string }) => {
  const [line = 0, column = 1] = place.split(":").map(Number);
  const source = text.split("\n")[line - 1];
  if (source === undefined) return null;
  const number = `${line} | `;
  return <pre class="code">{`${number}${source}\n${" ".repeat(number.length + Math.max(0, column - 1))}^`}</pre>;
};

const PLACE = /^\d+:\d+$/;

/** Asks for a spec from the last inventory; it comes back into the editor, where nothing is saved without a person. */
const LearnForm = ({ host }: { host: HostView }) => (
  <form method="get" action={`${pathOf(host)}/learn`} class="card stack learn">
    <fieldset class="choice">
      <legend>Write a spec from what this server is</legend>
      <label>
        <input type="radio" name="serials" value="true" checked />
        <span>This server alone</span>
      </label>
      <label>
        <input type="radio" name="serials" value="false" />
        <span>Any made alike</span>
      </label>
    </fieldset>
    <button type="submit" class="plain">
      Learn from the last inventory
    </button>
  </form>
);

const SpecEditor = ({ host, draft }: { host: HostView; draft: SpecDraft }) => {
  const place = draft.refused?.place ?? null;
  const byLine = place !== null && PLACE.test(place);
  return (
    <section id="spec">
      <h2>Expected spec</h2>
      <form method="post" action={`${pathOf(host)}/spec#spec`} class="card stack">
        {draft.refused === null ? null : (
          <Notice tone="bad">
            <p>
              <strong>{place === null ? "" : `${byLine ? `Line ${place.replace(":", ", column ")}` : place}: `}</strong>
              {draft.refused.detail}
            </p>
            {byLine ? <Excerpt text={draft.text} place={place} /> : null}
          </Notice>
        )}
        {draft.learned === true ? (
          <Notice tone="warn">
            <p>
              <strong>Learned from the last inventory, not saved yet.</strong> Read it, loosen what may differ, then
              save it.
            </p>
          </Notice>
        ) : null}
        <label for="specYaml">YAML. Save it empty to remove the spec.</label>
        <textarea
          id="specYaml"
          name="specYaml"
          class="code"
          rows={12}
          spellcheck={false}
          autocapitalize="none"
          autocomplete="off"
          aria-invalid={draft.refused === null ? undefined : "true"}
        >
          {`\n${draft.text}`}
        </textarea>
        <button type="submit" class="primary">
          Save the spec
        </button>
      </form>
      {host.lastRun === null ? null : <LearnForm host={host} />}
    </section>
  );
};

/** The parts of a host's page that change by themselves. The editor is not among them: nobody's typing is taken away. */
export const hostParts = (data: HostData): readonly Part[] => [
  { id: "now", content: <Now host={data.host} now={data.now} /> },
  { id: "runs", content: <Runs runs={data.runs} /> },
  { id: "boot", content: <Boot timeline={data.timeline} /> },
];

/** A host's page. */
export const HostPage = ({ data, draft }: { data: HostData; draft: SpecDraft }) => (
  <Page
    title={data.host.name}
    back={{ href: "/", label: "Hosts" }}
    live={{ partsPath: `${pathOf(data.host)}/parts`, hostId: data.host.id }}
  >
    <Parts parts={hostParts(data)} />
    <SpecEditor host={data.host} draft={draft} />
    <BmcSection host={data.host} />
    <p class="last">
      <a class="target" href={`${pathOf(data.host)}/remove`}>
        Remove this host
      </a>
    </p>
  </Page>
);

/** Asks before a host is removed. */
export const RemoveHostPage = ({ host }: { host: HostView }) => (
  <Page title={`Remove ${host.name}?`} back={{ href: pathOf(host), label: host.name }}>
    <Notice tone="warn">
      <p>The box no longer answers {host.mac}, and the expected spec goes. Past runs and their reports stay.</p>
    </Notice>
    <form method="post" action={`${pathOf(host)}/remove`} class="buttons">
      <a class="button plain" href={pathOf(host)}>
        Back
      </a>
      <button type="submit" class="danger">
        Remove
      </button>
    </form>
  </Page>
);
