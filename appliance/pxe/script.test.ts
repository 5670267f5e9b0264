import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createChainGuard } from "./chain-guard.ts";
import { isOldLoader, renderBootScript, renderScript, type ScriptRequest } from "./script.ts";
import { echoText, word } from "./script-words.ts";

const SHA = { kernel: "1".repeat(64), initrd: "2".repeat(64), root: "3".repeat(64), id: "4".repeat(64) };
const REQUEST: ScriptRequest = {
  mac: "52:54:00:77:00:01",
  decision: { kind: "boot", runId: "01JD3K8Q5V", enrolCode: "ab".repeat(16) },
  hostName: "r07-u12",
  loader: { userAgent: "iPXE/1.21.1", arch: "i386" },
  box: { agentOrigin: "https://10.77.0.1:8443", pin: "5".repeat(64), filesOrigin: "http://10.77.0.1:8081" },
  image: {
    id: SHA.id,
    files: { kernel: { sha256: SHA.kernel }, initrd: { sha256: SHA.initrd }, root: { sha256: SHA.root } },
  },
  kernelArgs: [],
  mayReplaceLoader: true,
};

/** What iPXE would run: its lines without comments and labels, cut at `&&` and `||`; what an echo says is left out. */
const commandsOf = (script: string | null): readonly string[] =>
  (script ?? "")
    .split(/[\r\n]/)
    .filter((line) => line !== "" && !line.startsWith("#"))
    .flatMap((line) => line.split(/\s*(?:&&|\|\|)\s*/))
    .map((command) => (/^echo [A-Za-z0-9 .,:_/()?-]*$/.test(command) ? "echo" : command));

describe("renderScript", () => {
  test("boots the live image for a run", () => {
    expect(renderScript(REQUEST)).toMatchInlineSnapshot(`
      "#!ipxe
      echo Vetbox: run 01JD3K8Q5V, image 444444444444, host r07-u12
      set try:int32 0
      :load
      inc try
      imgfree
      set step kernel
      kernel --name kernel http://10.77.0.1:8081/image/525400770001/1111111111111111111111111111111111111111111111111111111111111111/kernel initrd=initrd.magic console=tty0 console=ttyS0,115200n8 panic=10 raid=noautodetect vetbox.url=https://10.77.0.1:8443 vetbox.pin=5555555555555555555555555555555555555555555555555555555555555555 vetbox.run=01JD3K8Q5V vetbox.enrol=abababababababababababababababab vetbox.mac=52:54:00:77:00:01 vetbox.root=4444444444444444444444444444444444444444444444444444444444444444 || goto failed
      set step initrd
      initrd http://10.77.0.1:8081/image/525400770001/2222222222222222222222222222222222222222222222222222222222222222/initrd || goto failed
      set step root
      initrd http://10.77.0.1:8081/image/525400770001/3333333333333333333333333333333333333333333333333333333333333333/root || goto failed
      set step start
      boot || goto failed
      :failed
      echo Vetbox: \${step} failed, try \${try} of 3
      iseq \${try} 3 && goto local ||
      sleep 10
      goto load
      :local
      imgfree
      echo Vetbox: the live image could not be loaded
      echo Vetbox: starting the local disk
      sleep 3
      iseq \${platform} efi && exit 1 ||
      sanboot --no-describe --drive 0x80 ||
      exit 1
      "
    `);
  });

  test("boots the local disk when there is nothing to boot, and says why", () => {
    expect(renderScript({ ...REQUEST, decision: { kind: "local", reason: "no run" } })).toMatchInlineSnapshot(`
      "#!ipxe
      echo Vetbox: no live image now: no run
      echo Vetbox: starting the local disk
      sleep 3
      iseq \${platform} efi && exit 1 ||
      sanboot --no-describe --drive 0x80 ||
      exit 1
      "
    `);
  });

  test("has no script for a host that is not registered", () => {
    expect(renderScript({ ...REQUEST, decision: { kind: "unknown" } })).toBeNull();
  });

  test.each([
    ["without an image", { image: null }, "the box has no live image"],
    ["on arm64", { loader: { userAgent: "iPXE/1.21.1", arch: "arm64" } }, "there is no live image for arm64"],
  ])("boots the local disk %s", (_name, change, reason) => {
    const script = renderScript({ ...REQUEST, ...change });
    expect(script).toContain(`echo Vetbox: no live image now: ${reason}\n`);
    expect(script).toContain("sanboot --no-describe --drive 0x80");
    expect(script).not.toMatch(/kernel|enrol/);
  });

  test("replaces an old loader, once", () => {
    const old = { ...REQUEST, loader: { userAgent: "iPXE/1.0.0+git-20190125.36a4c85", arch: "i386" } };
    expect(renderScript(old)).toMatchInlineSnapshot(`
      "#!ipxe
      echo Vetbox: iPXE \${version} is too old, loading a newer one
      iseq \${platform} efi && goto efi ||
      chain --replace http://10.77.0.1:8081/loaders/ipxe.pxe ||
      chain --replace http://10.77.0.1:8081/loaders/undionly.kpxe ||
      goto failed
      :efi
      chain --replace http://10.77.0.1:8081/loaders/snponly.efi ||
      chain --replace http://10.77.0.1:8081/loaders/ipxe.efi ||
      :failed
      echo Vetbox: the newer loader could not be loaded
      echo Vetbox: starting the local disk
      sleep 3
      iseq \${platform} efi && exit 1 ||
      sanboot --no-describe --drive 0x80 ||
      exit 1
      "
    `);
    expect(renderScript({ ...old, mayReplaceLoader: false })).toBe(renderScript(REQUEST));
  });

  test("gives an enrol code to no script but that of a run", () => {
    for (const decision of [{ kind: "local", reason: "no run" }, { kind: "unknown" }] as const)
      expect(renderScript({ ...REQUEST, decision }) ?? "").not.toContain("vetbox.");
  });
});

describe("a hostile string changes no command of the script", () => {
  const plain = commandsOf(renderScript(REQUEST));
  const local = commandsOf(renderScript({ ...REQUEST, decision: { kind: "local", reason: "x" } }));
  const parts = [
    "\n",
    "\r",
    "\0",
    "&&",
    "||",
    "${",
    "}",
    "`",
    '"',
    "'",
    "\\",
    ";",
    "#",
    "goto local",
    "chain http://x",
    "é",
    "\u2028",
    "--",
    " -",
    "\t",
  ];
  const hostile = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc
      .array(fc.oneof(fc.constantFrom(...parts), fc.string({ maxLength: 8 })), { maxLength: 30 })
      .map((p) => p.join("")),
  );

  test("as a host's name, 500 times", () => {
    fc.assert(
      fc.property(hostile, (hostName) => {
        expect(commandsOf(renderScript({ ...REQUEST, hostName }))).toEqual(plain);
      }),
      { numRuns: 500 },
    );
  });

  test("as the reason of a local boot, 500 times", () => {
    fc.assert(
      fc.property(hostile, (reason) => {
        expect(commandsOf(renderScript({ ...REQUEST, decision: { kind: "local", reason } }))).toEqual(local);
      }),
      { numRuns: 500 },
    );
  });

  test("as any other word: there is no script at all", () => {
    const accept = {
      runId: /^[A-Za-z0-9][\w-]{0,63}$/,
      enrolCode: /^[0-9a-f]{32}$/,
      mac: /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/,
    };
    fc.assert(
      fc.property(fc.constantFrom("runId", "enrolCode", "mac" as const), hostile, (field, value) => {
        fc.pre(!accept[field].test(value) || value.includes("\n"));
        const base = { ...REQUEST, image: REQUEST.image ?? null, runId: "r", enrolCode: "ab".repeat(16) };
        if (base.image === null) throw new Error("the sample has an image");
        const input = { ...base, image: base.image, [field]: value };
        expect(() => renderBootScript(input)).toThrow(RangeError);
      }),
      { numRuns: 500 },
    );
  });

  test.each(["a b", "x\ny", "init=/bin/sh; reboot", "${mac}", "a&&b", "", "=x", "a||b", "é=1"])(
    "as a kernel parameter: %j",
    (arg) => {
      expect(() => renderScript({ ...REQUEST, kernelArgs: [arg] })).toThrow(RangeError);
    },
  );
});

test("kernelArgs come last on the command line", () => {
  const line = renderScript({ ...REQUEST, kernelArgs: ["nomodeset", "console=ttyS1,9600"] })
    ?.split("\n")
    .find((l) => l.startsWith("kernel "));
  expect(line).toEndWith(" nomodeset console=ttyS1,9600 || goto failed");
});

test.each([
  ["iPXE/1.0.0+git-20190125.36a4c85-5.1", true],
  ["iPXE/1.20.1", true],
  ["iPXE/0.9.3", true],
  ["iPXE/1.21.1+git20250501", false],
  ["iPXE/2.0.0", false],
  ["curl/8.0", false],
  ["", false],
])("isOldLoader(%s) is %p", (userAgent, old) => {
  expect(isOldLoader(userAgent)).toBe(old);
});

test("word refuses an unknown shape with its value cut short", () => {
  expect(word("loader", "snponly.efi")).toBe("snponly.efi");
  expect(() => word("mac", "x".repeat(500))).toThrow(/^not fit for an iPXE script as mac: "x{80}"$/);
});

test("echoText leaves no option and no command", () => {
  expect(echoText("--name x && y || ${z}\nreboot")).toBe("name x ?? y ?? ??z??reboot");
});

describe("createChainGuard", () => {
  const OLD = "iPXE/1.0.0";
  const MAC = "52:54:00:77:00:01";

  test("lets an old loader be replaced once in a while, and a new one never", () => {
    const guard = createChainGuard();
    expect(guard.mayReplace(MAC, OLD, 0)).toBe(true);
    expect(guard.mayReplace(MAC, OLD, 5_000)).toBe(false);
    expect(guard.mayReplace(MAC, OLD, 10_000)).toBe(true);
    expect(guard.mayReplace(MAC, "iPXE/1.21.1", 15_000)).toBe(false);
    expect(guard.mayReplace(MAC, OLD, 20_000)).toBe(true);
    expect(guard.mayReplace("52:54:00:77:00:02", OLD, 20_000)).toBe(true);
  });

  test("takes an old loader for a new boot after some minutes", () => {
    const guard = createChainGuard();
    expect(guard.mayReplace(MAC, OLD, 0)).toBe(true);
    expect(guard.mayReplace(MAC, OLD, 600_000)).toBe(true);
  });
});
