/** Exit codes, and the commands about hosts, specs, the box and its config. */
import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { serveApp } from "../../appliance/http/edge.ts";
import { fakeBox, fakeHost, fakeSummary } from "../../appliance/http/fake-views.ts";
import { closeAll, NOW_MS, openBox, runLine, tempDir } from "./box.ts";

afterEach(closeAll);

const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

describe("vetbox exit codes", () => {
  const USAGE: readonly (readonly [readonly string[], string])[] = [
    [[], "No command specified"],
    [["hosts"], "No command specified"],
    [["hosts", "lst"], "Unknown command lst"],
    [["hosts", "constructor"], "Unknown command constructor"],
    [["toString"], "Unknown command toString"],
    [["hosts", "add", "only-a-name"], "Missing required positional argument: MAC"],
    [["hosts", "show", "a", "b"], "“b” is one word too many"],
    [["runs", "start", "h", "--destructiv"], "There is no option --destructiv"],
    [["runs", "start", "h", "--profile", "wild"], "Expected one of: quick, standard, soak"],
    [["runs", "report", "r", "--output"], "--output needs a value"],
    [["box", "--url", "ftp://x"], "is no address of a box"],
    [["box", "--url", "box"], "is no address of a box"],
    [["spec", "lint", "/nowhere.yaml"], "/nowhere.yaml cannot be read"],
  ];
  for (const [words, sentence] of USAGE)
    test(`2 for \`${words.join(" ")}\``, async () => {
      const { code, out, err } = await runLine(words);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toContain(sentence);
    });

  test("3 where no box listens, and where something else does", async () => {
    expect(await runLine(["box", "--url", "unix:/nowhere/sock"])).toMatchObject({ code: 3, out: "" });
    await using other = await serveApp(
      { fetch: () => new Response("<h1>router</h1>", { status: 404 }) },
      { hostname: "127.0.0.1", port: 0 },
    );
    const { code, err } = await runLine(["box", "--url", other.url]);
    expect([code, err]).toEqual([3, "What answered (404) is not a box, or not one of this version.\n"]);
  });

  test("1 with the box's own words for what it refuses", async () => {
    const box = await openBox(
      {},
      { removeHost: async () => ({ ok: false, refusal: { code: "host-busy", detail: "Its run is not over." } }) },
    );
    expect(await box.run(["hosts", "remove", "r07-u12"])).toEqual({ code: 1, out: "", err: "Its run is not over.\n" });
    expect((await box.run(["hosts", "show", "nobody"])).code).toBe(1);
  });

  test("0 for --help of every command, which names its options", async () => {
    const { out } = await runLine(["runs", "start", "--help"]);
    for (const words of ["vetbox runs start", "--profile=<quick|standard|soak>", "--wait", "--json"])
      expect(out).toContain(words);
    expect((await runLine(["--help"])).out).toContain("Exit codes: 0 done");
    expect((await runLine(["hosts", "-h"])).out).toContain("vetbox hosts");
  });
});

describe("vetbox hosts, spec, seen, box", () => {
  test("hosts list is a table, or JSON", async () => {
    const host = fakeHost({ activeRun: fakeSummary() });
    const box = await openBox({ hosts: async () => [host] });
    expect((await box.run(["hosts", "list"])).out).toMatchInlineSnapshot(`
      "NAME     MAC                SPEC  STANDING          RUN
      r07-u12  52:54:00:aa:00:01  no    Taking inventory  01JDRUN0000000000000000001
      "
    `);
    expect(JSON.parse((await box.run(["hosts", "list", "--json"])).out)).toEqual([host]);
  });

  test("hosts add sends the spec's text", async () => {
    const spec = join(await tempDir(), "spec.yaml");
    await Bun.write(spec, "cpu: {}\n");
    const added: unknown[] = [];
    const box = await openBox(
      {},
      {
        addHost: async (...input) => {
          added.push(input);
          return ok(fakeHost({ hasSpec: true }));
        },
      },
    );
    const { code, out } = await box.run(["hosts", "add", "r07-u12", "52:54:00:AA:00:01", "--spec", spec]);
    expect([code, added]).toEqual([
      0,
      [[{ name: "r07-u12", mac: "52:54:00:aa:00:01", specYaml: "cpu: {}\n" }, "operator@local"]],
    ]);
    expect(out).toMatch(/^spec\s+yes$/m);
  });

  test("hosts show tells where the last boot stopped and what to do", async () => {
    const timeline = {
      events: [],
      reached: "kernel",
      diagnosis: { cause: "No initrd.", remedy: "Publish it." },
    } as const;
    const box = await openBox({ timeline: async () => timeline });
    const { out } = await box.run(["hosts", "show", "r07-u12"]);
    expect(out).toMatch(/last boot reached\s+Kernel loaded/);
    expect(out).toMatch(/remedy\s+Publish it\./);
    expect(JSON.parse((await box.run(["hosts", "show", "r07-u12", "--json"])).out).timeline).toEqual(timeline);
  });

  test("spec set, show and remove", async () => {
    const set: unknown[] = [];
    const box = await openBox(
      { spec: async () => "cpu: { sockets: 2 } # two\n" },
      {
        setSpec: async (_host, yaml) => {
          set.push(yaml);
          return ok(true as const);
        },
      },
    );
    const input = { readInput: async () => "memory: {}\n" };
    expect((await box.run(["spec", "set", "r07-u12", "-"], input)).code).toBe(0);
    expect((await box.run(["spec", "remove", "r07-u12"])).code).toBe(0);
    expect(set).toEqual(["memory: {}\n", null]);
    expect((await box.run(["spec", "show", "r07-u12"])).out).toBe("cpu: { sockets: 2 } # two\n");
  });

  test("spec lint needs no box and names the place", async () => {
    const lint = (text: string) => runLine(["spec", "lint", "-"], { readInput: async () => text });
    expect(await lint("disks:\n  - serial: S6PW1234\n")).toEqual({ code: 0, out: "", err: "" });
    const wrong = await lint("disks:\n  - seriell: S6PW1234\n");
    expect([wrong.code, wrong.out]).toEqual([1, expect.stringMatching(/^-:2:\d+: /)]);
  });

  test("seen and box", async () => {
    const box = await openBox({
      box: async () => fakeBox(),
      sightings: async () => [
        { mac: "52:54:00:aa:00:09", firstSeenMs: 0, lastSeenMs: NOW_MS - 65_000, count: 3, detail: "PXEClient" },
      ],
    });
    expect((await box.run(["seen"])).out).toContain("52:54:00:aa:00:09  3      1 m 5 s ago  PXEClient");
    expect((await box.run(["box"])).out).toMatch(/dnsmasq\s+running/);
  });
});

describe("vetbox config", () => {
  test("example is a config that check accepts", async () => {
    const { out } = await runLine(["config", "example"]);
    expect(await runLine(["config", "check", "-"], { readInput: async () => out })).toEqual({
      code: 0,
      out: "",
      err: "",
    });
  });
  test("check names every place", async () => {
    const { code, err } = await runLine(["config", "check", "-"], {
      readInput: async () => "nmae: x\nports: { agnt: 1 }\n",
    });
    expect([code, err]).toEqual([
      1,
      "-:1:1: nmae: there is no such key; did you mean name?\n-:2:10: ports.agnt: there is no such key; did you mean agent?\n",
    ]);
  });
});
