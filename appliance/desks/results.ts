/** A stage's result: stored once, judged, and answered with what comes next. */
import * as v from "valibot";
import { Inventory } from "../../agent/wire/inventory.ts";
import type { ResultAnswer, ResultRequest } from "../../agent/wire/messages.ts";
import { accept, refuse } from "../core/answer.ts";
import { figuresOf } from "../core/orders.ts";
import type { Answer } from "../core/ports.ts";
import type { RunRow, StageMarks } from "../core/record.ts";
import { diffSpec } from "../core/spec/diff.ts";
import { parseSpec } from "../core/spec/spec.ts";
import { type Judged, judgeResult, specMark } from "../core/verdict.ts";
import type { Difference } from "../core/views.ts";
import { loadHost } from "../store/hosts.ts";
import type { Db, Unit } from "../store/open.ts";
import { saveOverrideUsed } from "../store/overrides.ts";
import { loadAnswer, type StoredResult, saveDifferences, saveResult, wasAsked } from "../store/results.ts";
import { loadRun } from "../store/runs.ts";
import { loadClasses } from "../store/spec-classes.ts";
import { applyEvent, type Findings, noteHeard, nowOf, type Office } from "./office.ts";
import { loadSpec, ordersOf } from "./run-orders.ts";
import { turnNow } from "./turn-now.ts";

/** A stored spec that no longer parses is a critical difference: nothing may pass by it. */
const unreadableSpec = (detail: string): Difference => ({
  severity: "critical",
  code: "spec-unreadable",
  component: "expected spec",
  expected: "a spec that this version of the box can read",
  found: detail,
  message: `The host's expected spec cannot be read: ${detail}`,
});

/** Compares an inventory with what is expected of the host. */
const compare = async (db: Db, hostId: string, inventory: Inventory): Promise<readonly Difference[]> => {
  const specYaml = (await loadHost(db, hostId))?.specYaml ?? null;
  if (specYaml === null) return diffSpec(null, inventory);
  const spec = parseSpec(specYaml, await loadClasses(db));
  return spec.ok ? diffSpec(spec.value, inventory) : [unreadableSpec(spec.refusal.detail)];
};

/** What the result adds to the record beside its own row. Differences are found by a good inventory alone. */
const findingsOf = async (
  office: Office,
  db: Db,
  run: RunRow,
  body: ResultRequest,
  judged: Judged,
): Promise<Findings> => {
  const marks: StageMarks = { ...run.marks, [body.stage]: judged.mark };
  if (body.stage !== "InventoryCheck") return { marks };
  if (judged.failure !== null) {
    const { SpecValidate: _, ...uncompared } = marks; // of an inventory before this one
    return { marks: uncompared };
  }
  const inventory = v.parse(Inventory, judged.facts);
  const differences = await compare(db, run.hostId, inventory);
  // What the stages to come will do is settled here: by what was found and what is expected now.
  const orders = await ordersOf(office, db, run, inventory);
  return { marks: { ...marks, SpecValidate: specMark(differences) }, differences, orders };
};

/** Stores the result with the facts as they were posted: under new limits they can be judged again. */
const record = (
  unit: Unit,
  runId: string,
  body: ResultRequest,
  judged: Judged,
  rest: Pick<StoredResult, "counted" | "answer" | "rev" | "receivedMs">,
): void => {
  const { bootId, stage, attempt, startedMs, durationMs } = body;
  const { outcome, reason, checks, summary } = judged;
  saveResult(unit, {
    ...{ runId, bootId, stage, attempt, outcome, reason, startedMs, durationMs, checks, summary },
    facts: body.facts ?? null,
    watch: body.watch ?? null,
    ...rest,
  });
};

const answerNow = async (office: Office, db: Db, run: RunRow): Promise<ResultAnswer> => ({
  next_state: run.state,
  turn: await turnNow(office, db, run),
});

/**
 * Takes a result. A repeat changes nothing and gets the answer that was given first, unless the run has moved on since: an old turn would send the
 * agent to work that is no longer wanted. A result that came late is kept and moves nothing.
 */
export const result = (office: Office, runId: string, body: ResultRequest): Promise<Answer<ResultAnswer>> =>
  office.store.turn(async (unit) => {
    const { db } = unit;
    const run = await loadRun(db, runId);
    if (run === null) return refuse("not-found", "There is no such run.");
    const given = await loadAnswer(db, runId, body);
    if (given !== null) {
      noteHeard(office, unit, run, null);
      return accept(given.rev === run.rev ? given.answer : await answerNow(office, db, run));
    }
    // An attempt that the box never began is no late result but a confused agent, and storing it could hide a later one.
    const spec = office.stages.specOf(body.stage);
    if (spec === undefined || !(await wasAsked(db, runId, body)))
      return refuse("out-of-turn", `Attempt ${body.attempt} of ${body.stage} was never this run's turn.`, "attempt");
    const receivedMs = nowOf(office);
    const judged = judgeResult(spec, body, figuresOf(spec, await loadSpec(db, run.hostId), run.profile));
    const { stage, attempt } = body;
    const event = { name: "resultPosted", stage, attempt, failure: judged.failure } as const;
    const findings = await findingsOf(office, db, run, body, judged);
    const { advance, row } = applyEvent(office, unit, run, event, "agent", findings);
    const counted = advance.kind === "moved";
    const answer = await answerNow(office, db, row);
    if (stage === "Storage") saveOverrideUsed(unit, runId, attempt, receivedMs);
    record(unit, runId, body, judged, { counted, answer, rev: row.rev, receivedMs });
    // Differences of an inventory that came too late would stand beside a run that was judged by another.
    if (counted && findings.differences !== undefined) saveDifferences(unit, runId, attempt, findings.differences);
    noteHeard(office, unit, row, null);
    return accept(answer);
  });
