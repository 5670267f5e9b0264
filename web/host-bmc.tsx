/** A host's BMC on its page: where it is, what may be asked of it, and the form that sets it. Its password goes in and never comes out. */
import { BMC_KINDS, BMC_PORTS, type BmcView, CUTS_POWER, type PowerVerb } from "../appliance/core/power-port.ts";
import type { HostView } from "../appliance/core/views.ts";
import { renderUtc } from "../appliance/core/words.ts";
import { Notice, Page } from "./layout.tsx";

const pathOf = (host: HostView): string => `/hosts/${encodeURIComponent(host.id)}`;

const BUTTONS: readonly (readonly [PowerVerb, string])[] = [
  ["status", "Ask for its state"],
  ["on", "Power on"],
  ["pxe", "Next boot from the network"],
  ["identify-on", "Blink the identify LED"],
  ["identify-off", "End the identify LED"],
  ["cycle", "Power-cycle"],
  ["off", "Power off"],
];

const KIND_WORDS = { redfish: "Redfish", ipmi: "IPMI" } as const;

/** What an operator may ask; what cuts the power is asked for once more. */
const PowerButtons = ({ host }: { host: HostView }) => (
  <form method="post" action={`${pathOf(host)}/power`} class="card stack">
    {BUTTONS.map(([verb, words]) => (
      <button type="submit" name="verb" value={verb} class={CUTS_POWER.has(verb) ? "danger" : "plain"}>
        {words}
      </button>
    ))}
  </form>
);

const Facts = ({ bmc }: { bmc: BmcView }) => (
  <dl class="card pair">
    <div>
      <dt>{KIND_WORDS[bmc.kind]}</dt>
      <dd>
        {bmc.user} at {bmc.address} port {bmc.port}
      </dd>
    </div>
    <div>
      <dt>Password</dt>
      <dd>
        set {renderUtc(bmc.setMs)} by {bmc.setBy}
      </dd>
    </div>
    {bmc.kind === "redfish" ? (
      <div>
        <dt>Certificate, SHA-256</dt>
        <dd>{bmc.pin === null ? "taken at the first contact" : <code>{bmc.pin}</code>}</dd>
      </div>
    ) : null}
  </dl>
);

const SetForm = ({ host }: { host: HostView }) => (
  <form method="post" action={`${pathOf(host)}/bmc`} class="card stack" autocomplete="off">
    <fieldset class="choice">
      <legend>Language</legend>
      {BMC_KINDS.map((kind, i) => (
        <label>
          <input type="radio" name="kind" value={kind} checked={i === 0} />
          <span>{KIND_WORDS[kind]}</span>
        </label>
      ))}
    </fieldset>
    <label for="bmc-address">IP address</label>
    <input id="bmc-address" name="address" required autocomplete="off" autocapitalize="none" spellcheck={false} />
    <label for="bmc-port">
      Port, if not {BMC_PORTS.redfish} or {BMC_PORTS.ipmi}
    </label>
    <input id="bmc-port" name="port" inputmode="numeric" autocomplete="off" />
    <label for="bmc-user">User</label>
    <input id="bmc-user" name="user" required autocomplete="off" autocapitalize="none" spellcheck={false} />
    <label for="bmc-password">Password. It is kept sealed and is not shown again.</label>
    <input id="bmc-password" name="password" type="password" required autocomplete="new-password" />
    <button type="submit" class="primary">
      {host.bmc === null ? "Set the BMC" : "Set the BMC anew"}
    </button>
  </form>
);

/** The section of the host's page. It is no part that changes by itself: nobody's typing is taken away. */
export const BmcSection = ({ host }: { host: HostView }) => (
  <section id="bmc">
    <h2>Power by its BMC</h2>
    {host.bmc === null ? null : (
      <>
        <Facts bmc={host.bmc} />
        <PowerButtons host={host} />
      </>
    )}
    <details open={host.bmc === null}>
      <summary class="target">{host.bmc === null ? "No BMC is set" : "Set it anew"}</summary>
      <SetForm host={host} />
    </details>
    {host.bmc === null ? null : (
      <form method="post" action={`${pathOf(host)}/bmc/remove`}>
        <button type="submit" class="plain">
          Forget the BMC
        </button>
      </form>
    )}
  </section>
);

const VERB_WORDS: Record<PowerVerb, string> = {
  status: "Ask",
  on: "Power on",
  off: "Power off",
  cycle: "Power-cycle",
  pxe: "Boot from the network",
  "identify-on": "Blink the identify LED",
  "identify-off": "End the identify LED",
};

/** Asks before a host's power is cut. */
export const CutPowerPage = ({ host, verb }: { host: HostView; verb: PowerVerb }) => (
  <Page title={`${VERB_WORDS[verb]}: ${host.name}?`} back={{ href: pathOf(host), label: host.name }}>
    <Notice tone={host.activeRun === null ? "warn" : "bad"}>
      <p>
        {host.activeRun === null
          ? "The power is cut at once; whatever runs there is not asked."
          : "A run of this host is not over. Its stage breaks off, and a disk that is being written may be left half written."}
      </p>
    </Notice>
    <form method="post" action={`${pathOf(host)}/power`} class="buttons">
      <input type="hidden" name="verb" value={verb} />
      <input type="hidden" name="sure" value={host.activeRun === null ? "yes" : "force"} />
      <a class="button plain" href={pathOf(host)}>
        Back
      </a>
      <button type="submit" class="danger">
        {VERB_WORDS[verb]}
      </button>
    </form>
  </Page>
);

/** What came of a verb. */
export const PowerDonePage = ({ host, said }: { host: HostView; said: string }) => (
  <Page title={host.name} back={{ href: `${pathOf(host)}#bmc`, label: host.name }}>
    <Notice tone="idle">
      <p>{said}</p>
    </Notice>
  </Page>
);
