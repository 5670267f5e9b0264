/** Commands of the site: off by default, never about a disk's data, answered where MQTT 5 says. */
import * as v from "valibot";
import { refuse } from "../core/answer.ts";
import { type CommandAnswer, RunCommand, StartCommand } from "../core/mqtt-payloads.ts";
import { COMMAND_VERBS, type CommandVerb } from "../core/mqtt-tree.ts";
import type { Answer, OperatorDesk, ReadModel } from "../core/ports.ts";
import type { RunSummary } from "../core/views.ts";

/** Who asked, for the record: MQTT does not say which client published. */
const BY = "mqtt";
const MAX_BYTES = 4096;

/** What commands are carried out with. */
export interface CommandDesks {
  readonly reads: Pick<ReadModel, "host" | "run">;
  readonly operators: Pick<OperatorDesk, "startRun" | "cancelRun" | "releaseRun" | "retryRun">;
}

type Carry = (body: unknown, desks: CommandDesks) => Promise<Answer<RunSummary>>;

/** A verb with the schema of its payload. */
const verb =
  <Schema extends v.GenericSchema>(
    schema: Schema,
    carry: (body: v.InferOutput<Schema>, desks: CommandDesks) => Promise<Answer<RunSummary>>,
  ): Carry =>
  async (body, desks) => {
    const decoded = v.safeParse(schema, body, { abortEarly: true });
    if (decoded.success) return carry(decoded.output, desks);
    const [issue] = decoded.issues;
    return refuse("invalid", issue.message, v.getDotPath(issue) ?? "");
  };

const onRun = (decide: (desk: CommandDesks["operators"], runId: string) => Promise<Answer<RunSummary>>): Carry =>
  verb(RunCommand, async ({ run: ref }, { reads, operators }) => {
    const run = await reads.run(ref);
    return run === null
      ? refuse("not-found", "No run has this id, or more than one begins with it.", "run")
      : decide(operators, run.id);
  });

const VERBS: Record<CommandVerb, Carry> = {
  start: verb(StartCommand, async ({ host: ref, profile, repaired }, { reads, operators }) => {
    const host = await reads.host(ref);
    if (host === null) return refuse("not-found", "There is no such host.", "host");
    const note = repaired === undefined ? {} : { repaired };
    return operators.startRun(host.id, { profile, destructive: false, ...note }, BY);
  }),
  cancel: onRun((desk, runId) => desk.cancelRun(runId, BY)),
  release: onRun((desk, runId) => desk.releaseRun(runId, BY)),
  retry: onRun((desk, runId) => desk.retryRun(runId, BY)),
};

const isVerb = (name: string): name is CommandVerb => (COMMAND_VERBS as readonly string[]).includes(name);

const parseBody = (payload: Buffer): Answer<unknown> => {
  if (payload.byteLength > MAX_BYTES) return refuse("too-large", `A command has at most ${MAX_BYTES} bytes.`);
  try {
    return { ok: true, value: JSON.parse(payload.toString("utf8")) };
  } catch {
    return refuse("invalid", "The payload is not JSON.");
  }
};

const toAnswer = (answer: Answer<RunSummary>): CommandAnswer =>
  answer.ok ? { ok: true, run: answer.value.id, state: answer.value.state } : { ok: false, ...answer.refusal };

/** Carries a command out and says what became of it. */
export const runCommand = async (name: string, payload: Buffer, desks: CommandDesks): Promise<CommandAnswer> => {
  if (!isVerb(name)) return toAnswer(refuse("not-found", `There are ${COMMAND_VERBS.join(", ")}.`));
  const body = parseBody(payload);
  return toAnswer(body.ok ? await VERBS[name](body.value, desks) : body);
};

/** Whether an answer may go to this topic: a name without wildcards that is neither ours nor the broker's. Else a command could speak in the box's name. */
export const mayAnswerOn = (topic: string, ownPrefixes: readonly string[]): boolean =>
  topic.length > 0 &&
  topic.length <= 256 &&
  !/[+#\0]|^\$/.test(topic) &&
  ownPrefixes.every((prefix) => topic !== prefix && !topic.startsWith(`${prefix}/`));
