import { describe, expect, test } from "bun:test";
import { BUILT_STAGES, CATALOG } from "../../agent/stages/catalog.ts";
import { loadLock } from "../lock.ts";
import { parsePackages, USES } from "./packages.ts";

const loadText = () => Bun.file(`${import.meta.dir}/packages.txt`).text();

describe("parsePackages", () => {
  test("sorts names under their headings and drops comments", () => {
    const text = "# list\n[root]\nudev  # devices\n\nfio\n[kernel]\nlinux-image-amd64\n";
    expect(parsePackages(text)).toEqual({
      root: ["udev", "fio"],
      kernel: ["linux-image-amd64"],
      microcode: [],
      tools: [],
      boot: [],
    });
  });

  test.each([
    ["a name before any heading", "udev\n", "packages.txt:1"],
    ["an unknown heading", "[root]\n[gpu]\n", "packages.txt:2"],
    ["two names on one line", "[root]\nudev fio\n", "packages.txt:2"],
    ["an option in place of a name", "[root]\n--allow-untrusted\n", "packages.txt:2"],
  ])("refuses %s with its line", (_, text, place) => {
    expect(() => parsePackages(text)).toThrow(place);
  });
});

describe("packages.txt", () => {
  test("names every package that a built stage's tools come from", async () => {
    const { root } = parsePackages(await loadText());
    for (const stage of BUILT_STAGES) for (const name of CATALOG[stage].packages) expect(root).toContain(name);
  });

  test("names the tools of the stages to come", async () => {
    const { root } = parsePackages(await loadText());
    const tools =
      "stress-ng stressapptest memtester e2fsprogs fio smartmontools nvme-cli iperf3 ipmitool lshw pciutils";
    const others = "ethtool mdadm lvm2 openssh-server rasdaemon";
    expect(root).toEqual(expect.arrayContaining(`${tools} ${others}`.split(" ")));
  });
});

describe("packages.lock", () => {
  test("holds every listed package for its use, and exactly one kernel", async () => {
    const lists = parsePackages(await loadText());
    const { packages } = await loadLock();
    for (const use of USES) {
      const locked = packages.filter(({ uses }) => uses.includes(use)).map(({ name }) => name);
      if (use === "kernel") expect(locked).toEqual([expect.stringMatching(/^linux-image-\d/)]);
      else expect(locked).toEqual(expect.arrayContaining([...lists[use]]));
    }
  });
});
