/**
 * gpu-burn's output: what each GPU computed, how fast, and how often wrongly. Pure, total, linear.
 *
 * Its exit code says nothing: it is 0 with faulty GPUs too. The list at its end says less than its progress: a GPU whose process ended without a word is OK there.
 */
import { cleanText, present } from "../label.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** One GPU, by its place in gpu-burn's own list: with `-i N` the only one is 0. */
export interface GpuBurnGpu {
  readonly index: number;
  readonly name?: string;
  readonly uuid?: string;
  /** `died` comes before what the list at the end says of it; absent when that was not reached. */
  readonly verdict?: "ok" | "faulty" | "died";
  /** Products of matrices. */
  readonly processed?: number;
  /** In its last and in its fastest stretch. */
  readonly gflopsPerS?: number;
  readonly fastestGflopsPerS?: number;
  /** Wrong results over the whole run: gpu-burn itself counts anew after each summary. */
  readonly errorCount: number;
  readonly hottestC?: number;
  readonly mostW?: number;
}

/** What came of a run. */
export interface GpuBurnFacts {
  readonly askedS?: number;
  /** How far it came. */
  readonly percent: number;
  readonly gpus: readonly GpuBurnGpu[];
  /** It reached the list at its end. */
  readonly ended: boolean;
  /** Its lines about what failed, the first 16. */
  readonly messages: readonly string[];
}

const MOST_GPUS = 128;
const MOST_MESSAGES = 16;
const MOST_CHARS = 16_384;

const LISTED = /^GPU (\d{1,3}): (.{1,120}) \(UUID: (GPU-[0-9a-f-]{1,40})\)$/;
const VERDICT = /^GPU (\d{1,3}): (OK|FAULTY)$/;
/** Said by a process of its own, behind the line of progress that stands there. */
const FAILURE = "Failure during compute";
const WRONG = /error|failure|failed|couldn't|no cuda devices|no clients are alive/i;

type Draft = { -readonly [Key in keyof GpuBurnGpu]: GpuBurnGpu[Key] } & {
  /** Since the last summary. */
  recentErrors: number;
  died: boolean;
};

/**
 * The parts of a section, one for each GPU: ` 4 (100 Gflop/s) - 8 (200 Gflop/s) `. No blank stands before the dash behind a note, `3  (WARNING!)- 0 `, and
 * `-- ` is a temperature that is not known.
 */
const partsOf = (section: string | undefined): readonly string[] =>
  section === undefined ? [] : section.split(/(?<!-)- /, MOST_GPUS).map((part) => part.trim());

const most = (a: number | undefined, b: number): number => Math.max(a ?? b, b);

class Reader {
  readonly gpus: Draft[] = [];
  readonly messages: string[] = [];
  askedS: number | undefined;
  percent = 0;
  ended = false;
  known = false;

  take(whole: string): void {
    const line = whole.slice(0, MOST_CHARS).trim();
    const failureAt = line.indexOf(FAILURE);
    if (failureAt > 0) this.#takeMessage(line.slice(failureAt));
    if (/^\d{1,3}\.\d% {1,4}proc'd: /.test(line)) this.#takeProgress(failureAt > 0 ? line.slice(0, failureAt) : line);
    else if (line.startsWith("Summary at:")) this.#countAnew();
    else if (/^Tested \d{1,3} GPUs:$/.test(line)) this.ended = true;
    else if (!this.#takeGpu(line) && !this.#takeAsked(line) && WRONG.test(line.slice(0, 400))) this.#takeMessage(line);
  }

  #gpu(index: number): Draft | undefined {
    if (index >= MOST_GPUS) return undefined;
    for (let i = this.gpus.length; i <= index; i += 1)
      this.gpus.push({ index: i, errorCount: 0, recentErrors: 0, died: false });
    return this.gpus[index];
  }

  #takeAsked(line: string): boolean {
    const seconds = /^Burning for (\d{1,9}) seconds\.$/.exec(line)?.[1];
    if (seconds === undefined) return false;
    this.askedS = Number(seconds);
    this.known = true;
    return true;
  }

  #takeGpu(line: string): boolean {
    const [, listed, name, uuid] = LISTED.exec(line) ?? [];
    const [, judged, word] = VERDICT.exec(line) ?? [];
    const gpu = this.#gpu(Number(listed ?? judged ?? MOST_GPUS));
    if (gpu === undefined) return false;
    if (name !== undefined && uuid !== undefined) Object.assign(gpu, { name: cleanText(name, 120), uuid });
    // Before the end it would be the name of a GPU.
    if (word !== undefined && this.ended) gpu.verdict = word === "OK" ? "ok" : "faulty";
    return true;
  }

  #takeProgress(line: string): void {
    const [percent = "", after = ""] = line.split("proc'd: ", 2);
    const [work, afterWork = ""] = after.split("errors: ", 2);
    const [errors, afterErrors = ""] = afterWork.split("temps: ", 2);
    const [temps, power] = afterErrors.split("power: ", 2);
    this.percent = Math.min(100, Number.parseFloat(percent));
    this.known = true;
    const sections = [errors, temps, power].map(partsOf);
    for (const [index, part] of partsOf(work).entries()) {
      const [, processed, gflops] = /^(-?\d{1,12}) \((\d{1,12}) Gflop\/s\)$/.exec(part) ?? [];
      const gpu = processed === undefined ? undefined : this.#gpu(index);
      if (gpu !== undefined) this.#takeWork(gpu, Number(processed), Number(gflops), sections, index);
    }
  }

  #takeWork(gpu: Draft, processed: number, gflops: number, sections: readonly (readonly string[])[], at: number): void {
    const [errors = "", temp = "", power = ""] = sections.map((section) => section[at] ?? "");
    gpu.died ||= processed === -1 || errors.endsWith("(DIED!)");
    gpu.recentErrors = Math.max(gpu.recentErrors, Number(/^\d{1,12}/.exec(errors)?.[0] ?? 0));
    const [tempC, watts] = [/^\d{1,3}(?= C$)/.exec(temp)?.[0], /^\d{1,5}(?= W$)/.exec(power)?.[0]];
    if (tempC !== undefined) gpu.hottestC = most(gpu.hottestC, Number(tempC));
    if (watts !== undefined) gpu.mostW = most(gpu.mostW, Number(watts));
    // What is printed of one that died is -1, with its last speed.
    if (gpu.died) return;
    if (processed >= 0) gpu.processed = processed;
    gpu.gflopsPerS = gflops;
    gpu.fastestGflopsPerS = most(gpu.fastestGflopsPerS, gflops);
  }

  #countAnew(): void {
    for (const gpu of this.gpus) {
      gpu.errorCount += gpu.recentErrors;
      gpu.recentErrors = 0;
    }
  }

  #takeMessage(line: string): void {
    if (/^(?:Couldn't init|No CUDA devices|No clients are alive)/.test(line)) this.known = true;
    if (this.messages.length < MOST_MESSAGES) this.messages.push(cleanText(line, 300));
  }
}

const factsOf = ({ recentErrors, died, verdict, errorCount, ...gpu }: Draft): GpuBurnGpu => ({
  ...gpu,
  errorCount: errorCount + recentErrors,
  ...present({ verdict: died ? ("died" as const) : verdict }),
});

/** Reads a run. */
export const parseGpuBurn = (text: string): Parsed<GpuBurnFacts> => {
  const reader = new Reader();
  for (const [line] of text.matchAll(/[^\r\n]+/g)) reader.take(line);
  if (!reader.known) return notUnderstood("line 1", "Not the output of gpu-burn.");
  const { askedS, percent, ended, messages } = reader;
  return understood({ ...present({ askedS }), percent, gpus: reader.gpus.map(factsOf), ended, messages });
};
