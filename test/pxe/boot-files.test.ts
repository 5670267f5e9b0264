/** The boot file process as a process: its life, its death, and its transfers as steps of a boot. */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { systemClock } from "../../agent/system/clock.ts";
import type { BootEvent } from "../../appliance/core/boot.ts";
import { imageFilePath } from "../../appliance/core/boot-paths.ts";
import { type BootFiles, openBootFiles } from "../../appliance/images/boot-file-process.ts";
import { openImage } from "../../appliance/images/live-image.ts";
import { until } from "../rack/until.ts";

const PROGRAM = join(import.meta.dir, "../../appliance/boot-files.ts");
const MAC = "52:54:00:77:00:01";
const SHA = "a".repeat(64);
const WITHIN_MS = 10_000;
const ROOT = "root ".repeat(100_000);

setDefaultTimeout(60_000);

let dir: string;
let events: BootEvent[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-bootfiles-"));
  events = [];
  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    return { name, sha256: SHA, sizeBytes: text.length };
  };
  const files = {
    kernel: file("vmlinuz", "kernel"),
    initrd: file("initrd.img", "initrd"),
    root: file("root.cpio", ROOT),
  };
  const builtFrom = { lock: SHA, agent: SHA, recipe: SHA };
  writeFileSync(
    join(dir, "manifest.json"),
    JSON.stringify({ format: 1, id: SHA, kernelVersion: "6", builtFrom, files }),
  );
  writeFileSync(join(dir, "snponly.efi"), "loader");
});
afterEach(() => rmSync(dir, { recursive: true }));

const open = (): BootFiles =>
  openBootFiles({
    command: [process.execPath, PROGRAM],
    hostname: "127.0.0.1",
    port: 0,
    image: openImage(dir),
    bootDir: dir,
    loaders: ["snponly.efi", "undionly.kpxe"],
    macOf: (address) => (address === "127.0.0.1" ? MAC : null),
    onEvent: (event) => events.push(event),
    clock: systemClock,
    log: pino({ level: "silent" }),
  });

test("openBootFiles serves an image and tells its transfers as steps of the host's boot", async () => {
  await using files = open();
  const origin = `http://127.0.0.1:${await files.port()}`;
  expect(files.state()).toBe("running");
  expect(await (await fetch(`${origin}${imageFilePath(MAC, "root", SHA)}`)).text()).toBe(ROOT);
  expect(await (await fetch(`${origin}/loaders/snponly.efi`)).text()).toBe("loader");
  expect((await fetch(`${origin}/loaders/undionly.kpxe`)).status).toBe(404);
  await until("both transfers", () => events.length === 4, WITHIN_MS);
  const told = events.map((e) => `${e.mac} ${e.step} ${e.complete} ${e.detail.replace(/ in .*/, "")}`);
  expect(told.toSorted()).toEqual([
    `${MAC} loader false snponly.efi, 0.0 MB, begun`,
    `${MAC} loader true snponly.efi, 0.0 MB`,
    `${MAC} root false 0.5 MB, begun`,
    `${MAC} root true 0.5 MB`,
  ]);
});

test("a killed boot file process comes back on the same port", async () => {
  await using files = open();
  const port = await files.port();
  const pid = files.pid();
  process.kill(pid ?? 0, "SIGKILL");
  await until("its death", () => files.pid() !== pid, WITHIN_MS);
  expect(await files.port()).toBe(port);
  expect((await fetch(`http://127.0.0.1:${port}${imageFilePath(MAC, "kernel", SHA)}`)).status).toBe(200);
});

test("the boot file process ends when its stdin does, as it does when the box is killed", async () => {
  const options = JSON.stringify({ hostname: "127.0.0.1", port: 0, files: [] });
  const child = Bun.spawn([process.execPath, PROGRAM, options], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  expect(JSON.parse(new TextDecoder().decode(value))).toMatchObject({ say: "listening" });
  child.stdin.end();
  expect(await child.exited).toBe(0);
});

test("a closed boot file process stays off", async () => {
  const files = open();
  await files.port();
  await files[Symbol.asyncDispose]();
  expect([files.state(), files.pid(), await files.port()]).toEqual(["off", null, null]);
});
