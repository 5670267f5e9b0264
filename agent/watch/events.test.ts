import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { createFakeClock } from "../fakes/clock.ts";
import { exited, fakeSystem, tableFiles } from "../fakes/system.ts";
import type { Exec, ExecResult } from "../system/exec.ts";
import { Watch } from "../wire/watch.ts";
import { createWatcher } from "./watch.ts";

const never = new AbortController().signal;
const DEVICE = { "/dev/ipmi0": "->/dev/ipmi0" };

/** Lines as ipmitool 1.8.19 printed them of `ipmi_sim`. */
const ENTRIES = [
  "   1 | 11/21/26 | 11:20:00 UTC | Memory #0x87 | Correctable ECC | Asserted",
  "   2 | 11/21/26 | 11:20:00 UTC | Power Supply #0x61 | Power Supply AC lost | Asserted",
  "   3 | 11/21/26 | 11:20:01 UTC | Memory #0x87 | Uncorrectable ECC | Asserted",
  "   4 | 11/21/26 | 11:20:01 UTC | Power Supply #0x61 | Power Supply AC lost | Deasserted",
];
const momentOf = (entry: string | undefined) =>
  entry === undefined
    ? "Not Available"
    : entry
        .split("|")
        .slice(1, 3)
        .map((part) => part.trim())
        .join(" ");

/** A BMC whose log the test writes, and whose answers take some time. */
const bench = (files: Readonly<Record<string, string>> = DEVICE) => {
  const clock = createFakeClock();
  const bmc = {
    entries: ENTRIES.slice(0, 2) as readonly string[],
    deleted: "Not Available",
    free: 16_000,
    takesMs: {} as Record<string, number>,
    asked: [] as string[],
    refuses: "",
  };
  const answer = ([, , verb = "", , most = ""]: readonly string[]): string =>
    verb === "info"
      ? `SEL Information\nEntries          : ${bmc.entries.length}\nFree Space       : ${bmc.free} bytes \nLast Add Time    : ${momentOf(bmc.entries.at(-1))}\nLast Del Time    : ${bmc.deleted}\nOverflow         : false\n`
      : `${bmc.entries.slice(-Number(most)).join("\n")}\n`;
  const exec: Exec = async ({ argv, timeoutMs }): Promise<ExecResult> => {
    if (argv[0] !== "ipmitool") return exited(argv[0] === "dmesg" ? "" : '{"blockdevices":[]}');
    bmc.asked.push(argv.slice(2).join(" "));
    if (bmc.refuses !== "") return exited("", 1, bmc.refuses);
    const takesMs = bmc.takesMs[argv[2] ?? ""] ?? 0;
    await clock.sleep(Math.min(takesMs, timeoutMs));
    return takesMs <= timeoutMs
      ? exited(answer(argv))
      : { ...exited(""), end: "timed-out", exitCode: null, durationMs: timeoutMs };
  };
  const watcher = createWatcher(fakeSystem({ exec, files: tableFiles(files), clock }));
  /** One stage, during which something happens. */
  const around = async (happens: () => void = () => undefined) => {
    const stage: { watch?: Watch } = {};
    const work = async () => {
      const watched = await watcher(never);
      happens();
      stage.watch = (await watched.end()).watch;
    };
    const startMs = clock.monoMs();
    void work();
    await clock.until(() => stage.watch !== undefined, 20_000);
    const watch = v.parse(Watch, stage.watch);
    return {
      events: watch.events,
      missing: watch.missing.find(({ source }) => source === "events"),
      tookMs: clock.monoMs() - startMs,
    };
  };
  return { bmc, around };
};

describe("the BMC's event log around a stage", () => {
  test("what came during the stage is told, and what was there before is not", async () => {
    const { bmc, around } = bench();
    const { events, missing } = await around(() => {
      bmc.entries = ENTRIES;
    });
    const atMs = Date.UTC(2026, 10, 21, 11, 20, 1);
    expect(events).toEqual({
      entries: [
        { id: 3, atMs, sensor: "Memory #0x87", event: "Uncorrectable ECC", direction: "asserted" },
        { id: 4, atMs, sensor: "Power Supply #0x61", event: "Power Supply AC lost", direction: "deasserted" },
      ],
      newCount: 2,
      isCleared: false,
      isFull: false,
    });
    expect(missing).toBeUndefined();
    expect(bmc.asked).toEqual(["info", "info", "elist last 2"]);
  });

  test("a log to which nothing came is asked for its level twice, and for no entry", async () => {
    const { bmc, around } = bench();
    expect((await around()).events).toEqual({ entries: [], newCount: 0, isCleared: false, isFull: false });
    expect(bmc.asked).toEqual(["info", "info"]);
  });

  test("a log that was cleared says so, and all that is in it is new, although ids begin again", async () => {
    const { bmc, around } = bench();
    const { events } = await around(() => {
      bmc.deleted = "11/21/26 11:20:01 UTC";
      bmc.entries = ["   1 | 11/21/26 | 11:20:02 UTC | Processor #0x21 | IERR | Asserted"];
    });
    expect(events).toMatchObject({ newCount: 1, isCleared: true, entries: [{ id: 1, event: "IERR" }] });
  });

  test("of a full log that is written over, what is later than the last entry before is new", async () => {
    const { bmc, around } = bench();
    const { events } = await around(() => {
      bmc.entries = ENTRIES.slice(1, 3);
      bmc.free = 0;
    });
    expect(events).toMatchObject({ newCount: 1, isFull: true, isCleared: false, entries: [{ id: 3 }] });
    expect(events?.entries).toHaveLength(1);
  });

  test("of a storm the newest 64 are read, and all are counted", async () => {
    const { bmc, around } = bench();
    const { events } = await around(() => {
      bmc.entries = [...bmc.entries, ...Array.from({ length: 500 }, () => ENTRIES[2] ?? "")];
    });
    expect([events?.newCount, events?.entries.length]).toEqual([500, 64]);
    expect(bmc.asked.at(-1)).toBe("elist last 64");
  });

  test("sensors whose names take too long are told by number", async () => {
    const { bmc, around } = bench();
    bmc.takesMs = { elist: 30_000, info: 400 };
    const { events, tookMs } = await around(() => {
      bmc.entries = ENTRIES;
    });
    expect(events?.entries.map(({ id }) => id)).toEqual([3, 4]);
    // The level before; the level, the names given up at 11 s, and the numbers at once.
    expect(tookMs).toBe(400 + 11_000);
    expect(bmc.asked).toEqual(["info", "info", "elist last 2", "list last 2"]);
  });

  test("new entries that cannot be read in time are no silence", async () => {
    const { bmc, around } = bench();
    bmc.takesMs = { elist: 30_000, list: 30_000 };
    const { events, missing, tookMs } = await around(() => {
      bmc.entries = ENTRIES;
    });
    expect(events).toBeUndefined();
    expect(missing).toMatchObject({ status: "failed" });
    expect(missing?.reason).toStartWith("The BMC logged 2 new events that could not be read.");
    expect(tookMs).toBe(14_000);
  });

  test("a BMC that hangs costs eight seconds once, and is not asked again by this stage or the next", async () => {
    const { bmc, around } = bench();
    bmc.takesMs = { info: 60_000 };
    const first = await around();
    expect([first.tookMs, first.missing?.status]).toEqual([8_000, "failed"]);
    const second = await around();
    expect([second.tookMs, second.missing?.status]).toEqual([0, "failed"]);
    expect(second.missing?.reason).toContain("not asked again");
    expect(bmc.asked).toEqual(["info"]);
  });

  test("a BMC that refuses is failed with its words, without signs that the wire does not carry", async () => {
    const { bmc, around } = bench();
    bmc.refuses = "Get SEL Info\u001b command failed\n";
    const { missing } = await around();
    expect(missing).toMatchObject({ status: "failed" });
    expect(missing?.reason).toEndWith("Get SEL Info command failed");
  });

  test("a server without a BMC is asked nothing; one whose described BMC has no driver failed", async () => {
    const none = bench({});
    expect((await none.around()).missing?.status).toBe("absent");
    const mute = bench({ "/sys/bus/platform/devices/dmi-ipmi-si.0/modalias": "" });
    expect((await mute.around()).missing?.status).toBe("failed");
    expect([...none.bmc.asked, ...mute.bmc.asked]).toEqual([]);
  });
});
