/** The start page: the hosts with how they stand, servers that asked to boot and are unknown, the box itself. */
import type { Sighting } from "../appliance/core/boot.ts";
import { OPERATOR_MAY_RELEASE } from "../appliance/core/states.ts";
import type { BoxView, HostView, MqttView } from "../appliance/core/views.ts";
import { renderAbout, renderMqttFacts, renderOtherDhcp, type Word } from "../appliance/core/words.ts";
import { Badge, Notice, Page } from "./layout.tsx";
import { type Part, Parts } from "./parts.tsx";
import { HostTile } from "./run-tiles.tsx";

/** What the start page shows. */
export interface HomeData {
  readonly box: BoxView;
  readonly hosts: readonly HostView[];
  readonly sightings: readonly Sighting[];
  readonly now: number;
  /** Whether the panel's buttons are on its page: who has no panel finds it there. */
  readonly hasSimulatedPanel: boolean;
}

/** What was typed into the register form and refused. */
export interface RefusedHost {
  readonly name: string;
  readonly mac: string;
  readonly detail: string;
}

const DNSMASQ_WORDS: Record<BoxView["dnsmasq"], Word> = {
  running: { text: "Boot service runs", tone: "good" },
  starting: { text: "Boot service starts", tone: "wait" },
  restarting: { text: "Boot service restarts", tone: "warn" },
  off: { text: "Boot service is off", tone: "bad" },
};

const MQTT_WORDS: Record<MqttView["state"], Word> = {
  connected: { text: "MQTT connected", tone: "good" },
  connecting: { text: "MQTT connects", tone: "wait" },
  trouble: { text: "MQTT is cut off", tone: "warn" },
};

const IMAGE_ID_CHARS = 12;

const BoxLine = ({ box, hasSimulatedPanel }: Pick<HomeData, "box" | "hasSimulatedPanel">) => (
  <div class="box">
    <Badge word={DNSMASQ_WORDS[box.dnsmasq]} />
    {box.mqtt === null ? null : <Badge word={MQTT_WORDS[box.mqtt.state]} />}
    <small class="facts">
      <span>{box.address}</span>
      <span>{box.imageId === null ? "no image" : `image ${box.imageId.slice(0, IMAGE_ID_CHARS)}`}</span>
      <span>version {box.version}</span>
      <span>
        {box.activeRuns} active, {box.queuedRuns} waiting
      </span>
      {(box.mqtt === null ? [] : renderMqttFacts(box.mqtt)).map((fact) => (
        <span>{fact}</span>
      ))}
    </small>
    {hasSimulatedPanel ? (
      <a class="target" href="/panel">
        Its panel, simulated
      </a>
    ) : null}
  </div>
);

const OtherDhcp = ({ servers }: { servers: BoxView["otherDhcp"] }) => (
  <Notice tone="bad">
    <strong>Another DHCP server answers on the servers' network: </strong>
    {renderOtherDhcp(servers)}. Servers may get a wrong address or boot something else, so no run that may write to
    disks begins until it is gone. Find it on the switch and unplug it.
  </Notice>
);

const Held = ({ hosts }: { hosts: readonly HostView[] }) => (
  <Notice tone="bad">
    <strong>
      {hosts.length === 1
        ? "One server is held and waits for you: "
        : `${hosts.length} servers are held and wait for you: `}
    </strong>
    {hosts.map((host, i) => (
      <>
        {i === 0 ? "" : ", "}
        <a href={`/runs/${encodeURIComponent(host.activeRun?.id ?? "")}`}>{host.name}</a>
      </>
    ))}
  </Notice>
);

const Hosts = ({ hosts, now }: { hosts: readonly HostView[]; now: number }) => (
  <>
    <h2>Hosts</h2>
    {hosts.length === 0 ? (
      <p class="card dim">No host is registered. Switch a server on by network boot and it shows up below.</p>
    ) : (
      <ul class="tiles">
        {hosts
          .toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))
          .map((host) => (
            <HostTile host={host} now={now} />
          ))}
      </ul>
    )}
  </>
);

/** A name that is taken by nobody else, so that one tap is enough; it can be changed before. */
const proposedName = (mac: string): string => `host-${mac.replaceAll(":", "").slice(-6)}`;

const Seen = ({ sightings, now }: { sightings: readonly Sighting[]; now: number }) => (
  <>
    <h2>Seen, not registered</h2>
    <ul class="card lines">
      {sightings.map((s) => (
        <li id={`seen-${s.mac}`}>
          <strong>{s.mac}</strong>
          <small class="dim">
            asked {s.count === 1 ? "once" : `${s.count} times`}, {renderAbout(now - s.lastSeenMs)} ago
            {s.detail === "" ? "" : `, ${s.detail}`}
          </small>
          <form method="post" action="/hosts" class="row">
            <input type="hidden" name="mac" value={s.mac} />
            <input
              class="grow"
              name="name"
              value={proposedName(s.mac)}
              aria-label={`Name for ${s.mac}`}
              required
              maxlength={63}
            />
            <button type="submit" class="primary">
              Register
            </button>
          </form>
        </li>
      ))}
    </ul>
  </>
);

const RegisterForm = ({ refused }: { refused: RefusedHost | null }) => (
  <details class="card" open={refused !== null}>
    <summary>Register a host by its MAC address</summary>
    {refused === null ? null : <Notice tone="bad">{refused.detail}</Notice>}
    <form method="post" action="/hosts" class="stack">
      <label for="name">Name</label>
      <input
        id="name"
        name="name"
        value={refused?.name}
        placeholder="r07-u12"
        autocomplete="off"
        required
        maxlength={63}
      />
      <label for="mac">MAC address of the port that boots</label>
      <input
        id="mac"
        name="mac"
        value={refused?.mac}
        placeholder="e4:43:4b:12:9a:70"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        required
      />
      <button type="submit" class="primary">
        Register
      </button>
    </form>
  </details>
);

/** The parts of the start page that change by themselves. */
export const homeParts = ({ box, hosts, sightings, now, hasSimulatedPanel }: HomeData): readonly Part[] => {
  const held = hosts.filter((h) => h.activeRun !== null && OPERATOR_MAY_RELEASE.has(h.activeRun.state));
  return [
    { id: "box", content: <BoxLine box={box} hasSimulatedPanel={hasSimulatedPanel} /> },
    { id: "dhcp", content: box.otherDhcp.length === 0 ? null : <OtherDhcp servers={box.otherDhcp} /> },
    { id: "held", content: held.length === 0 ? null : <Held hosts={held} /> },
    { id: "hosts", content: <Hosts hosts={hosts} now={now} /> },
    { id: "seen", content: sightings.length === 0 ? null : <Seen sightings={sightings} now={now} /> },
  ];
};

/** The start page. */
export const HomePage = ({ data, refused }: { data: HomeData; refused: RefusedHost | null }) => (
  <Page title={data.box.name} live={{ partsPath: "/parts" }}>
    <Parts parts={homeParts(data)} />
    <h2>Register</h2>
    <RegisterForm refused={refused} />
  </Page>
);
