import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { type AptSource, loadMirror, parseDeb822Sources, parseOneLineSources, pickMirror } from "./mirror.ts";

const source = (uri: string, more: Partial<AptSource> = {}): AptSource => ({
  uri,
  suite: "bookworm",
  components: ["main"],
  signedBy: "",
  ...more,
});

describe("parseOneLineSources", () => {
  test("reads options and components; skips comments and source packages", () => {
    const text = `# deb http://old.example/debian wheezy main
deb [arch=amd64 signed-by=/k/debian-archive-keyring.gpg] http://a.example/debian bookworm main contrib # mine
deb-src http://a.example/debian bookworm main
deb http://b.example/debian-security bookworm-security main
`;
    expect(parseOneLineSources(text)).toEqual([
      source("http://a.example/debian", {
        components: ["main", "contrib"],
        signedBy: "/k/debian-archive-keyring.gpg",
      }),
      source("http://b.example/debian-security", { suite: "bookworm-security" }),
    ]);
  });
});

describe("parseDeb822Sources", () => {
  test("reads every pair of URI and suite, over continuation lines and comments", () => {
    const text = `Types: deb deb-src
# an old one: http://old.example/debian
URIs: http://a.example/debian
Suites: bookworm
 bookworm-updates
Components: main
Signed-By: /k/debian-archive-keyring.gpg

Types: deb
URIs: http://b.example/debian
Suites: bookworm
Components: main
Enabled: no

types: deb-src
uris: http://c.example/debian
suites: bookworm
components: main
`;
    const signedBy = "/k/debian-archive-keyring.gpg";
    expect(parseDeb822Sources(text)).toEqual([
      source("http://a.example/debian", { signedBy }),
      source("http://a.example/debian", { suite: "bookworm-updates", signedBy }),
    ]);
  });

  test("makes nothing of an empty file or of noise", () => {
    expect(parseDeb822Sources("")).toEqual([]);
    expect(parseDeb822Sources("Types\n:\n\n\x00\n")).toEqual([]);
  });
});

describe("pickMirror", () => {
  test("prefers what Debian's own key signs over another archive of that shape", () => {
    const own = source("https://m.example/debian/", { signedBy: "/k/debian-archive-keyring.gpg" });
    expect(pickMirror([source("http://vendor.example/linux/debian"), own])).toBe("https://m.example/debian");
  });

  test("takes no security archive, no other component, no other scheme", () => {
    const wrong = [
      source("http://m.example/debian-security"),
      source("http://m.example/debian", { components: ["stable"] }),
      source("file:/srv/debian"),
      source("http://m.example/ubuntu"),
    ];
    expect(pickMirror(wrong)).toBeUndefined();
  });
});

describe("loadMirror", () => {
  const saved = process.env["VETBOX_DEBIAN_MIRROR"];
  let machine = "";

  beforeEach(async () => {
    delete process.env["VETBOX_DEBIAN_MIRROR"];
    machine = await mkdtemp(`${tmpdir()}/vetbox-mirror-`);
    await Bun.write(`${machine}/etc/apt/sources.list`, "deb http://list.example/debian bookworm main\n");
    await Bun.write(
      `${machine}/usr/share/python-apt/templates/Debian.info`,
      "BaseURI: https://template.example/debian/\n",
    );
  });
  afterEach(async () => {
    if (saved === undefined) delete process.env["VETBOX_DEBIAN_MIRROR"];
    else process.env["VETBOX_DEBIAN_MIRROR"] = saved;
    await rm(machine, { recursive: true });
  });

  test("lets the environment decide over everything", async () => {
    process.env["VETBOX_DEBIAN_MIRROR"] = "http://mine.example/debian/";
    expect(await loadMirror(machine)).toBe("http://mine.example/debian");
  });

  test("takes the mirror of the machine's own apt on Debian", async () => {
    await Bun.write(`${machine}/etc/os-release`, "ID=debian\n");
    expect(await loadMirror(machine)).toBe("http://list.example/debian");
  });

  test("takes the default of apt's templates on another distribution", async () => {
    await Bun.write(`${machine}/etc/os-release`, "ID=ubuntu\nID_LIKE=debian\n");
    expect(await loadMirror(machine)).toBe("https://template.example/debian");
  });

  test("says what to set where nothing names a mirror", async () => {
    await rm(`${machine}/usr`, { recursive: true });
    await expect(loadMirror(machine)).rejects.toThrow("VETBOX_DEBIAN_MIRROR");
  });
});
