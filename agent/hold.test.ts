import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { installHoldKey, removeHoldKey } from "./hold.ts";
import { HoldAnswer } from "./wire/messages.ts";

let root: string;
let keys: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "vetbox-hold-"));
  keys = join(root, "root/.ssh/authorized_keys");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const KEY = `ssh-ed25519 ${"A".repeat(68)} vetbox`;

describe("installHoldKey", () => {
  test("replaces whatever was there by exactly one line", () => {
    mkdirSync(join(root, "root/.ssh"), { recursive: true });
    writeFileSync(keys, "ssh-rsa old\nssh-rsa older\n");
    installHoldKey(root, "run-1", KEY);
    expect(readFileSync(keys, "utf8")).toBe(`${KEY}\n`);
  });
});

describe("removeHoldKey", () => {
  test("removes ours, and says so once", () => {
    installHoldKey(root, "run-1", KEY);
    expect([removeHoldKey(root), removeHoldKey(root), existsSync(keys)]).toEqual([true, false, false]);
  });

  test("leaves a key alone that the image was built with", () => {
    mkdirSync(join(root, "root/.ssh"), { recursive: true });
    writeFileSync(keys, "ssh-ed25519 baked\n");
    expect(removeHoldKey(root)).toBe(false);
    expect(readFileSync(keys, "utf8")).toBe("ssh-ed25519 baked\n");
  });
});

describe("HoldAnswer", () => {
  test("takes one plain Ed25519 key and nothing that sshd would read as more", () => {
    expect(v.is(HoldAnswer, { authorizedKey: KEY })).toBe(true);
    for (const authorizedKey of [
      `${KEY}\n${KEY}`,
      `command="sh" ${KEY}`,
      `from="*" ${KEY}`,
      "ssh-rsa AAAA",
      `${KEY}\r`,
      `${KEY} more words`,
      "",
    ])
      expect(v.is(HoldAnswer, { authorizedKey })).toBe(false);
  });
});
