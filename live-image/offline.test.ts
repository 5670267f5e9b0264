/** N9, the half that can be seen without booting: nothing in the image is set up to ask anyone for anything. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { BUILD_LIMIT_MS, type BuiltRoot, openBuiltRoot } from "./built-root.ts";
import { loadCommands } from "./built-root-text.ts";

let root: BuiltRoot;
beforeAll(async () => {
  root = await openBuiltRoot();
}, BUILD_LIMIT_MS);
afterAll(() => root?.[Symbol.asyncDispose]());

const presentOf = (paths: readonly string[]) => paths.filter((path) => existsSync(`${root.folder}/${path}`));

test("there is no package manager that downloads, and no source for one", () => {
  expect(presentOf(["etc/apt", "usr/bin/apt", "usr/bin/apt-get", "usr/lib/apt", "var/lib/apt"])).toEqual([]);
});

test("nothing runs by the clock: no cron, no timer, no at", () => {
  expect(root.files.filter((path) => /(^|\/)(cron|anacron|atd|crond)(\.|$)|\.timer$/.test(path))).toEqual([]);
  expect(presentOf(["etc/crontab", "etc/cron.d", "etc/cron.daily", "var/spool/cron/crontabs/root"])).toEqual([]);
});

test("no time server, no name server", () => {
  expect(
    root.files.filter((path) => /(^|\/)(ntpd|chronyd|systemd-timesyncd|systemd-resolved|ntp\.conf)$/.test(path)),
  ).toEqual([]);
  expect(presentOf(["etc/resolv.conf", "etc/ntp.conf", "etc/chrony", "etc/systemd/timesyncd.conf"])).toEqual([]);
});

test("no network service but sshd is started, and lldpd, which listens only", async () => {
  const started = await loadCommands(
    root.folder,
    /\b(iperf3|rasdaemon|smartd|rpcbind|ntpd|telnetd|httpd|ftpd|syslogd)\b/,
  );
  expect(started).toEqual([]);
  const listeners = await loadCommands(root.folder, /^lldpd\b|\bexec lldpd\b/);
  expect(listeners.map(([, line]) => line.split(" ").slice(0, 3))).toEqual([["lldpd", "-d", "-r"]]);
});

test("no script of the image's own names an address or fetches", async () => {
  const fetching =
    /https?:\/\/|\b(curl|wget|nc|tftp|ftpget|nslookup|ntpd|rdate)\b|\b(?!0\.0\.0\.0\b|127\.)\d{1,3}(\.\d{1,3}){3}\b/;
  expect(await loadCommands(root.folder, fetching)).toEqual([]);
});

test("the DHCP script takes addresses and routes, and neither names nor time servers", async () => {
  expect(
    await loadCommands(root.folder, /\$\{?(dns|ntpsrv|domain|search|timesrv|wpad|tftp|bootfile|siaddr)\b/),
  ).toEqual([]);
});

test("IPv6, which asks the link for routers by itself, is off", async () => {
  expect(
    await loadCommands(root.folder, /^echo 1 > \/proc\/sys\/net\/ipv6\/conf\/(all|default)\/disable_ipv6$/),
  ).toHaveLength(2);
});

test("no udev rule calls a program that uses the network", async () => {
  for (const path of root.files.filter((file) => /(^|\/)udev\/rules\.d\//.test(file))) {
    const rules = (await Bun.file(`${root.folder}/${path}`).text()).replace(/^\s*#.*$/gm, "");
    const programs = [...rules.matchAll(/(?:RUN|PROGRAM|IMPORT)(?:\{program\})?[+:]?=+"([^"]*)"/g)].map(
      ([, program = ""]) => program,
    );
    expect(programs.filter((program) => /curl|wget|ifup|dhclient|nvmf|iscsi|nbft/.test(program))).toEqual([]);
  }
});
