/**
 * Which Debian mirror to download from: none is written down here. In order: `VETBOX_DEBIAN_MIRROR`, the mirror that this machine's own apt
 * uses, the default that apt's templates name.
 */
import { readdir } from "node:fs/promises";
import { readTool } from "./process.ts";

/** One `deb` source of apt. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Value of `Signed-By`, empty if none. */
  readonly signedBy: string;
}

/** Reads a one-line file: `deb [options] uri suite component…` (sources.list(5)). */
export const parseOneLineSources = (text: string): AptSource[] =>
  text.split("\n").flatMap((raw) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(raw);
    if (match === null) return [];
    const [, options = "", uri = "", suite = "", components = ""] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/.exec(options)?.[1] ?? "";
    return [{ uri, suite, components: components.trim().split(/\s+/), signedBy }];
  });

/** Reads a deb822 file: stanzas of `Field: value` with continuation lines (sources.list(5)). */
export const parseDeb822Sources = (text: string): AptSource[] =>
  text
    .replace(/^#.*\n?/gm, "")
    .split(/\n[ \t]*\n/)
    .flatMap((stanza) => {
      const fields = new Map<string, string>();
      for (const [, name = "", value = ""] of stanza.matchAll(/^([A-Za-z0-9-]+):(.*(?:\n[ \t].*)*)/gm))
        fields.set(name.toLowerCase(), value.trim());
      const words = (name: string) => fields.get(name)?.split(/\s+/).filter(Boolean) ?? [];
      if (!words("types").includes("deb") || /^(no|false|off|0)$/i.test(fields.get("enabled") ?? "")) return [];
      const rest = { components: words("components"), signedBy: fields.get("signed-by") ?? "" };
      return words("uris").flatMap((uri) => words("suites").map((suite) => ({ uri, suite, ...rest })));
    });

/** The source that is a whole Debian mirror: its path ends in `/debian` and it has main; one that Debian's own key signs goes first. */
export const pickMirror = (sources: readonly AptSource[]): string | undefined => {
  const mirrors = sources.filter(
    ({ uri, components }) => /^https?:\/\/.+\/debian\/?$/.test(uri) && components.includes("main"),
  );
  const best = mirrors.find(({ signedBy }) => signedBy.includes("debian-archive")) ?? mirrors[0];
  return best?.uri.replace(/\/$/, "");
};

const readIfThere = async (path: string): Promise<string> => {
  const file = Bun.file(path);
  return (await file.exists()) ? file.text() : "";
};

const loadAptSources = async (etc: string): Promise<AptSource[]> => {
  const parts = await readdir(`${etc}/sources.list.d`).catch(() => []);
  const files = parts.sort().map((name) => `${etc}/sources.list.d/${name}`);
  const parsed = [`${etc}/sources.list`, ...files].map(async (path) => {
    if (path.endsWith(".sources")) return parseDeb822Sources(await readIfThere(path));
    return path.endsWith(".list") ? parseOneLineSources(await readIfThere(path)) : [];
  });
  return (await Promise.all(parsed)).flat();
};

/** Where python3-apt keeps the archives that it knows; on every Debian and Ubuntu with unattended upgrades. */
const TEMPLATE = "/usr/share/python-apt/templates/Debian.info";

/** Root of the mirror, the folder that holds `dists` and `pool`. `prefix` stands before the files that are read. */
export const loadMirror = async (prefix = ""): Promise<string> => {
  const asked = process.env["VETBOX_DEBIAN_MIRROR"];
  if (asked !== undefined && asked !== "") return asked.replace(/\/$/, "");
  const release = await readIfThere(`${prefix}/etc/os-release`);
  // another distribution's third-party sources also end in /debian; there only the template counts
  const own = /^ID=debian$/m.test(release) ? pickMirror(await loadAptSources(`${prefix}/etc/apt`)) : undefined;
  const found = own ?? /^BaseURI:\s*(\S+)/m.exec(await readIfThere(prefix + TEMPLATE))?.[1];
  if (found === undefined)
    throw new Error("no Debian mirror is known here; set VETBOX_DEBIAN_MIRROR to the URL that holds dists/ and pool/");
  return found.replace(/\/$/, "");
};

/** The proxy that apt is told to use for a mirror, if any: where the way out is by proxy, apt usually knows. */
export const loadAptProxy = async (mirror: string): Promise<string | undefined> => {
  const scheme = mirror.startsWith("https:") ? "https" : "http";
  const shell = await readTool(["apt-config", "shell", "PROXY", `Acquire::${scheme}::Proxy`]).catch(() => "");
  const proxy = /^PROXY='(.+)'$/m.exec(shell)?.[1];
  return proxy === "DIRECT" ? undefined : proxy;
};
