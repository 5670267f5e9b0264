/** Two moments to what changed between them. Pure. */
import { cleanText } from "../probes/label.ts";
import { WATCHED, type Watch, type Watched } from "../wire/watch.ts";
import type { Answer, Figures, Seen } from "./sighting.ts";
import type { FigureSource, Snapshot } from "./snapshot.ts";

type FiguresRow = Watch["figures"][number];
type Changed = FiguresRow["changed"][number];

const detailOf = (before: Seen, after: Seen): string | undefined => {
  const words = Object.entries(after.parts ?? {}).flatMap(([name, value]) => {
    const grown = value - (before.parts?.[name] ?? 0);
    return grown === 0 ? [] : [`${name} ${grown}`];
  });
  return words.length === 0 ? undefined : cleanText(words.join(", "), 300);
};

const changeOf = (component: string, before: Seen, after: Seen): Changed => {
  const detail = detailOf(before, after);
  return {
    component: cleanText(component, 200),
    before: before.value,
    after: after.value,
    ...(detail === undefined ? {} : { detail }),
  };
};

const rowOf = (kind: Watched, before: Figures, after: Figures): FiguresRow => {
  const both = [...before].flatMap(([component, was]) => {
    const is = after.get(component);
    return is === undefined ? [] : [{ component, was, is }];
  });
  const changed = both.filter(({ was, is }) => was.value !== is.value);
  return {
    kind,
    watchedCount: both.length,
    changed: changed.map(({ component, was, is }) => changeOf(component, was, is)),
  };
};

/** What every component of a source has, so that one that is not there any more is noticed. */
const PRESENCE: Readonly<Partial<Record<FigureSource, Watched>>> = { pci: "pcie-width", nics: "nic-missed" };

const goneOf = (source: FigureSource, before: Answer, after: Answer): readonly string[] => {
  const kind = PRESENCE[source];
  if (kind === undefined || before.status !== "seen") return [];
  if (after.status === "failed") return [];
  const still = after.status === "seen" ? after.figures[kind] : undefined;
  return [...(before.figures[kind]?.keys() ?? [])]
    .filter((component) => still?.has(component) !== true)
    .map((component) => cleanText(`${source === "pci" ? "PCIe" : "NIC"} ${component}`, 200));
};

/** What changed, what went, and what could not be compared. */
export const compareSnapshots = (before: Snapshot, after: Snapshot): Pick<Watch, "figures" | "gone" | "missing"> => {
  const sources = Object.keys(before) as FigureSource[];
  const figures = sources.flatMap((source) => {
    const [was, is] = [before[source], after[source]];
    if (was.status !== "seen" || is.status !== "seen") return [];
    return WATCHED.flatMap((kind) => {
      const [old, now] = [was.figures[kind], is.figures[kind]];
      return old === undefined || now === undefined ? [] : [rowOf(kind, old, now)];
    });
  });
  const missing = sources.flatMap((source) => {
    const unseen = [before[source], after[source]].flatMap((answer) => (answer.status === "seen" ? [] : [answer]));
    const worst = unseen.find(({ status }) => status === "failed") ?? unseen[0];
    return worst === undefined ? [] : [{ source, status: worst.status, reason: cleanText(worst.reason, 500) }];
  });
  return { figures, gone: sources.flatMap((source) => goneOf(source, before[source], after[source])), missing };
};
