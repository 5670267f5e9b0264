/** What no single setting can know: settings that do not fit together. */
import { boundsOf, parseIpv4 } from "./ipv4.ts";
import type { Config } from "./settings.ts";

/** A misfit: the setting that is to be changed, and why. */
export interface Misfit {
  readonly path: readonly string[];
  readonly message: string;
}

const rangeMisfits = ({ network }: Config): readonly Misfit[] => {
  if (network.dhcp.mode !== "authoritative") return [];
  const { first, last } = boundsOf(network.address);
  const own = parseIpv4(network.address.address) ?? 0;
  const from = parseIpv4(network.dhcp.from) ?? 0;
  const to = parseIpv4(network.dhcp.to) ?? 0;
  const { address, prefixBits } = network.address;
  const outside = (["from", "to"] as const).flatMap((key): Misfit[] => {
    const value = key === "from" ? from : to;
    if (value > first && value < last) return [];
    const message = `${network.dhcp[key]} is outside the network of ${address}/${prefixBits}; allowed is an address inside it`;
    return [{ path: ["network", "dhcp", key], message }];
  });
  if (outside.length > 0) return outside;
  if (from > to)
    return [
      {
        path: ["network", "dhcp", "to"],
        message: `the range ends before it begins at ${network.dhcp.from}; allowed is that address or a later one`,
      },
    ];
  if (own < from || own > to) return [];
  const message = `the box's own address ${address} lies in the range; allowed is a range beside it`;
  return [{ path: ["network", "dhcp", "from"], message }];
};

/** Ports of which each is one listener's. */
const singlePorts = ({ ports: { agent, script, files }, web }: Config) => [
  ...Object.entries({ agent, script, files }).map(([name, port]) => ({ path: ["ports", name], port })),
  ...("port" in web.listen ? [{ path: ["web", "listen"], port: web.listen.port }] : []),
];

const portMisfits = (config: Config): readonly Misfit[] => {
  const taken = new Map<number, string>();
  return singlePorts(config).flatMap(({ path, port }): Misfit[] => {
    const other = taken.get(port);
    taken.set(port, path.join("."));
    if (port === 0 || other === undefined) return [];
    return [{ path, message: `port ${port} is ${other}'s already; allowed is another one` }];
  });
};

/** The ports of measurements: none of them is another listener's, and there is one for each run that may be under way. */
const measureMisfits = (config: Config): readonly Misfit[] => {
  const { from, to } = config.ports.measure;
  if (from === 0) return [];
  const path = ["ports", "measure", "to"];
  if (to < from)
    return [{ path, message: `the ports end before they begin at ${from}; allowed is that port or a later one` }];
  const { places } = config.runs;
  if (to - from + 1 < places)
    return [
      {
        path,
        message: `${to - from + 1} ports are too few for ${places} runs at once; allowed is ${from + places - 1} or more`,
      },
    ];
  return singlePorts(config).flatMap((single): Misfit[] => {
    if (single.port < from || single.port > to) return [];
    return [
      {
        path: single.path,
        message: `port ${single.port} is one of ports.measure's (${from} to ${to}); allowed is another one`,
      },
    ];
  });
};

/** What of the broker's keys makes no sense alone. A key that is set and does nothing is a mistake that nobody would see. */
const mqttMisfits = ({ mqtt }: Config): readonly Misfit[] => {
  const wrong = (key: keyof Config["mqtt"], message: string): Misfit => ({ path: ["mqtt", key], message });
  const given = (["ca", "cert", "key"] as const).filter((key) => mqtt[key] !== "");
  const plain = mqtt.url !== null && !mqtt.url.tls;
  return [
    ...(plain
      ? given.map((key) => wrong(key, `mqtt.url has no TLS, so ${key} is never used; allowed is mqtts://`))
      : []),
    ...(mqtt.cert !== "" && mqtt.key === ""
      ? [wrong("cert", "a certificate without its key; allowed are both or none")]
      : []),
    ...(mqtt.key !== "" && mqtt.cert === ""
      ? [wrong("key", "a key without its certificate; allowed are both or none")]
      : []),
    ...(mqtt.passwordFile !== "" && mqtt.username === ""
      ? [wrong("passwordFile", "a password without a user name; allowed are both or none")]
      : []),
  ];
};

/** One line for two buttons would be one button with two meanings. */
const buttonMisfits = ({ panel }: Config): readonly Misfit[] => {
  const taken = new Map<number, string>();
  return (["next", "override", "abort"] as const).flatMap((button): readonly Misfit[] => {
    const line = panel.buttons[button];
    const other = taken.get(line);
    taken.set(line, button);
    if (other === undefined) return [];
    return [
      { path: ["panel", "buttons", button], message: `line ${line} is ${other}'s already; allowed is another one` },
    ];
  });
};

/** Everything that does not fit together. */
export const findMisfits = (config: Config): readonly Misfit[] => [
  ...rangeMisfits(config),
  ...portMisfits(config),
  ...measureMisfits(config),
  ...mqttMisfits(config),
  ...buttonMisfits(config),
];
