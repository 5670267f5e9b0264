/**
 * The tree of topics: `<prefix>/<box>/…`. Every level is made of `a-z`, `0-9` and `-`, which no convention and no wildcard uses for anything else
 * (Homie 5 topic ids; Sparkplug 3 chapter 4 bans `+ / #`). Pure.
 */

/** Where a box's tree begins. */
export interface TreeRoot {
  /** First levels, the same for all boxes of a site: `vetbox`. */
  readonly prefix: string;
  /** The box's name: `rack7`. */
  readonly box: string;
}

/** Verbs that may be asked for over MQTT. None of them can allow a wipe. */
export const COMMAND_VERBS = ["start", "cancel", "release", "retry"] as const;
/** A verb. */
export type CommandVerb = (typeof COMMAND_VERBS)[number];

/** A MAC as a level of a topic: its twelve digits. */
export const macLevel = (mac: string): string => mac.replaceAll(":", "").toLowerCase();

/** What is not there when the box has been away for long: these levels below a host are retained. */
const HOST_LEVELS = ["state", "avail", "telemetry"] as const;

/** The topics of a box. */
export const treeOf = ({ prefix, box }: TreeRoot) => {
  const root = `${prefix}/${box}`;
  const ofHost = (mac: string, level: (typeof HOST_LEVELS)[number]): string => `${root}/host/${macLevel(mac)}/${level}`;
  return {
    root,
    status: `${root}/status`,
    state: `${root}/state`,
    hostState: (mac: string) => ofHost(mac, "state"),
    hostAvail: (mac: string) => ofHost(mac, "avail"),
    hostTelemetry: (mac: string) => ofHost(mac, "telemetry"),
    runEvent: (runId: string) => `${root}/run/${runId}/event`,
    runResult: (runId: string) => `${root}/run/${runId}/result`,
    commands: `${root}/cmd/+`,
    /** The last level of a command's topic; null for a topic that is none. */
    verbOf: (topic: string): string | null =>
      topic.startsWith(`${root}/cmd/`) ? topic.slice(`${root}/cmd/`.length) : null,
  };
};

/** The topics of a box. */
export type Tree = ReturnType<typeof treeOf>;

/** The id of a box or of one of its hosts in Home Assistant: unique among all boxes of a broker. */
export const deviceId = ({ box }: TreeRoot, mac?: string): string =>
  mac === undefined ? `vetbox-${box}` : `vetbox-${box}-${macLevel(mac)}`;

/** Where Home Assistant looks for a device. */
export const discoveryTopic = (discoveryPrefix: string, id: string): string => `${discoveryPrefix}/device/${id}/config`;

/** Where Home Assistant says that it has started (const.py: DEFAULT_BIRTH_WILL_TOPIC). */
export const birthTopic = (discoveryPrefix: string): string => `${discoveryPrefix}/status`;
