/** Every setting of the box: meaning, what is allowed, default. One entry each; all else follows from this tree. */
import * as v from "valibot";
import { type Ipv4Place, parseIpv4, parsePlace } from "./ipv4.ts";
import { LISTEN_ALLOWED, parseListen, type WebListen } from "./listen.ts";
import { MQTT_SETTINGS } from "./mqtt.ts";
import { PANEL_SETTINGS } from "./panel-settings.ts";
import { type Decoded, section, setting } from "./setting.ts";

const matching = (pattern: RegExp) => v.pipe(v.string(), v.regex(pattern));

/** Text that a parser turns into a value; null from the parser refuses it. */
const parsed = <T extends object>(parse: (text: string) => T | null) =>
  v.pipe(
    v.string(),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      const value = parse(dataset.value);
      if (value !== null) return value;
      addIssue();
      return NEVER;
    }),
  );

const whole = (doc: string, fallback: number, min: number, max: number) =>
  setting(
    doc,
    `a whole number from ${min} to ${max}`,
    fallback,
    v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max)),
  );

const oneOf = <const Words extends readonly [string, ...string[]]>(doc: string, words: Words) =>
  setting(doc, words.join(", "), words[0], v.picklist(words));

const directory = (doc: string, fallback: string) =>
  setting(doc, "an absolute path", fallback, matching(/^\/[^\0\n]{0,200}$/));

const port = (doc: string, fallback: number) => whole(`${doc} 0 is any free one, for tests.`, fallback, 0, 65_535);

const ipv4 = (doc: string, fallback: string) =>
  setting(
    doc,
    "an IPv4 address",
    fallback,
    v.pipe(
      v.string(),
      v.check((text) => parseIpv4(text) !== null),
    ),
  );

/** The tree. */
export const SETTINGS = section("The box's settings. Every key may be left out; the values below then hold.", {
  name: setting(
    "The box's name: on its pages, in its certificate, and as NAME.local.",
    "1 to 32 of a-z, 0-9 and -, not beginning or ending with -",
    "vetbox",
    matching(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/),
  ),
  stateDir: directory("What the box keeps: database, certificate, artifacts, reports.", "/var/lib/vetbox"),
  runDir: directory(
    "Scratch of this start of the machine, on a tmpfs: sockets, process ids, rendered configurations.",
    "/run/vetbox",
  ),
  imageDir: directory("The live image that servers boot.", "/var/lib/vetbox/images"),
  loaderDir: directory("Boot loaders that are handed out by TFTP and HTTP.", "/usr/share/vetbox/loaders"),
  network: section("The network of the servers under test.", {
    interface: setting(
      "The interface that the servers are on. dnsmasq answers on no other.",
      "the name of an interface, up to 15 characters",
      "eth0",
      matching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/),
    ),
    address: setting(
      "The box's own address there, with the network's bits.",
      "an IPv4 address with 8 to 29 bits, as in 10.77.0.1/24, that is neither the network's first nor its last",
      "10.77.0.1/24",
      parsed<Ipv4Place>(parsePlace),
    ),
    dhcp: section("How servers get an address.", {
      mode: oneOf(
        "authoritative: the box gives addresses, on a network of its own. proxy: the site's DHCP server gives them, the box only says what to boot. " +
          "off: the box answers no DHCP at all.",
        ["authoritative", "proxy", "off"],
      ),
      from: ipv4("First address that is given out, where the box gives them.", "10.77.0.50"),
      to: ipv4("Last address that is given out.", "10.77.0.199"),
      leaseMinutes: whole("How long an address is lent.", 60, 2, 10_080),
    }),
  }),
  ports: section("Ports on the servers' network.", {
    agent: port("Agents, over TLS.", 8443),
    script: port("Boot scripts, over HTTP.", 8080),
    files: port("Kernel, image and boot loaders, over HTTP.", 8081),
    measure: section("Network measurements, by iperf3: each server that measures has a port of its own.", {
      from: port("First port.", 5201),
      to: whole("Last port.", 5264, 0, 65_535),
    }),
  }),
  web: section("The pages and the operator API.", {
    listen: setting("Where they listen.", LISTEN_ALLOWED, "127.0.0.1:8088", parsed<WebListen>(parseListen)),
  }),
  runs: section("How many runs go at once, and how long the box waits for what.", {
    places: whole("Runs that go at once; the others queue.", 3, 1, 64),
    wakeMinutes: whole("A server that was woken must ask to boot within this.", 15, 1, 1440),
    bootMinutes: whole("A server that asked to boot must claim its run within this.", 15, 1, 1440),
    holdDays: whole("A held server is released by itself after this.", 7, 1, 365),
    queuedDays: whole("A run that found no place is cancelled after this.", 7, 1, 365),
    silentMinutes: whole("An agent that says nothing for this long is lost.", 3, 1, 1440),
  }),
  mqtt: section(
    "The site's MQTT broker (MQTT 5): what the box tells its dashboards and Home Assistant.",
    MQTT_SETTINGS,
  ),
  panel: section("The box's own panel.", PANEL_SETTINGS),
  log: section("The box's own log.", {
    level: setting(
      "Least level that is written.",
      "trace, debug, info, warn, error, fatal, silent",
      "info",
      v.picklist(["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
    ),
  }),
});

/** The settings as the program uses them. */
export type Config = Decoded<typeof SETTINGS>;
