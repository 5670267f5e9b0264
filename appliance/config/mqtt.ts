/** The settings of the site's broker. The password stands in a file of its own, so that the config may be shown to anybody. */
import * as v from "valibot";
import { setting } from "./setting.ts";

/** Where the broker listens. */
export interface BrokerUrl {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
}

const PORTS = { "mqtt:": 1883, "mqtts:": 8883 } as const;
const HOST = /^([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-fA-F:.]{2,45}\])$/;

/** Reads the address of a broker; null for what is none. One with a password is refused. */
export const parseBrokerUrl = (text: string): BrokerUrl | null => {
  const [, scheme = "", host = "", port] =
    /^(mqtts?:)\/\/([^/@:?#[\]]+|\[[^\]]*\])(?::(\d{1,5}))?\/?$/.exec(text) ?? [];
  if ((scheme !== "mqtt:" && scheme !== "mqtts:") || !HOST.test(host)) return null;
  const number = port === undefined ? PORTS[scheme] : Number(port);
  if (number < 1 || number > 65_535) return null;
  return { tls: scheme === "mqtts:", host: host.replace(/^\[(.*)\]$/, "$1"), port: number };
};

const URL_ALLOWED =
  "mqtt://HOST, mqtts://HOST (TLS), each with :PORT if need be, or nothing for no broker; user name and password have keys of their own";

const url = v.pipe(
  v.string(),
  v.rawTransform<string, BrokerUrl | null>(({ dataset, addIssue, NEVER }) => {
    if (dataset.value === "") return null;
    const address = parseBrokerUrl(dataset.value);
    if (address !== null) return address;
    addIssue();
    return NEVER;
  }),
);

const file = (doc: string) =>
  setting(doc, "an absolute path, or nothing", "", v.pipe(v.string(), v.regex(/^(\/[^\0\n]{1,200})?$/)));

const PREFIX = /^[a-z0-9-]{1,32}(\/[a-z0-9-]{1,32}){0,3}$/;
const prefix = (doc: string, fallback: string) =>
  setting(doc, "levels of a-z, 0-9 and -, with / between them", fallback, v.pipe(v.string(), v.regex(PREFIX)));

/** YAML 1.2 reads on and off as these words. */
const onOff = (doc: string, fallback: "on" | "off") =>
  setting(
    doc,
    "on, off",
    fallback,
    v.pipe(
      v.picklist(["on", "off"]),
      v.transform((word) => word === "on"),
    ),
  );

/** The keys of the section. */
export const MQTT_SETTINGS = {
  url: setting("Where the broker listens.", URL_ALLOWED, "", url),
  username: setting("User name.", "up to 256 characters, or nothing", "", v.pipe(v.string(), v.maxLength(256))),
  passwordFile: file("File whose first line is the password."),
  ca: file(
    "PEM file with the authority that signed the broker's certificate; without one, those that the system trusts.",
  ),
  cert: file("PEM file with the certificate by which the box shows who it is."),
  key: file("PEM file with that certificate's key."),
  prefix: prefix("Topics begin with this and the box's name, which no other box of the broker may have.", "vetbox"),
  discovery: onOff("Whether Home Assistant finds the box and its hosts by itself.", "on"),
  discoveryPrefix: prefix("Where Home Assistant looks for devices.", "homeassistant"),
  commands: onOff(
    "Whether runs may be started, cancelled, released and retried over MQTT, by whoever the broker lets publish there. None writes to a disk.",
    "off",
  ),
};
