import { describe, expect, test } from "bun:test";
import { createLogReader, type LogFact } from "./dnsmasq-log.ts";
import { parseNeighbours } from "./neighbours.ts";

const MAC = "52:54:00:77:00:01";
const AT_MS = 1_000;
const dhcp = (text: string) => `dnsmasq-dhcp[413]: ${text}`;
const tftp = (text: string) => `dnsmasq-tftp[413]: ${text}`;

/** What the lines say, but for what is `other`. */
const read = (lines: readonly string[], neighbour?: (address: string) => string | null): readonly LogFact[] => {
  const reader = createLogReader(neighbour === undefined ? {} : { neighbour });
  return lines.map((line) => reader.read(line, AT_MS)).filter((fact) => fact.kind !== "other");
};
const short = (facts: readonly LogFact[]) =>
  facts.map((f) =>
    f.kind === "boot" || f.kind === "sighting"
      ? `${f.kind} ${f.event.mac} ${f.event.step}${f.event.complete ? "" : "!"} ${f.event.detail}`
      : f.kind,
  );

describe("createLogReader", () => {
  test("reads a BIOS boot of dnsmasq 2.90 line by line", () => {
    const lines = [
      "dnsmasq[413]: started, version 2.90 DNS disabled",
      dhcp("994462475 available DHCP range: 10.77.0.50 -- 10.77.0.150"),
      dhcp("994462475 vendor class: PXEClient:Arch:00000:UNDI:002001"),
      dhcp(`994462475 DHCPDISCOVER(eth0) ${MAC} `),
      dhcp("994462475 tags: known, bios, eth0"),
      dhcp(`994462475 DHCPOFFER(eth0) 10.77.0.149 ${MAC} `),
      dhcp("994462475 sent size: 14 option: 67 bootfile-name  undionly.kpxe"),
      dhcp("994462475 vendor class: PXEClient:Arch:00000:UNDI:002001"),
      dhcp(`994462475 DHCPREQUEST(eth0) 10.77.0.149 ${MAC} `),
      dhcp(`994462475 DHCPACK(eth0) 10.77.0.149 ${MAC} `),
      tftp("error 8 User aborted the transfer received from 10.77.0.149"),
      tftp("sent /run/vetbox/tftp/undionly.kpxe to 10.77.0.149"),
      tftp("file /run/vetbox/tftp/autoexec.ipxe not found for 10.77.0.149"),
      dhcp("7 vendor class: PXEClient:Arch:00000:UNDI:002001"),
      dhcp("7 user class: iPXE"),
      dhcp(`7 DHCPDISCOVER(eth0) ${MAC} `),
      dhcp("8 vendor class: udhcp 1.37.0"),
      dhcp(`8 DHCPDISCOVER(eth0) 10.77.0.149 ${MAC} `),
    ];
    expect(short(read(lines))).toEqual([
      `boot ${MAC} dhcp-discover firmware, BIOS`,
      `boot ${MAC} dhcp-lease! offered 10.77.0.149`,
      `boot ${MAC} dhcp-lease 10.77.0.149`,
      `boot ${MAC} loader undionly.kpxe sent by TFTP`,
      `boot ${MAC} dhcp-discover iPXE, BIOS`,
      `boot ${MAC} dhcp-discover system, udhcp 1.37.0`,
    ]);
  });

  test("reads a stranger as a sighting, in both modes, and what firmware it has", () => {
    const lines = [
      dhcp("1 vendor class: PXEClient:Arch:00006:UNDI:003001"),
      dhcp(`1 DHCPDISCOVER(eth0) ${MAC} ignored`),
      dhcp("2 vendor class: HTTPClient:Arch:00016:UNDI:003001"),
      dhcp(`2 PXE(eth0) ${MAC} proxy-ignored`),
      dhcp(`3 DHCPDISCOVER(eth0) ${MAC} ignored`),
    ];
    expect(short(read(lines))).toEqual([
      `sighting ${MAC} dhcp-discover! firmware, 32-bit UEFI (no loader for it)`,
      `sighting ${MAC} dhcp-discover! firmware, UEFI HTTP x86-64`,
      `sighting ${MAC} dhcp-discover! system`,
    ]);
  });

  test("reads ProxyDHCP, and remembers the address of a host that asked the PXE port", () => {
    const reader = createLogReader();
    const lines = [
      dhcp(`5 PXE(eth0) ${MAC} proxy`),
      dhcp(`6 PXE(eth0) 10.77.0.60 ${MAC} undionly.kpxe`),
      tftp("failed sending /run/vetbox/tftp/undionly.kpxe to 10.77.0.60"),
    ];
    expect(short(lines.map((line) => reader.read(line, AT_MS)))).toEqual([
      `boot ${MAC} dhcp-discover system`,
      `boot ${MAC} dhcp-lease proxy: undionly.kpxe`,
      `boot ${MAC} loader! undionly.kpxe TFTP transfer broke off`,
    ]);
    expect(reader.macOf("10.77.0.60")).toBe(MAC);
  });

  test.each([
    [`9 DHCPDISCOVER(eth0) ${MAC} no address available`, [`boot ${MAC} dhcp-lease! no address left`]],
    [`9 DHCPNAK(eth0) 10.0.0.9 ${MAC} wrong address`, [`boot ${MAC} dhcp-lease! refused: wrong address`]],
    [`9 DHCPNAK(eth0) 10.0.0.9 ${MAC} wrong server-ID`, ["foreign-dhcp"]],
    [`9 DHCPDECLINE(eth0) 10.77.0.60 ${MAC} `, [`boot ${MAC} dhcp-lease! 10.77.0.60 is in use by another host`]],
    [`9 DHCPRELEASE(eth0) 10.77.0.60 ${MAC} `, []],
    [`9 DHCPACK(eth0) 10.77.0.60 ${MAC} some-name`, [`boot ${MAC} dhcp-lease 10.77.0.60`]],
  ] as const)("reads %s", (line, facts) => {
    expect(short(read([dhcp(line)]))).toEqual([...facts]);
  });

  test("asks the neighbour table for an address that no lease explains, and drops what stays unknown", () => {
    const line = tftp("sent /run/vetbox/tftp/snponly.efi to 10.77.0.77");
    expect(short(read([line], () => MAC))).toEqual([`boot ${MAC} loader snponly.efi sent by TFTP`]);
    expect(read([line])).toEqual([]);
  });

  test("the newest lease of an address counts", () => {
    const other = "52:54:00:77:00:02";
    const reader = createLogReader();
    for (const mac of [MAC, other]) reader.read(dhcp(`1 DHCPACK(eth0) 10.77.0.50 ${mac} `), AT_MS);
    expect(reader.macOf("10.77.0.50")).toBe(other);
  });

  test("forgets the oldest leases, not its memory", () => {
    const reader = createLogReader();
    for (let i = 0; i < 5000; i += 1) reader.read(dhcp(`${i} DHCPACK(eth0) 10.${i >> 8}.${i & 255}.1 ${MAC} `), AT_MS);
    expect(reader.macOf("10.0.0.1")).toBeNull();
    expect(reader.macOf(`10.${4999 >> 8}.${4999 & 255}.1`)).toBe(MAC);
  });

  test.each([
    "",
    "garbage",
    `dnsmasq-dhcp[1]: 1 DHCPACK(eth0) 10.77.0.50 ${MAC}\u0000`,
    `prefix dnsmasq-dhcp[1]: 1 DHCPACK(eth0) 10.77.0.50 ${MAC}`,
    "dnsmasq-dhcp[1]: 1 DHCPACK(eth0) 10.77.0.50 not-a-mac",
    "dnsmasq-tftp[1]: sent to",
    "dnsmasq[1]: exiting on receipt of SIGTERM",
  ])("makes nothing of %j", (line) => {
    expect(read([line]).filter((fact) => fact.kind !== "boot" || fact.event.step !== "dhcp-lease")).toEqual([]);
  });

  test("keeps a host's own words short and printable", () => {
    const evil = `x\u001b[31m${"A".repeat(500)}`;
    const [fact] = read([dhcp(`1 vendor class: ${evil}`), dhcp(`1 DHCPDISCOVER(eth0) ${MAC} `)]);
    expect(fact?.kind === "boot" && fact.event.detail).toMatch(/^[\x20-\x7e]{1,120}$/);
  });
});

test("parseNeighbours reads /proc/net/arp and leaves out what was never answered", () => {
  const table = [
    "IP address       HW type     Flags       HW address            Mask     Device",
    `10.77.0.60       0x1         0x2         ${MAC}     *        eth0`,
    "10.77.0.61       0x1         0x0         00:00:00:00:00:00     *        eth0",
    "",
  ].join("\n");
  expect([...parseNeighbours(table)]).toEqual([["10.77.0.60", MAC]]);
});
