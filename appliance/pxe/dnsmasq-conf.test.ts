import { beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../../test/setup/packages.ts";
import { ARCHITECTURES, architectureOf, LOADERS } from "./architectures.ts";
import { type DnsmasqOptions, renderDnsmasqConf, renderHostsFile } from "./dnsmasq-conf.ts";

const OPTIONS: DnsmasqOptions = {
  interface: "eth0",
  address: "10.77.0.1",
  netmask: "255.255.255.0",
  scriptPort: 8080,
  filesPort: 8081,
  mode: {
    kind: "authoritative",
    rangeFrom: "10.77.0.50",
    rangeTo: "10.77.0.150",
    leaseSeconds: 3600,
    ipv6Prefix: "fd77::",
  },
  loaders: LOADERS,
  alternateMacs: ["52:54:00:77:00:02"],
  user: "nobody",
  group: "nogroup",
  tftpRoot: "/run/vetbox/tftp",
  hostsFile: "/run/vetbox/hosts",
  leaseFile: "/var/lib/vetbox/dnsmasq.leases",
};
const PROXY: DnsmasqOptions = { ...OPTIONS, mode: { kind: "proxy" } };

beforeAll(() => needPackages(["dnsmasq-base"]));

describe("ARCHITECTURES", () => {
  test("has each number, tag and title once, each with its source", () => {
    for (const key of ["number", "tag", "title"] as const)
      expect(new Set(ARCHITECTURES.map((row) => row[key])).size).toBe(ARCHITECTURES.length);
    expect(
      ARCHITECTURES.filter((row) => !row.source.includes(`0x${row.number.toString(16).padStart(4, "0")}`)),
    ).toEqual([]);
  });

  test("has every kind of firmware that servers announce", () => {
    expect(ARCHITECTURES.map((row) => row.number)).toEqual([0, 6, 7, 9, 10, 11, 15, 16, 17, 18, 19, 20]);
    expect(architectureOf(9)?.loaders?.first).toBe("snponly.efi");
    expect(architectureOf(4711)).toBeNull();
  });
});

describe("renderDnsmasqConf", () => {
  test("renders a box that is alone on its segment", () => {
    expect(renderDnsmasqConf(OPTIONS)).toMatchInlineSnapshot(`
      "port=0
      interface=eth0
      bind-interfaces
      no-resolv
      no-hosts
      keep-in-foreground
      log-facility=-
      log-dhcp
      user=nobody
      group=nogroup
      pid-file=
      dhcp-leasefile=/var/lib/vetbox/dnsmasq.leases
      dhcp-hostsfile=/run/vetbox/hosts
      dhcp-ignore=tag:!known
      dhcp-mac=set:alternate,52:54:00:77:00:02
      enable-tftp
      tftp-secure
      tftp-root=/run/vetbox/tftp
      dhcp-userclass=set:ipxe,iPXE
      dhcp-match=set:bios,option:client-arch,0
      dhcp-match=set:efi-ia32,option:client-arch,6
      dhcp-match=set:efi-x64,option:client-arch,7
      dhcp-match=set:efi-bc,option:client-arch,9
      dhcp-match=set:efi-arm32,option:client-arch,10
      dhcp-match=set:efi-arm64,option:client-arch,11
      dhcp-match=set:http-ia32,option:client-arch,15
      dhcp-match=set:http-x64,option:client-arch,16
      dhcp-match=set:http-bc,option:client-arch,17
      dhcp-match=set:http-arm32,option:client-arch,18
      dhcp-match=set:http-arm64,option:client-arch,19
      dhcp-match=set:http-bios,option:client-arch,20
      dhcp-authoritative
      no-ping
      dhcp-option=option:router
      dhcp-option=option:dns-server
      dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,3600
      enable-ra
      dhcp-range=fd77::,ra-only,64,10m
      ra-param=eth0,4,0
      dhcp-boot=tag:ipxe,http://10.77.0.1:8080/ipxe/\${netX/mac}?platform=\${platform}&buildarch=\${buildarch}&version=\${version}
      dhcp-boot=tag:!ipxe,tag:bios,tag:!alternate,undionly.kpxe
      dhcp-boot=tag:!ipxe,tag:bios,tag:alternate,ipxe.pxe
      dhcp-boot=tag:!ipxe,tag:efi-x64,tag:!alternate,snponly.efi
      dhcp-boot=tag:!ipxe,tag:efi-x64,tag:alternate,ipxe.efi
      dhcp-boot=tag:!ipxe,tag:efi-bc,tag:!alternate,snponly.efi
      dhcp-boot=tag:!ipxe,tag:efi-bc,tag:alternate,ipxe.efi
      dhcp-boot=tag:!ipxe,tag:efi-arm64,tag:!alternate,ipxe-arm64.efi
      dhcp-boot=tag:!ipxe,tag:efi-arm64,tag:alternate,ipxe-arm64.efi
      dhcp-boot=tag:!ipxe,tag:http-x64,tag:!alternate,http://10.77.0.1:8081/loaders/snponly.efi
      dhcp-boot=tag:!ipxe,tag:http-x64,tag:alternate,http://10.77.0.1:8081/loaders/ipxe.efi
      dhcp-option-force=tag:!ipxe,tag:http-x64,60,HTTPClient
      dhcp-boot=tag:!ipxe,tag:http-bc,tag:!alternate,http://10.77.0.1:8081/loaders/snponly.efi
      dhcp-boot=tag:!ipxe,tag:http-bc,tag:alternate,http://10.77.0.1:8081/loaders/ipxe.efi
      dhcp-option-force=tag:!ipxe,tag:http-bc,60,HTTPClient
      dhcp-boot=tag:!ipxe,tag:http-arm64,tag:!alternate,http://10.77.0.1:8081/loaders/ipxe-arm64.efi
      dhcp-boot=tag:!ipxe,tag:http-arm64,tag:alternate,http://10.77.0.1:8081/loaders/ipxe-arm64.efi
      dhcp-option-force=tag:!ipxe,tag:http-arm64,60,HTTPClient
      dhcp-boot=tag:!ipxe,tag:http-bios,tag:!alternate,http://10.77.0.1:8081/loaders/undionly.kpxe
      dhcp-boot=tag:!ipxe,tag:http-bios,tag:alternate,http://10.77.0.1:8081/loaders/ipxe.pxe
      dhcp-option-force=tag:!ipxe,tag:http-bios,60,HTTPClient
      "
    `);
  });

  test("renders a box beside a site's DHCP server", () => {
    const ownLines = new Set(renderDnsmasqConf(OPTIONS).split("\n"));
    const lines = renderDnsmasqConf(PROXY).split("\n");
    expect(lines.filter((line) => !ownLines.has(line))).toMatchInlineSnapshot(`
      [
        "dhcp-range=10.77.0.1,proxy,255.255.255.0",
        "pxe-service=tag:ipxe,0,"Vetbox",http://10.77.0.1:8080/ipxe/\${netX/mac}?platform=\${platform}&buildarch=\${buildarch}&version=\${version}",
        "pxe-service=tag:!ipxe,tag:!alternate,0,"Vetbox",undionly.kpxe",
        "pxe-service=tag:!ipxe,tag:alternate,0,"Vetbox",ipxe.pxe",
        "pxe-service=tag:!ipxe,tag:!alternate,7,"Vetbox",snponly.efi",
        "pxe-service=tag:!ipxe,tag:alternate,7,"Vetbox",ipxe.efi",
        "pxe-service=tag:!ipxe,tag:!alternate,9,"Vetbox",snponly.efi",
        "pxe-service=tag:!ipxe,tag:alternate,9,"Vetbox",ipxe.efi",
        "pxe-service=tag:!ipxe,tag:!alternate,11,"Vetbox",ipxe-arm64.efi",
        "pxe-service=tag:!ipxe,tag:alternate,11,"Vetbox",ipxe-arm64.efi",
      ]
    `);
  });

  test.each([
    ["authoritative", OPTIONS],
    ["proxy", PROXY],
    ["without loaders and IPv6", { ...OPTIONS, loaders: [], mode: { ...OPTIONS.mode, ipv6Prefix: null } }],
  ] as const)("is valid to dnsmasq: %s", async (_name, options) => {
    const dir = mkdtempSync(join(tmpdir(), "vetbox-conf-"));
    try {
      const path = join(dir, "conf");
      writeFileSync(path, renderDnsmasqConf(options as DnsmasqOptions));
      const child = Bun.spawn(["dnsmasq", "--test", `--conf-file=${path}`], { stdout: "ignore", stderr: "pipe" });
      expect(await new Response(child.stderr).text()).toContain("syntax check OK");
      expect(await child.exited).toBe(0);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test("offers no loader that is not there, and the first one in place of a missing alternate", () => {
    const text = renderDnsmasqConf({ ...OPTIONS, loaders: ["undionly.kpxe"] });
    expect(text).toContain("tag:bios,tag:alternate,undionly.kpxe\n");
    expect(text).not.toContain("efi\n");
  });

  const hostile = ["", "a\nb", "x,set:known", "x #", "eth0\ndhcp-script=/bin/sh", "$(id)", "../x", " x", "é"];
  const fields = ["interface", "address", "netmask", "user", "group", "tftpRoot", "hostsFile", "leaseFile"] as const;
  test.each(fields)("refuses a value of %s that dnsmasq could read as anything else", (field) => {
    for (const value of hostile) expect(() => renderDnsmasqConf({ ...OPTIONS, [field]: value })).toThrow(RangeError);
  });

  test("refuses what is no MAC among the alternates", () => {
    for (const mac of [...hostile, "52:54:00:77:00:0g", "52:54:00:77:00:01,x", "52:54:00:77:00:01\n"])
      expect(() => renderDnsmasqConf({ ...OPTIONS, alternateMacs: [mac] })).toThrow(RangeError);
  });
});

describe("renderHostsFile", () => {
  test("writes each MAC once, alone on its line, sorted", () => {
    expect(renderHostsFile(["52:54:00:77:00:02", "52:54:00:77:00:01", "52:54:00:77:00:02"])).toBe(
      "52:54:00:77:00:01\n52:54:00:77:00:02\n",
    );
    expect(renderHostsFile([])).toBe("");
  });

  test("refuses what is no MAC", () => {
    expect(() => renderHostsFile(["52:54:00:77:00:01,set:known"])).toThrow(RangeError);
    expect(() => renderHostsFile(["52:54:00:77:00:01\n52:54:00:77:00:02"])).toThrow(RangeError);
  });
});
