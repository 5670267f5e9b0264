/**
 * A 128×64 panel with an SSD1306 or SH1106 behind its I2C bus: takes the bytes of the bus and tells what a person sees.
 *
 * After the datasheets (Solomon Systech SSD1306 rev 1.1 §8.1.5, §8.5, §9, §10; Sino Wealth SH1106 v2.3). Whatever they do not allow, or what is not modelled here, is
 * kept in `faults`, so that a test can ask that nothing was.
 */
import { FRAME_BYTES, type Frame, HEIGHT, PAGES, WIDTH } from "../../../board/frame.ts";
import { COMMANDS, type DisplayModel, POWERED_ON, type Registers } from "./ssd1306-commands.ts";

/** Columns of memory: SH1106 has 132, of which the panel shows the middle 128. */
const COLUMNS: Record<DisplayModel, number> = { ssd1306: WIDTH, sh1106: 132 };
const FIRST_SHOWN: Record<DisplayModel, number> = { ssd1306: 0, sh1106: 2 };
/** What the memory holds when power comes is not defined; a driver that does not clear it shows this. */
const NOISE = 0xa5;
const KEPT_FAULTS = 50;

/** The panel. */
export interface PanelModel {
  /** The bytes of one write to the panel's address, the control byte first. */
  take(bytes: Uint8Array): void;
  /** Power went and came back. Faults stay. */
  powerOn(): void;
  /** What a person sees: dark while off or without its charge pump; start line, offset, mirroring and inversion taken into account. */
  picture(): Frame;
  /** What the panel's columns hold, whether or not it is shown. */
  memory(): Frame;
  readonly registers: Readonly<Registers>;
  /** Breaches of the datasheet, in words. Should be empty. */
  readonly faults: readonly string[];
  readonly dataBytes: number;
  readonly commandBytes: number;
}

/** Makes a panel as it is when power comes. */
export const createPanel = (model: DisplayModel): PanelModel => {
  const columns = COLUMNS[model];
  const memory = new Uint8Array(columns * PAGES).fill(NOISE);
  const faults: string[] = [];
  const count = { data: 0, command: 0 };
  let registers: Registers = { ...POWERED_ON };
  /** A command whose arguments are still to come; they may come in later transfers. */
  let pending: number[] = [];

  const fault = (text: string): void => {
    if (faults.length < KEPT_FAULTS) faults.push(text);
  };

  const command = (byte: number): void => {
    count.command += 1;
    pending.push(byte);
    const [code = 0, ...given] = pending;
    const row = COMMANDS.find((one) => one.models.includes(model) && code >= one.from && code <= one.to);
    if (row !== undefined && given.length < row.takes) return;
    pending = [];
    const words = [code, ...given].map((one) => one.toString(16).padStart(2, "0")).join(" ");
    const wrong = row === undefined ? "unknown command" : row.run(registers, code, given);
    if (wrong !== null) fault(`${words}: ${wrong}`);
  };

  const data = (byte: number): void => {
    count.data += 1;
    if (pending.length > 0) fault(`data in the middle of command ${pending[0]?.toString(16)}`);
    if (registers.column >= columns) fault(`data beyond column ${columns - 1}`);
    else memory[registers.page * columns + registers.column] = byte;
    advance(registers, model);
  };

  /** Control bytes: bit 7 says that only one byte follows before the next control byte, bit 6 that it is data. */
  const take = (bytes: Uint8Array): void => {
    let index = 0;
    while (index < bytes.length) {
      const control = bytes[index++] ?? 0;
      if ((control & 0x3f) !== 0) fault(`control byte ${control.toString(16)}`);
      const end = (control & 0x80) !== 0 ? Math.min(index + 1, bytes.length) : bytes.length;
      for (; index < end; index += 1) ((control & 0x40) !== 0 ? data : command)(bytes[index] ?? 0);
    }
  };

  return {
    take,
    powerOn: () => {
      memory.fill(NOISE);
      registers = { ...POWERED_ON };
      pending = [];
    },
    picture: () => renderPicture(shownMemory(memory, model), registers, model),
    memory: () => shownMemory(memory, model),
    get registers() {
      return registers;
    },
    faults,
    get dataBytes() {
      return count.data;
    },
    get commandBytes() {
      return count.command;
    },
  };
};

/** Where the next byte of data goes (SSD1306 §10.1.3). SH1106 has page addressing alone, and stops at the last column. */
const advance = (registers: Registers, model: DisplayModel): void => {
  if (model === "sh1106") {
    registers.column += 1;
    return;
  }
  const { mode, firstColumn, lastColumn, firstPage, lastPage } = registers;
  const nextColumn = (): boolean => {
    const wraps = registers.column === (mode === "page" ? WIDTH - 1 : lastColumn);
    registers.column = wraps ? (mode === "page" ? registers.startColumn : firstColumn) : (registers.column + 1) % WIDTH;
    return wraps;
  };
  const nextPage = (): boolean => {
    const wraps = registers.page === lastPage;
    registers.page = wraps ? firstPage : (registers.page + 1) % PAGES;
    return wraps;
  };
  if (mode === "vertical") {
    if (nextPage()) nextColumn();
  } else if (nextColumn() && mode === "horizontal") nextPage();
};

/** The columns that are wired to the panel. */
const shownMemory = (memory: Uint8Array, model: DisplayModel): Uint8Array => {
  const shown = new Uint8Array(FRAME_BYTES);
  for (let page = 0; page < PAGES; page += 1) {
    const first = page * COLUMNS[model] + FIRST_SHOWN[model];
    shown.set(memory.subarray(first, first + WIDTH), page * WIDTH);
  }
  return shown;
};

/**
 * The panel's rows hang on COM63 to COM0 from top to bottom, its columns on the first segments from the right, as on nearly every module: upright with segment remap
 * and COM remap both on. A pin shows the row of its number, turned by the offset; a row shows the memory from the start line on (§10.1.6, tables 10-1 and 10-2).
 */
const renderPicture = (memory: Uint8Array, registers: Registers, model: DisplayModel): Frame => {
  const picture = new Uint8Array(FRAME_BYTES);
  const powered = model === "sh1106" ? registers.dcDc : registers.chargePump;
  if (!registers.on || !powered) return picture;
  for (let y = 0; y < HEIGHT; y += 1) {
    const row = (registers.comRemap ? y : HEIGHT - 1 - y) + registers.displayOffset;
    const line = (row + registers.startLine) % HEIGHT;
    for (let x = 0; x < WIDTH; x += 1) {
      const column = registers.segmentRemap ? x : WIDTH - 1 - x;
      const stored = ((memory[(line >> 3) * WIDTH + column] ?? 0) >> (line & 7)) & 1;
      const lit = registers.allOn ? 1 : stored ^ (registers.inverted ? 1 : 0);
      const at = (y >> 3) * WIDTH + x;
      picture[at] = (picture[at] ?? 0) | (lit << (y & 7));
    }
  }
  return picture;
};
