/** The kernel log, as dmesg prints it, to errors of the hardware. Pure and total: each line is tried against the table once. */
import { KERNEL_ERROR_KINDS, type KernelFacts } from "../../wire/hardware/kernel.ts";
import { cleanText } from "../label.ts";
import { objectOf, parseLenientJson } from "../lenient-json.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";
import { ERROR_RULES } from "./rules.ts";

/** One error with its count. */
type KernelError = KernelFacts["errors"][number];

/** One message of the kernel. */
interface Message {
  readonly text: string;
  /** 0 emergency to 7 debug (RFC 5424); undefined where dmesg did not print it. */
  readonly level: number | undefined;
}

/** What a reader of a report will look at. */
const MAX_ERRORS = 200;
/** The largest ring buffer that a kernel can be built with holds fewer (CONFIG_LOG_BUF_SHIFT, at most 25). */
const MAX_LINES = 300_000;
const MAX_CHARS = 500;
/** Levels up to this one are errors (`KERN_ERR`). */
const ERROR_LEVEL = 3;

const LEVELS: readonly string[] = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];
/** `dmesg -r`, `dmesg -x`, and plain dmesg with its time in any form; a kernel may add who spoke (`CONFIG_PRINTK_CALLER`). */
const RAW = /^<(\d{1,6})>\[ {0,12}\d{1,9}\.\d{1,9}\](?:\[ {0,8}[TC]\d{1,9}\])? ?/;
const DECODED = /^([a-z]{2,8}) {0,6}:([a-z]{2,6}) {0,6}: \[[^\]]{1,40}\](?:\[ {0,8}[TC]\d{1,9}\])? ?/;
const PLAIN =
  /^\[(?: {0,12}\d{1,9}\.\d{1,9}|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4})\](?:\[ {0,8}[TC]\d{1,9}\])? ?/;

/** What user space wrote into the kernel's log has a facility, and is not the kernel's word: null. */
const messageOf = (line: string): Message | null | undefined => {
  const raw = RAW.exec(line);
  if (raw !== null) {
    const priority = Number(raw[1]);
    return priority > 7 ? null : { text: line.slice(raw[0].length), level: priority };
  }
  const decoded = DECODED.exec(line);
  if (decoded !== null) {
    const level = LEVELS.indexOf(decoded[2] ?? "");
    return decoded[1] === "kern" && level >= 0 ? { text: line.slice(decoded[0].length), level } : null;
  }
  const plain = PLAIN.exec(line);
  return plain === null ? undefined : { text: line.slice(plain[0].length), level: undefined };
};

/** What makes two messages the same: kind and component; where nothing is known of them, their words without the numbers. */
const keyOf = (error: KernelError): string =>
  error.component === undefined && (error.kind === "other" || error.kind === "firmware")
    ? `${error.kind} ${error.text.replace(/\d+/g, "#")}`
    : `${error.kind} ${error.grave ?? false} ${error.component ?? ""}`;

/** What one message says; undefined when it speaks of no error. */
const errorOf = ({ text, level }: Message): KernelError | undefined => {
  if (text === "") return undefined;
  for (const rule of ERROR_RULES) {
    const match = rule.pattern.exec(text);
    if (match === null) continue;
    if (rule.kind === null) return undefined;
    const component = cleanText(rule.component?.(match) ?? "", 200);
    return {
      kind: rule.kind,
      ...(component === "" ? {} : { component }),
      ...(rule.grave?.(match) === true ? { grave: true } : {}),
      text: cleanText(text, MAX_CHARS),
      count: 1,
    };
  }
  if (level === undefined || level > ERROR_LEVEL) return undefined;
  const words = cleanText(text, MAX_CHARS);
  return words === "" ? undefined : { kind: "other", text: words, count: 1 };
};

/** Equal ones counted together, the known kinds before the rest, so that a flood of one does not push another out. */
const errorsOf = (messages: Iterable<Message>): KernelError[] => {
  const errors = new Map<string, KernelError>();
  for (const message of messages) {
    const error = errorOf({ ...message, text: message.text.slice(0, MAX_CHARS) });
    if (error === undefined) continue;
    const key = keyOf(error);
    const known = errors.get(key);
    if (known !== undefined) errors.set(key, { ...known, count: known.count + 1 });
    else if (errors.size < MAX_ERRORS * 10) errors.set(key, error);
  }
  const rank = (error: KernelError) => KERNEL_ERROR_KINDS.indexOf(error.kind);
  return [...errors.values()].sort((a, b) => rank(a) - rank(b)).slice(0, MAX_ERRORS);
};

const parseJson = (text: string): Parsed<KernelError[]> => {
  const parsed = parseLenientJson(text);
  if (!parsed.ok) return parsed;
  const lines = objectOf(parsed.facts[0])?.["dmesg"];
  if (!Array.isArray(lines)) return notUnderstood("line 1", 'No list "dmesg".');
  const messages = lines.flatMap((line: unknown): Message[] => {
    const { pri, msg } = objectOf(line) ?? {};
    return typeof msg === "string" ? [{ text: msg, level: typeof pri === "number" ? pri : undefined }] : [];
  });
  return understood(errorsOf(messages.slice(0, MAX_LINES)));
};

/** Reads the output of `dmesg`, with any of `-r`, `-x`, `-T` or `-J`. */
export const parseDmesg = (text: string): Parsed<KernelError[]> => {
  if (/^\s{0,20}\{/.test(text)) return parseJson(text);
  let isLog = false;
  let lineCount = 0;
  const messages: Message[] = [];
  for (const line of linesOf(text)) {
    lineCount += 1;
    if (lineCount > MAX_LINES) break;
    const message = messageOf(line.slice(0, MAX_CHARS * 2));
    isLog ||= message !== undefined;
    if (message !== undefined && message !== null) messages.push(message);
  }
  return isLog ? understood(errorsOf(messages)) : notUnderstood("line 1", "No line of a kernel log.");
};
