/** What the rules of SMART share: they ask one drive at a time, and the ways to count are few. Pure. */
import type { Finding, Rule } from "../rule.ts";
import type { Attribute, DiskSmart, Reading, SmartFacts } from "./facts.ts";
import type { SmartLimits } from "./limits.ts";

/** A rule about drives. */
export type SmartRule = Rule<SmartFacts, SmartLimits>;
/** What a rule says of one drive. */
export type Answer = Omit<Finding, "component">;

/** A drive's name in checks. */
export const nameOf = ({ serial }: DiskSmart): string => `disk ${serial}`;

/** What is known of the drive at last. */
export const latest = ({ before, after }: DiskSmart): Reading | undefined => after ?? before;

/** Asks each drive that could be read; undefined where the question does not fit the drive. What could not be read is told once, by `smart.readable`. */
export const eachRead =
  (ask: (now: Reading, disk: DiskSmart, limits: SmartLimits) => Answer | undefined): SmartRule["find"] =>
  (facts, limits) =>
    facts.disks.flatMap((disk) => {
      const now = latest(disk);
      const answer = now === undefined ? undefined : ask(now, disk, limits);
      return answer === undefined ? [] : [{ component: nameOf(disk), ...answer }];
    });

/** An attribute by number and name: vendors use some numbers for other things, and smartctl's names tell which. */
export const attributeOf = (reading: Reading, id: number, name: RegExp): Attribute | undefined =>
  reading.attributes.find((attribute) => attribute.id === id && name.test(attribute.name));

/** What an attribute counts. */
export const countOf = (reading: Reading, id: number, name: RegExp): number | undefined =>
  attributeOf(reading, id, name)?.counted;

/** `1 sector`, `8 sectors`. */
export const counted = (count: number, unit: string): string =>
  `${count} ${count === 1 ? unit.replace(/s$/, "") : unit}`;

/** A question that is answered by one number. */
export interface CountQuestion {
  readonly code: string;
  readonly source: string;
  readonly action: string;
  /** `sectors`. */
  readonly unit: string;
  /** What so many of them mean: `wait to be reallocated`. */
  readonly means: string;
  /** Undefined where the drive does not count it. */
  read(now: Reading, disk: DiskSmart): number | undefined;
  /** From how many on it warns, and fails. */
  warnFrom?(limits: SmartLimits, now: Reading): number;
  failFrom?(limits: SmartLimits, now: Reading): number | undefined;
}

/** A rule that counts. */
export const countRule = ({ unit, means, read, warnFrom, failFrom, ...info }: CountQuestion): SmartRule => ({
  ...info,
  worst: failFrom === undefined ? "WARN" : "FAIL",
  find: eachRead((now, disk, limits) => {
    const count = read(now, disk);
    if (count === undefined) return undefined;
    const [fail, warn] = [failFrom?.(limits, now), warnFrom?.(limits, now)];
    const verdict =
      fail !== undefined && count >= fail ? "FAIL" : warn !== undefined && count >= warn ? "WARN" : "PASS";
    const least = verdict === "FAIL" ? fail : (warn ?? fail);
    return {
      verdict,
      message: count === 0 ? `No ${unit} that ${means}.` : `${counted(count, unit)} that ${means}.`,
      measured: counted(count, unit),
      limit: `below ${least ?? fail} ${unit}`,
    };
  }),
});
