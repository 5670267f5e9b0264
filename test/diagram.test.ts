/** The README's diagram is the table's, and leaves nothing of it out. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { RUN_STATES, STAGE_STATES } from "../agent/wire/names.ts";
import { parseSpec } from "../appliance/core/spec/spec.ts";
import { EDGES, foldOf, placeDiagram, renderDiagram } from "./diagram.ts";
import { ROOT } from "./setup/sources.ts";

const ARROW = /^ +(\w+) --> (\w+): (.+)$/gm;

/** `Stages` is every stage. */
const unfolded = (name = ""): readonly string[] => (name === "Stages" ? STAGE_STATES : [name]);

/** The edges that the picture's arrows stand for, as text. */
const drawnEdges = (): ReadonlySet<string> =>
  new Set(
    [...renderDiagram().matchAll(ARROW)].flatMap(([, from, to, events = ""]) =>
      events
        .split(", ")
        .flatMap((event) => unfolded(from).flatMap((a) => unfolded(to).map((b) => `${a} ${event} ${b}`))),
    ),
  );

test("README.md holds the diagram of the table; if not, run bun test/diagram.ts --write", async () => {
  const readme = await Bun.file(join(ROOT, "README.md")).text();
  expect(readme).toBe(placeDiagram(readme, renderDiagram()));
});

test("placeDiagram replaces what stands between the marks and refuses a text without them", () => {
  expect(() => placeDiagram("# Vetbox", "x")).toThrow("lacks the marks");
});

test("renderDiagram draws every edge of the table that no sentence tells, and none that is not there", () => {
  const wanted = EDGES.filter((edge) => foldOf(edge) === null).map(({ from, event, to }) => `${from} ${event} ${to}`);
  expect([...drawnEdges()].sort()).toEqual(wanted.sort());
});

test("renderDiagram shows every state and stays small enough to read", () => {
  const diagram = renderDiagram();
  expect(RUN_STATES.filter((state) => !new RegExp(`\\b${state}\\b`).test(diagram))).toEqual([]);
  expect(diagram.match(/-->/g)?.length).toBeLessThan(40);
});

test("the expected spec that README.md shows is one", async () => {
  const readme = await Bun.file(join(ROOT, "README.md")).text();
  const sample = readme.split("```yaml\n")[1]?.split("```")[0] ?? "";
  const answer = parseSpec(sample);
  expect(answer.ok ? answer.value.disks?.map(({ wants }) => wants["serial"]?.words) : answer.refusal.detail).toEqual([
    "S6PW1234",
    undefined,
  ]);
});
