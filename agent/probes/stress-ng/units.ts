/** Durations and sizes as stress-ng writes them. Pure and total. */

const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  second: 1,
  min: 60,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 604_800,
  year: 31_557_600,
};

/** `2 hours, 5 mins, 3.50 secs`, `10 second`, `2.01s (…)`: all of them, up to the bracket; undefined where no part is one. */
export const parseDurationS = (text: string): number | undefined => {
  let seconds: number | undefined;
  for (const part of text.slice(0, 120).split("(", 1)[0]?.split(",") ?? []) {
    const [, amount, unit = ""] = /^ {0,4}(\d{1,12}(?:\.\d{1,6})?) ?([a-z]{1,8})/.exec(part) ?? [];
    const factor = SECONDS[unit] ?? SECONDS[unit.replace(/s$/, "")];
    if (amount === undefined || factor === undefined) break;
    seconds = (seconds ?? 0) + Number(amount) * factor;
  }
  return seconds;
};

const POWERS = "BKMGTPE";

/** `200M`, `17.77G`: powers of 1024, rounded by stress-ng to what it shows. */
export const parseRoundedBytes = (text: string): number | undefined => {
  const [, amount, unit = "B"] = /^(\d{1,12}(?:\.\d{1,6})?)([BKMGTPE])?$/.exec(text) ?? [];
  const bytes = amount === undefined ? Number.NaN : Math.round(Number(amount) * 1024 ** POWERS.indexOf(unit));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
};
