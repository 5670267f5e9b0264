/** Who measures with whom. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { RunState } from "../../agent/wire/names.ts";
import { linkHolders, nextToGo, type Placed, waitsForLink } from "./dispatch.ts";
import { type Place, type Places, type Seeker, seekersWithoutPlace, settlePlaces } from "./pairing.ts";

const BOX_MBPS = 1_000;
const NONE: Places = new Map();

const mac = (id: string, port: number): string => `${id}-${port}`;
const seeker = (id: string, enteredSeq: number, speeds: readonly number[], more: Partial<Seeker> = {}): Seeker => ({
  ...{ id, attempt: 1, enteredSeq, waitedMs: 0, agent: "waits" },
  wish: {
    ...{ waitMs: 900_000, load: "300 3 2", boxMs: 600_000 },
    ports: speeds.map((mbps, i) => ({ mac: mac(id, i), mbps })).sort((x, y) => y.mbps - x.mbps),
  },
  ...more,
});
const settle = (seekers: readonly Seeker[], before: Places = NONE, seq = 100, boxMbps: number | null = BOX_MBPS) =>
  settlePlaces(before, seekers, boxMbps, seq);
const partners = (places: Places) =>
  Object.fromEntries([...places].map(([id, { partner }]) => [id, partner?.id ?? "alone"]));

describe("settlePlaces", () => {
  const cases: readonly (readonly [string, readonly Seeker[], Readonly<Record<string, string>>])[] = [
    ["pairs two with ports of one speed", [seeker("a", 1, [25e3]), seeker("b", 2, [25e3])], { a: "b", b: "a" }],
    ["pairs nobody with ports of another speed", [seeker("a", 1, [25e3]), seeker("b", 2, [10e3])], {}],
    [
      "pairs in the order of arrival, and the odd one waits",
      [seeker("c", 3, [25e3]), seeker("b", 2, [25e3]), seeker("a", 1, [25e3])],
      { a: "b", b: "a" },
    ],
    [
      "passes over one with other ports",
      [seeker("a", 1, [25e3]), seeker("b", 2, [10e3]), seeker("c", 3, [25e3]), seeker("d", 4, [10e3])],
      { a: "c", c: "a", b: "d", d: "b" },
    ],
    [
      "lets those go alone whose ports the box can serve",
      [seeker("a", 1, [1e3]), seeker("b", 2, [100])],
      { a: "alone", b: "alone" },
    ],
    [
      "lets those go alone who want no partner",
      [seeker("a", 1, [], { wish: null }), seeker("b", 2, [25e3])],
      { a: "alone" },
    ],
    ["lets those go alone who waited long enough", [seeker("a", 1, [25e3], { waitedMs: 900_000 })], { a: "alone" }],
    [
      "pairs also at the last moment",
      [seeker("a", 1, [25e3], { waitedMs: 900_000 }), seeker("b", 2, [25e3])],
      { a: "b", b: "a" },
    ],
    [
      "pairs nobody who is at work, as after a restart of the box",
      [seeker("a", 1, [25e3], { agent: "at-work" }), seeker("b", 2, [25e3])],
      { a: "alone" },
    ],
    ["pairs nobody who was not heard of", [seeker("a", 1, [25e3], { agent: "unheard" }), seeker("b", 2, [25e3])], {}],
    [
      "pairs nobody with another load",
      [
        seeker("a", 1, [25e3]),
        seeker("b", 2, [25e3], { wish: { waitMs: 1, load: "900 3 2", boxMs: 1, ports: [{ mac: "b", mbps: 25e3 }] } }),
      ],
      {},
    ],
  ];
  test.each(cases)("%s", (_name, seekers, expected) => expect(partners(settle(seekers))).toEqual(expected));

  test("who needs less time with the box calls, the other one listens and knows how long", () => {
    const slow = { waitMs: 1, load: "x", boxMs: 900_000, ports: [{ mac: "a-0", mbps: 25e3 }] };
    const quick = { ...slow, boxMs: 300_000, ports: [{ mac: "b-0", mbps: 25e3 }] };
    const places = settle([seeker("a", 1, [], { wish: slow }), seeker("b", 2, [], { wish: quick })], NONE, 77);
    expect([...places]).toEqual([
      [
        "a",
        {
          ...{ attempt: 1, seq: 77, told: false },
          partner: {
            ...{ id: "b", attempt: 1, role: "listens", otherBoxMs: 300_000 },
            links: [{ ownMac: "a-0", otherMac: "b-0", mbps: 25e3 }],
          },
        },
      ],
      [
        "b",
        {
          ...{ attempt: 1, seq: 77, told: false },
          partner: {
            ...{ id: "a", attempt: 1, role: "calls", otherBoxMs: 900_000 },
            links: [{ ownMac: "b-0", otherMac: "a-0", mbps: 25e3 }],
          },
        },
      ],
    ]);
  });

  test("pairs all like ports, the fastest first, and leaves the rest", () => {
    const places = settle([seeker("a", 1, [10e3, 25e3, 25e3, 1e3]), seeker("b", 2, [25e3, 10e3, 10e3])]);
    expect(places.get("a")?.partner?.links.map(({ ownMac, otherMac, mbps }) => [ownMac, otherMac, mbps])).toEqual([
      [mac("a", 1), mac("b", 0), 25e3],
      [mac("a", 0), mac("b", 1), 10e3],
    ]);
  });

  test("a box that does not know its own speed pairs nobody and keeps nobody waiting", () => {
    expect(partners(settle([seeker("a", 1, [25e3]), seeker("b", 2, [25e3])], NONE, 100, null))).toEqual({
      a: "alone",
      b: "alone",
    });
  });

  test("a pair stays settled, whoever comes; who lost its partner before it was told seeks again", () => {
    const [a, b, c] = [seeker("a", 1, [25e3]), seeker("b", 2, [25e3]), seeker("c", 3, [25e3])];
    const places = settle([a, b]);
    expect(partners(settle([a, b, c], places))).toEqual({ a: "b", b: "a" });
    expect(partners(settle([a, c], places))).toEqual({ a: "c", c: "a" });
    // The partner's agent died and came back: that is another attempt.
    expect(partners(settle([a, { ...b, attempt: 2 }], places))).toEqual({ a: "b", b: "a" });
  });

  test("who was told of its partner, or is at work, keeps its place without it", () => {
    const [a, b, c] = [seeker("a", 1, [25e3]), seeker("b", 2, [25e3]), seeker("c", 3, [25e3])];
    const places = settle([a, b]);
    const place = places.get("a") as Place;
    const told = new Map(places).set("a", { ...place, told: true });
    expect(partners(settle([a, c], told))).toEqual({ a: "b" });
    expect(partners(settle([{ ...a, agent: "at-work" }, c], places))).toEqual({ a: "b" });
  });
});

const run = (id: string, state: RunState, enteredSeq: number): Placed => ({
  ...{ id, hostId: id, state, rev: 1, profile: "standard", plan: ["InventoryCheck", "Network"], destructive: false },
  ...{ attempt: 1, attemptReason: "first", restarts: 0, orders: {}, bootId: null, agentStart: 0, failure: null },
  ...{ command: null, createdMs: 0, enteredSeq, enteredMs: 0, deadlineMs: null, lastSeenMs: null, endedMs: null },
});

describe("linkHolders with pairs", () => {
  const [a, b] = [seeker("a", 1, [25e3]), seeker("b", 3, [25e3])];

  test("who waits for a partner leaves the link to the partner's boot, and others may be dispatched", () => {
    const runs = [run("a", "Network", 1), run("b", "Booting", 2), run("c", "Queued", 4)];
    const places = settle([a]);
    const measurements = { places, seeking: seekersWithoutPlace(places, [a]) };
    expect([...linkHolders(runs, measurements)]).toEqual(["b"]);
    expect(nextToGo(runs, 3, measurements).map(({ id }) => id)).toEqual(["c"]);
    expect(waitsForLink(run("a", "Network", 1), linkHolders(runs, measurements))).toBe(true);
  });

  test("a pair holds the link together, behind downloads that began while one of them waited", () => {
    const places = settle([a, b], NONE, 3);
    const measurements = { places, seeking: seekersWithoutPlace(places, [a, b]) };
    const pair = [run("a", "Network", 1), run("b", "Network", 3)];
    expect([...linkHolders([...pair, run("d", "Booting", 2)], measurements)]).toEqual(["d"]);
    expect([...linkHolders([...pair, run("d", "Booting", 4)], measurements)].sort()).toEqual(["a", "b"]);
    expect(nextToGo([...pair, run("c", "Queued", 5)], 3, measurements)).toEqual([]);
  });
});

/** One moment of a made-up box: who is in Network, what its agents say. */
const anyMoment = fc.array(
  fc.record({
    inNetwork: fc.boolean(),
    agent: fc.constantFrom<Seeker["agent"]>("at-work", "waits", "waits", "unheard"),
    download: fc.boolean(),
    tells: fc.boolean(),
  }),
  { minLength: 6, maxLength: 6 },
);
const anyWorld = fc.record({
  ports: fc.array(fc.array(fc.constantFrom(100, 1e3, 10e3, 25e3), { maxLength: 3 }), { minLength: 6, maxLength: 6 }),
  moments: fc.array(anyMoment, { minLength: 1, maxLength: 12 }),
});

test("property: whatever comes and goes, nobody is paired twice, pairs are like, and no measurement is beside a download or a stranger's", () => {
  fc.assert(
    fc.property(anyWorld, ({ ports, moments }) => {
      let places: Places = NONE;
      moments.forEach((moment, at) => {
        const seekers = moment.flatMap(({ inNetwork, agent }, i) =>
          inNetwork ? [seeker(`${i}`, i, ports[i] ?? [], { agent, waitedMs: at * 60_000 })] : [],
        );
        places = settlePlaces(places, seekers, BOX_MBPS, 100 + at);
        for (const [id, { partner }] of places) {
          const other = partner === null ? undefined : places.get(partner.id);
          // A partner that is there and has a place is this one's alone.
          if (partner !== null && other?.partner != null && other.seq === places.get(id)?.seq)
            expect(other.partner.id).toBe(id);
          for (const link of partner?.links ?? []) expect(link.mbps).toBeGreaterThan(BOX_MBPS);
          const used = partner?.links.map(({ ownMac }) => ownMac) ?? [];
          expect(new Set(used).size).toBe(used.length);
        }
        const runs = moment.flatMap(({ inNetwork, download }, i) => {
          if (inNetwork) return [run(`${i}`, "Network", i)];
          return download ? [run(`${i}`, "Booting", i)] : [];
        });
        const measurements = { places, seeking: seekersWithoutPlace(places, seekers) };
        const holders = runs.filter(({ id }) => linkHolders(runs, measurements).has(id));
        const measuring = holders.filter(({ state }) => state === "Network").map(({ id }) => id);
        if (measuring.length > 0) expect(holders.length).toBe(measuring.length);
        expect(measuring.length).toBeLessThanOrEqual(2);
        const [one = "", two] = measuring;
        if (two !== undefined) expect([places.get(one)?.partner?.id, places.get(two)?.partner?.id]).toEqual([two, one]);
        places = new Map(
          [...places].map(([id, place]) => [id, moment[Number(id)]?.tells === true ? { ...place, told: true } : place]),
        );
      });
    }),
  );
});

test("property: once its time is over, nobody who can be heard waits for a partner", () => {
  fc.assert(
    fc.property(anyWorld, ({ ports }) => {
      const seekers = ports.map((speeds, i) => seeker(`${i}`, i, speeds, { waitedMs: 900_000 }));
      const places = settlePlaces(NONE, seekers, BOX_MBPS, 100);
      expect([...seekersWithoutPlace(places, seekers)]).toEqual([]);
    }),
  );
});
