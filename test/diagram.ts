/**
 * The README's state diagram, drawn from the transition table: `bun test/diagram.ts --write` puts it there, a test says when it is out of date.
 *
 * One arrow for each pair would be a hedge. What all stages have in common is one arrow of the box around them; what is the same everywhere is a
 * sentence below. Nothing is left out: each pair of the table is an arrow or belongs to a sentence.
 */
import { join } from "node:path";
import { RUN_STATES, type RunState, STAGE_STATES } from "../agent/wire/names.ts";
import { EVENT_NAMES, type EventName } from "../appliance/core/events.ts";
import { BOX_OWNED, isStage, TERMINAL } from "../appliance/core/states.ts";
import { TRANSITIONS, targetsOf } from "../appliance/core/transitions.ts";
import { ROOT } from "./setup/sources.ts";

/** One pair of the table and one of its targets. */
export interface Edge {
  readonly from: RunState;
  readonly event: EventName;
  readonly to: RunState;
}

/** An arrow of the picture. `Stages` is the box around all stages. */
interface Arrow {
  readonly from: RunState | "Stages" | "[*]";
  readonly to: RunState | "Stages" | "[*]";
  readonly events: readonly EventName[];
}

/** All edges of the table. */
export const EDGES: readonly Edge[] = RUN_STATES.flatMap((from) =>
  EVENT_NAMES.flatMap((event) => targetsOf(TRANSITIONS[from][event]).map((to) => ({ from, event, to }))),
);

/** Why an edge is told in a sentence instead of drawn; null for one that is drawn. */
export const foldOf = ({ from, event, to }: Edge): "repeat" | "cancel" | "late" | "skip" | null => {
  if (from === to) return "repeat";
  if (event === "cancelRequested") return "cancel";
  if (event === "deadlinePassed" && to === "Failed") return "late";
  const goesOn = event === "specPassed" || (event === "resultPosted" && to !== "Failed");
  const next = from === "SpecValidate" ? "SMART" : RUN_STATES[RUN_STATES.indexOf(from) + 1];
  return goesOn && to !== next ? "skip" : null;
};

/** Draws what every stage does alike as one arrow of `Stages`, and the rest edge by edge; arrows between the same two ends become one. */
const arrowsOf = (edges: readonly Edge[]): readonly Arrow[] => {
  const has = (from: RunState, event: EventName, to: RunState): boolean =>
    edges.some((edge) => edge.from === from && edge.event === event && edge.to === to);
  const fromAll = ({ event, to }: Edge): boolean => STAGE_STATES.every((stage) => has(stage, event, to));
  const toAll = ({ from, event }: Edge): boolean => STAGE_STATES.every((stage) => has(from, event, stage));
  const drawn = edges.map((edge) => ({
    from: isStage(edge.from) && fromAll(edge) ? ("Stages" as const) : edge.from,
    to: isStage(edge.to) && toAll(edge) ? ("Stages" as const) : edge.to,
    event: edge.event,
  }));
  return [...Map.groupBy(drawn, ({ from, to }) => `${from} ${to}`).values()].flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : { from: first.from, to: first.to, events: [...new Set(group.map((one) => one.event))] };
  });
};

const WITHIN: readonly string[] = [...STAGE_STATES, "SpecValidate"];

const renderArrow = ({ from, to, events }: Arrow): string =>
  `${from} --> ${to}${events.length === 0 ? "" : `: ${events.join(", ")}`}`;

/** States as a phrase: all stages together are “every stage”. */
const renderStates = (states: readonly RunState[]): string => {
  const names = [...states.filter((state) => !isStage(state)), ...(states.some(isStage) ? ["every stage"] : [])];
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
};

const renderSentences = (): readonly string[] => {
  const foldedFrom = (fold: "cancel" | "late"): string =>
    renderStates(EDGES.filter((edge) => foldOf(edge) === fold).map(({ from }) => from));
  return [
    `- The box itself leaves ${renderStates([...BOX_OWNED])} at once, in the transaction that enters them.`,
    "- A run's plan may leave out stages: then the next one that it has follows, and Reporting after its last.",
    "- An agent that restarts begins its stage again; one that restarts while its server is held stays held.",
    `- \`deadlinePassed\` leads to Failed from ${foldedFrom("late")}.`,
    `- \`cancelRequested\` leads to Cancelled from ${foldedFrom("cancel")}.`,
  ];
};

/** The picture and its sentences, as Markdown. */
export const renderDiagram = (): string => {
  const arrows = arrowsOf(EDGES.filter((edge) => foldOf(edge) === null));
  const isWithin = ({ from, to }: Arrow): boolean => WITHIN.includes(from) && WITHIN.includes(to);
  const ends: readonly Arrow[] = [...TERMINAL].map((state) => ({ from: state, to: "[*]", events: [] }));
  return [
    "```mermaid",
    "stateDiagram-v2",
    "  [*] --> Registered",
    '  state "Stages: the agent has the turn" as Stages {',
    ...arrows.filter(isWithin).map((arrow) => `    ${renderArrow(arrow)}`),
    "  }",
    ...[...arrows.filter((arrow) => !isWithin(arrow)), ...ends].map((arrow) => `  ${renderArrow(arrow)}`),
    "```",
    "",
    ...renderSentences(),
  ].join("\n");
};

const BEGIN = "<!-- states: drawn from appliance/core/transitions.ts by `bun test/diagram.ts --write` -->";
const END = "<!-- /states -->";

/** The README with the diagram between its two marks. */
export const placeDiagram = (readme: string, diagram: string): string => {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md lacks the marks ${BEGIN} and ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n${diagram}\n${readme.slice(end)}`;
};

const main = async (): Promise<void> => {
  if (!process.argv.includes("--write")) {
    console.log(renderDiagram());
    return;
  }
  const file = Bun.file(join(ROOT, "README.md"));
  await file.write(placeDiagram(await file.text(), renderDiagram()));
};

if (import.meta.main) await main();
