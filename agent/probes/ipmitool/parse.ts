/** Any answer of ipmitool that is read here, told apart by its own form. Pure and total. */
import { notUnderstood, type Parsed, understood } from "../parsed.ts";
import { parseController, parseGuid, parseLan, parseSelInfo } from "./controller.ts";
import { parseDcmiPower } from "./dcmi.ts";
import { parseFru } from "./fru.ts";
import { parseSdr } from "./sdr.ts";
import { parseSel } from "./sel.ts";

/** The answers by the command that gives them. */
const ANSWERS: readonly (readonly [command: string, parse: (text: string) => Parsed<unknown>])[] = [
  ["fru print", parseFru],
  ["mc info", parseController],
  ["mc guid", parseGuid],
  ["sel info", parseSelInfo],
  ["lan print", parseLan],
  ["sel elist", parseSel],
  ["sdr elist", parseSdr],
  ["dcmi power reading", parseDcmiPower],
];

/** Reads the output of `ipmitool fru print`, `sdr elist`, `sel elist`, `mc info`, `mc guid`, `sel info`, `lan print` or `dcmi power reading`. */
export const parseIpmitool = (text: string): Parsed<{ readonly command: string; readonly answer: unknown }> => {
  for (const [command, parse] of ANSWERS) {
    const parsed = parse(text);
    if (parsed.ok) return understood({ command, answer: parsed.facts });
  }
  return notUnderstood("line 1", `Not the output of ${ANSWERS.map(([command]) => command).join(", ")}.`);
};
