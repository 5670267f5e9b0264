/** The commands of SSD1306 and SH1106: a table, after their datasheets (SSD1306 rev 1.1 table 9-1 and 8.5 of its application note; SH1106 v2.3 "Commands"). */

/** Which controller. */
export type DisplayModel = "ssd1306" | "sh1106";

/** What the commands set. */
export interface Registers {
  on: boolean;
  chargePump: boolean;
  dcDc: boolean;
  allOn: boolean;
  inverted: boolean;
  contrast: number;
  mode: "horizontal" | "vertical" | "page";
  column: number;
  page: number;
  /** Where page addressing comes back to. */
  startColumn: number;
  firstColumn: number;
  lastColumn: number;
  firstPage: number;
  lastPage: number;
  startLine: number;
  displayOffset: number;
  segmentRemap: boolean;
  comRemap: boolean;
}

/** After reset. The SH1106's converter is on then, the SSD1306's charge pump is not. */
export const POWERED_ON: Readonly<Registers> = {
  on: false,
  chargePump: false,
  dcDc: true,
  allOn: false,
  inverted: false,
  contrast: 0x7f,
  mode: "page",
  column: 0,
  page: 0,
  startColumn: 0,
  firstColumn: 0,
  lastColumn: 127,
  firstPage: 0,
  lastPage: 7,
  startLine: 0,
  displayOffset: 0,
  segmentRemap: false,
  comRemap: false,
};

/** A row: codes from `from` to `to`, with `takes` bytes after them. */
export interface CommandRow {
  readonly models: readonly DisplayModel[];
  readonly from: number;
  readonly to: number;
  readonly takes: number;
  /** Does it. Gives what is wrong with it, or null. */
  readonly run: (registers: Registers, code: number, given: readonly number[]) => string | null;
}

const BOTH: readonly DisplayModel[] = ["ssd1306", "sh1106"];
const SSD1306: readonly DisplayModel[] = ["ssd1306"];
const SH1106: readonly DisplayModel[] = ["sh1106"];
const MODES = ["horizontal", "vertical", "page"] as const;

type Change = (registers: Registers, code: number, given: readonly number[]) => void;

const row = (
  models: readonly DisplayModel[],
  from: number,
  to: number,
  takes: number,
  run: CommandRow["run"],
): CommandRow => ({ models, from, to, takes, run });

/** A command of one byte that always succeeds. */
const simple = (models: readonly DisplayModel[], from: number, to: number, change: Change): CommandRow =>
  row(models, from, to, 0, (registers, code, given) => {
    change(registers, code, given);
    return null;
  });

/** A setting of analog parts that changes nothing that can be seen here. */
const tuning = (models: readonly DisplayModel[], code: number): CommandRow => row(models, code, code, 1, () => null);

/** A setting for which a 128×64 panel has one right value. */
const wired = (code: number, right: number): CommandRow =>
  row(BOTH, code, code, 1, (_registers, _code, [given = 0]) =>
    given === right ? null : `a panel of 128×64 is wired for ${right.toString(16)}`,
  );

const moveColumn = (registers: Registers, column: number): void => {
  registers.startColumn = column;
  registers.column = column;
};

const setMode: CommandRow["run"] = (registers, _code, [given = 0]) => {
  const mode = MODES[given];
  if (mode === undefined) return "no such addressing mode";
  registers.mode = mode;
  return null;
};

const setColumns: CommandRow["run"] = (registers, _code, [first = 0, last = 0]) => {
  if (registers.mode === "page") return "column addresses are not for page addressing";
  if (first > last || last > 127) return "no such columns";
  Object.assign(registers, { firstColumn: first, lastColumn: last, column: first });
  return null;
};

const setPages: CommandRow["run"] = (registers, _code, [first = 0, last = 0]) => {
  if (registers.mode === "page") return "page addresses are not for page addressing";
  if (first > last || last > 7) return "no such pages";
  Object.assign(registers, { firstPage: first, lastPage: last, page: first });
  return null;
};

/** The table; one row at most has a code for a model. */
export const COMMANDS: readonly CommandRow[] = [
  simple(BOTH, 0x00, 0x0f, (r, code) => moveColumn(r, (r.startColumn & 0xf0) | (code & 0x0f))),
  simple(SSD1306, 0x10, 0x17, (r, code) => moveColumn(r, (r.startColumn & 0x0f) | ((code & 0x07) << 4))),
  simple(SH1106, 0x10, 0x1f, (r, code) => moveColumn(r, (r.startColumn & 0x0f) | ((code & 0x0f) << 4))),
  row(SSD1306, 0x20, 0x20, 1, setMode),
  row(SSD1306, 0x21, 0x21, 2, setColumns),
  row(SSD1306, 0x22, 0x22, 2, setPages),
  row(SSD1306, 0x26, 0x27, 6, () => "scrolling is not modelled"),
  row(SSD1306, 0x29, 0x2a, 5, () => "scrolling is not modelled"),
  simple(SSD1306, 0x2e, 0x2e, () => {}),
  row(SSD1306, 0x2f, 0x2f, 0, () => "scrolling is not modelled"),
  simple(SH1106, 0x30, 0x33, () => {}), // pump voltage
  simple(BOTH, 0x40, 0x7f, (r, code) => {
    r.startLine = code & 0x3f;
  }),
  row(BOTH, 0x81, 0x81, 1, (r, _code, [given = 0]) => {
    r.contrast = given;
    return null;
  }),
  row(SSD1306, 0x8d, 0x8d, 1, (r, _code, [given = 0]) => {
    r.chargePump = (given & 0x04) !== 0;
    return (given & 0x3b) === 0x10 ? null : "bits of the charge pump";
  }),
  simple(BOTH, 0xa0, 0xa1, (r, code) => {
    r.segmentRemap = code === 0xa1;
  }),
  row(SSD1306, 0xa3, 0xa3, 2, () => "scrolling is not modelled"),
  simple(BOTH, 0xa4, 0xa5, (r, code) => {
    r.allOn = code === 0xa5;
  }),
  simple(BOTH, 0xa6, 0xa7, (r, code) => {
    r.inverted = code === 0xa7;
  }),
  wired(0xa8, 0x3f), // multiplex ratio
  row(SH1106, 0xad, 0xad, 1, (r, _code, [given = 0]) => {
    r.dcDc = given === 0x8b;
    return given === 0x8a || given === 0x8b ? null : "neither on nor off";
  }),
  simple(BOTH, 0xae, 0xaf, (r, code) => {
    r.on = code === 0xaf;
  }),
  simple(BOTH, 0xb0, 0xb7, (r, code) => {
    r.page = code & 0x07;
  }),
  simple(BOTH, 0xc0, 0xcf, (r, code) => {
    r.comRemap = (code & 0x08) !== 0;
  }),
  row(BOTH, 0xd3, 0xd3, 1, (r, _code, [given = 0]) => {
    r.displayOffset = given & 0x3f;
    return given > 0x3f ? "no such offset" : null;
  }),
  tuning(BOTH, 0xd5), // clock
  tuning(BOTH, 0xd9), // precharge
  wired(0xda, 0x12), // COM pins: alternative, not swapped
  tuning(BOTH, 0xdb), // VCOMH
  simple(BOTH, 0xe3, 0xe3, () => {}), // no operation
];
