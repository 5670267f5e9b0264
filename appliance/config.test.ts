import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parse } from "yaml";
import { boundsOf, parseIpv4, parsePlace, renderIpv4 } from "./config/ipv4.ts";
import { distance, suggest } from "./config/suggest.ts";
import { type Config, loadConfig, parseConfig, renderConfigProblems, renderConfigReference } from "./config.ts";

const DEFAULTS: Config = {
  name: "vetbox",
  stateDir: "/var/lib/vetbox",
  runDir: "/run/vetbox",
  imageDir: "/var/lib/vetbox/images",
  loaderDir: "/usr/share/vetbox/loaders",
  network: {
    interface: "eth0",
    address: { address: "10.77.0.1", prefixBits: 24, netmask: "255.255.255.0", broadcast: "10.77.0.255" },
    dhcp: { mode: "authoritative", from: "10.77.0.50", to: "10.77.0.199", leaseMinutes: 60 },
  },
  ports: { agent: 8443, script: 8080, files: 8081, measure: { from: 5201, to: 5264 } },
  web: { listen: { hostname: "127.0.0.1", port: 8088 } },
  runs: { places: 3, wakeMinutes: 15, bootMinutes: 15, holdDays: 7, queuedDays: 7, silentMinutes: 3 },
  mqtt: {
    ...{ url: null, username: "", passwordFile: "", ca: "", cert: "", key: "" },
    ...{ prefix: "vetbox", discovery: true, discoveryPrefix: "homeassistant", commands: false },
  },
  panel: {
    mode: "auto",
    display: { bus: 1, address: 0x3c, controller: "ssd1306" },
    buttons: { chip: "auto", next: 5, override: 6, abort: 4 },
  },
  log: { level: "info" },
};

const problemsOf = (text: string): readonly string[] => {
  const answer = parseConfig(text);
  return answer.ok ? [] : renderConfigProblems("vetbox.yaml", answer.problems).split("\n");
};

describe("parseConfig", () => {
  test("gives every default for an empty file", () => expect(parseConfig("")).toEqual({ ok: true, config: DEFAULTS }));
  test("gives every default for sections without keys", () =>
    expect(parseConfig("network:\n  dhcp:\nports:\n")).toEqual({ ok: true, config: DEFAULTS }));

  test("takes what is written and keeps the defaults beside it", () => {
    const answer = parseConfig(
      "name: box-2\nnetwork: { dhcp: { mode: proxy } }\nports: { agent: 0, script: 0, files: 0 }\nweb: { listen: 'unix:/run/vetbox.sock' }\n",
    );
    expect(answer).toEqual({
      ok: true,
      config: {
        ...DEFAULTS,
        name: "box-2",
        network: { ...DEFAULTS.network, dhcp: { ...DEFAULTS.network.dhcp, mode: "proxy" } },
        ports: { ...DEFAULTS.ports, agent: 0, script: 0, files: 0 },
        web: { listen: { unix: "/run/vetbox.sock" } },
      },
    });
  });

  test("tells every mistake at once, each with its place, in the file's order", () => {
    const text = [
      "nmae: vetbox",
      "network:",
      "  adress: 10.77.0.1/24",
      "  dhcp: { mode: on, from: 10.77.0.300 }",
      "ports: 5",
      "runs:",
      '  places: "3"',
      "log: { level: loud }",
    ].join("\n");
    expect(problemsOf(text)).toEqual([
      "vetbox.yaml:1:1: nmae: there is no such key; did you mean name?",
      "vetbox.yaml:3:3: network.adress: there is no such key; did you mean address?",
      'vetbox.yaml:4:17: network.dhcp.mode: "on" is not possible here; allowed is authoritative, proxy, off',
      'vetbox.yaml:4:27: network.dhcp.from: "10.77.0.300" is not possible here; allowed is an IPv4 address',
      "vetbox.yaml:5:8: ports: 5 stands where keys belong; allowed are agent, script, files, measure",
      'vetbox.yaml:7:11: runs.places: "3" is not possible here; allowed is a whole number from 1 to 64',
      'vetbox.yaml:8:15: log.level: "loud" is not possible here; allowed is trace, debug, info, warn, error, fatal, silent',
    ]);
  });

  const REFUSED: readonly (readonly [string, string, string])[] = [
    ["every address", 'web: { listen: "0.0.0.0:8088" }', "there is no login yet"],
    ["the servers' network", 'web: { listen: "10.77.0.1:8088" }', "there is no login yet"],
    ["a name that begins like loopback", 'web: { listen: "127.0.0.1.evil.example:80" }', "there is no login yet"],
    ["every IPv6 address", 'web: { listen: "[::]:8088" }', "there is no login yet"],
    ["a relative socket", 'web: { listen: "unix:run/x" }', "there is no login yet"],
    ["a port beyond the last", 'web: { listen: "127.0.0.1:70000" }', "there is no login yet"],
    ["the network's own address", "network: { address: 10.77.0.0/24 }", "neither the network's first nor its last"],
    ["the broadcast address", "network: { address: 10.77.0.255/24 }", "neither the network's first nor its last"],
    ["an address without bits", "network: { address: 10.77.0.1 }", "with 8 to 29 bits"],
    ["a network without room", "network: { address: 10.77.0.1/30 }", "with 8 to 29 bits"],
    ["a range outside the network", "network: { address: 192.168.1.1/24 }", "is outside the network of 192.168.1.1/24"],
    ["a range that ends first", "network: { dhcp: { from: 10.77.0.90, to: 10.77.0.80 } }", "ends before it begins"],
    ["a range with the box in it", "network: { dhcp: { from: 10.77.0.1, to: 10.77.0.80 } }", "lies in the range"],
    ["the network's last address in the range", "network: { dhcp: { to: 10.77.0.255 } }", "is outside the network"],
    ["one port twice", "ports: { agent: 8080 }", "port 8080 is ports.agent's already"],
    ["an agents' port among those of measurements", "ports: { agent: 5210 }", "port 5210 is one of ports.measure's"],
    ["ports of measurements that end first", "ports: { measure: { from: 6000, to: 5999 } }", "end before they begin"],
    [
      "fewer ports of measurements than runs",
      "ports: { measure: { from: 6000, to: 6001 } }",
      "allowed is 6002 or more",
    ],
    ["the pages' port twice", "web: { listen: '127.0.0.1:8443' }", "port 8443 is ports.agent's already"],
    ["one line for two buttons", "panel: { buttons: { abort: 6 } }", "line 6 is override's already"],
    ["an address that no display has", "panel: { display: { address: 0x50 } }", "allowed is 0x3c, 0x3d"],
    ["a display's address as a word", "panel: { display: { address: high } }", "allowed is 0x3c, 0x3d"],
    ["a chip by its path", "panel: { buttons: { chip: /dev/gpiochip0 } }", "letters, digits"],
    ["a panel that is neither there nor not", "panel: { mode: on }", "allowed is auto, simulated, off"],
    ["an interface that is an option", "network: { interface: '-x' }", "the name of an interface"],
    ["an interface with a line end", 'network: { interface: "eth0\\ndhcp-script=/x" }', "the name of an interface"],
    ["a name that is no host name", "name: Box 1", "1 to 32 of a-z"],
    ["a relative path", "stateDir: state", "an absolute path"],
    ["a fraction", "runs: { places: 1.5 }", "a whole number from 1 to 64"],
    ["none", "runs: { places: 0 }", "a whole number from 1 to 64"],
    ["a list", "- name: x", "stands where keys belong"],
    ["text", "vetbox", "stands where keys belong"],
    ["a key twice", "name: a\nname: b", "not valid YAML"],
    ["a tab", "network:\n\tinterface: x", "not valid YAML"],
    ["a tag", "name: !!js/function x", "not valid YAML"],
    ["__proto__", "__proto__: { name: x }", "there is no such key"],
    ["a key of every object", "constructor: 1", "there is no such key"],
    ["a bomb", `a: &a [x]\n${Array.from({ length: 30 }, (_, i) => `k${i}: [*a,*a]`).join("\n")}`, "alias"],
    ["5 MB", `name: ${"x".repeat(5_000_000)}`, "the file is too long"],
  ];
  for (const [name, text, words] of REFUSED)
    test(`refuses ${name}`, () => expect(problemsOf(text).join("\n")).toContain(words));

  test("never throws", () => {
    const words = fc.constantFrom(
      "name",
      "network",
      "dhcp",
      "from",
      ":",
      " ",
      "\n",
      "  ",
      "- ",
      "{",
      "}",
      "&a",
      "*a",
      "1",
      "'",
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 30 }), (parts) => {
        parseConfig(parts.join(""));
      }),
      { numRuns: 500, seed: 3 },
    );
  });
});

describe("renderConfigReference", () => {
  test("is a config that gives the defaults", () =>
    expect(parseConfig(renderConfigReference())).toEqual({ ok: true, config: DEFAULTS }));

  test("names every key with a comment above it, within 100 columns", () => {
    const lines = renderConfigReference().split("\n");
    for (const [i, line] of lines.entries()) {
      expect(line.length).toBeLessThanOrEqual(102);
      if (/^\s*\w+:/.test(line)) expect(lines[i - 1]?.trimStart()).toStartWith("#");
    }
    expect(Object.keys(parse(renderConfigReference()) as object)).toEqual(Object.keys(DEFAULTS));
  });
});

describe("the broker's section", () => {
  const mqttOf = (mqtt: string) => {
    const answer = parseConfig(`mqtt: ${mqtt}\n`);
    return answer.ok ? answer.config.mqtt : renderConfigProblems("f", answer.problems).split("\n");
  };
  for (const [url, broker] of [
    ["mqtt://broker.site", { tls: false, host: "broker.site", port: 1883 }],
    ["mqtts://10.0.0.2:8884", { tls: true, host: "10.0.0.2", port: 8884 }],
    ["mqtts://[fd00::1]/", { tls: true, host: "fd00::1", port: 8883 }],
  ] as const)
    test(`reads ${url}`, () => expect(mqttOf(`{ url: "${url}" }`)).toMatchObject({ url: broker }));
  for (const url of [
    "broker",
    "http://broker",
    "mqtt://",
    "mqtt://me:secret@broker",
    "mqtt://broker:0",
    "mqtt://a b",
    "mqtt://broker/path",
  ])
    test(`refuses ${url}, and says where the password belongs`, () =>
      expect(mqttOf(`{ url: "${url}" }`)).toEqual([
        `f:1:14: mqtt.url: ${JSON.stringify(url)} is not possible here; allowed is mqtt://HOST, mqtts://HOST (TLS), each with :PORT if need be, or nothing for no broker; user name and password have keys of their own`,
      ]));
  test("refuses keys that would do nothing, each at its place", () =>
    expect(mqttOf("\n  url: mqtt://b\n  ca: /ca.pem\n  cert: /c.pem\n  passwordFile: /p")).toEqual([
      "f:3:7: mqtt.ca: mqtt.url has no TLS, so ca is never used; allowed is mqtts://",
      "f:4:9: mqtt.cert: mqtt.url has no TLS, so cert is never used; allowed is mqtts://",
      "f:4:9: mqtt.cert: a certificate without its key; allowed are both or none",
      "f:5:17: mqtt.passwordFile: a password without a user name; allowed are both or none",
    ]));
  test("refuses a prefix that is no topic's", () =>
    expect(mqttOf("{ prefix: Site/+ }")).toEqual([
      'f:1:17: mqtt.prefix: "Site/+" is not possible here; allowed is levels of a-z, 0-9 and -, with / between them',
    ]));
  test("reads on and off as YAML 1.2 writes them", () =>
    expect(mqttOf("{ commands: on, discovery: off }")).toMatchObject({ commands: true, discovery: false }));
});

describe("loadConfig", () => {
  test("throws where the file cannot be read", async () => {
    await expect(loadConfig("/nowhere/vetbox.yaml")).rejects.toThrow("file-unreadable");
  });
});

describe("ipv4", () => {
  test("parseIpv4 reads back what renderIpv4 writes", () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (address) => {
        expect(parseIpv4(renderIpv4(address))).toBe(address);
      }),
      { seed: 5 },
    ));
  for (const text of ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "1.2.3.-4"])
    test(`parseIpv4 refuses ${JSON.stringify(text)}`, () => expect(parseIpv4(text)).toBeNull());
  test("parsePlace gives mask and broadcast", () =>
    expect(parsePlace("172.20.1.9/22")).toEqual({
      address: "172.20.1.9",
      prefixBits: 22,
      netmask: "255.255.252.0",
      broadcast: "172.20.3.255",
    }));
  test("boundsOf gives the network's first and last", () => {
    const { first, last } = boundsOf({ address: "172.20.1.9", prefixBits: 22 });
    expect([renderIpv4(first), renderIpv4(last)]).toEqual(["172.20.0.0", "172.20.3.255"]);
  });
});

describe("suggest", () => {
  test("distance counts edits", () =>
    expect([distance("", "abc"), distance("kitten", "sitting"), distance("same", "same")]).toEqual([3, 3, 0]));
  test("names the nearest key, or all when none is near", () =>
    expect([suggest("lease_minutes", ["from", "leaseMinutes"]), suggest("xyz", ["from", "to"])]).toEqual([
      "did you mean leaseMinutes?",
      "allowed are from, to",
    ]));
});
