/**
 * `dcgmi diag -j`: what NVIDIA's diagnostic found, test by test and GPU by GPU. Pure and linear.
 *
 * NVIDIA publishes no schema, and there are two forms (dcgmi/Diag.cpp): up to DCGM 3 all stands under `DCGM GPU Diagnostic`, results name a `gpu_id`, or `gpu_ids` for
 * several at once, and may have their warnings as a text; from 4 on it stands under `DCGM Diagnostic`, results name an entity, and each test has a summary. What is not known
 * is passed over; a status that is not known stays one that is not a pass.
 */
import { countAt, type Json, objectAt, rowsAt, textAt } from "../json-values.ts";
import { cleanLabel, cleanText, present } from "../label.ts";
import { objectOf, parseLenientJson } from "../lenient-json.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** How a test ended. `unknown` for a word that is none of the four. */
export type DcgmStatus = "pass" | "fail" | "warn" | "skip" | "unknown";

/** One complaint. */
export interface DcgmWarning {
  readonly text: string;
  /** DCGM_FR_…, by number (dcgm_errors.h). */
  readonly errorId?: number;
  /** 1 monitor, 2 isolate, 3 unknown, 4 triage, 5 config, 6 reset. */
  readonly severity?: number;
  /** 9 heat, 10 memory, 11 NVLink, 13 PCIe, 14 power, 15 other hardware; below 9 performance and software. */
  readonly category?: number;
}

/** How a test ended for one GPU, or for another entity of the machine. */
export interface DcgmResult {
  /** `GPU`, `CPU`, `Switch`; absent in a result that names no entity. */
  readonly entity?: string;
  /** DCGM's number, which is that of nvidia-smi. */
  readonly id?: number;
  readonly status: DcgmStatus;
  readonly warnings: readonly DcgmWarning[];
  readonly info: readonly string[];
}

/** One test. */
export interface DcgmTest {
  /** `Deployment`, `Integration`, `Hardware`, `Stress`. */
  readonly category: string;
  readonly name: string;
  readonly results: readonly DcgmResult[];
  /** Over all entities; from 4 on. */
  readonly summary?: DcgmResult;
}

/** One GPU that was tested. */
export interface DcgmGpu {
  readonly id: number;
  readonly serial?: string;
  /** PCI device, four hexadecimal digits. */
  readonly deviceId?: string;
}

/** What it says of a run. */
export interface DcgmFacts {
  readonly version?: string;
  readonly driver?: string;
  readonly gpus: readonly DcgmGpu[];
  readonly tests: readonly DcgmTest[];
  /** Why there are no tests. */
  readonly error?: string;
}

const MAX_TESTS = 256;
const MAX_RESULTS = 256;
const MAX_WARNINGS = 16;
const MAX_TEXT = 500;
const ROOTS = ["DCGM Diagnostic", "DCGM GPU Diagnostic"] as const;

const STATUSES: Readonly<Record<string, DcgmStatus>> = {
  pass: "pass",
  fail: "fail",
  warn: "warn",
  warning: "warn",
  skip: "skip",
  skipped: "skip",
};

const statusOf = (row: Json): DcgmStatus => {
  const word = textAt(row, "status", 40)?.toLowerCase() ?? "";
  return Object.hasOwn(STATUSES, word) ? (STATUSES[word] ?? "unknown") : "unknown";
};

/** A list of them, or one alone. */
const listOf = (value: unknown): readonly unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value.slice(0, MAX_WARNINGS) : [value];

const textsOf = (value: unknown): readonly string[] =>
  listOf(value).flatMap((one) => {
    const text = typeof one === "string" ? cleanText(one, MAX_TEXT) : "";
    return text === "" ? [] : [text];
  });

const warningOf = (value: unknown): readonly DcgmWarning[] => {
  if (typeof value === "string") return textsOf(value).map((text) => ({ text }));
  const row = objectOf(value);
  if (row === undefined) return [];
  const text = cleanText(textAt(row, "warning", MAX_TEXT) ?? "", MAX_TEXT);
  const numbers = present({
    errorId: countAt(row, "error_id"),
    severity: countAt(row, "error_severity"),
    category: countAt(row, "error_category"),
  });
  return text === "" && numbers.errorId === undefined ? [] : [{ text, ...numbers }];
};

/** The numbers of a result's GPUs: `"0"`, `0`, `"0,1,2"`. */
const idsOf = (row: Json): readonly number[] => {
  const said = row["gpu_id"] ?? row["gpu_ids"];
  const text = typeof said === "number" ? String(said) : typeof said === "string" ? said.slice(0, 1_000) : "";
  return text.split(",").flatMap((part) => (/^ *\d{1,4} *$/.test(part) ? [Number(part)] : []));
};

const outcomeOf = (row: Json): Pick<DcgmResult, "status" | "warnings" | "info"> => ({
  status: statusOf(row),
  warnings: listOf(row["warnings"]).flatMap(warningOf),
  info: textsOf(row["info"]),
});

const resultOf = (row: Json): readonly DcgmResult[] => {
  const outcome = outcomeOf(row);
  const entity = cleanLabel(row["entity_group"], 40);
  const id = countAt(row, "entity_id");
  if (entity !== undefined && id !== undefined) return [{ entity, id, ...outcome }];
  const ids = idsOf(row);
  return ids.length === 0 ? [outcome] : ids.map((gpu) => ({ entity: "GPU", id: gpu, ...outcome }));
};

const testOf = (category: string, row: Json): DcgmTest => {
  const summary = objectOf(row["test_summary"]);
  return {
    ...{ category, name: textAt(row, "name", 100) ?? "" },
    results: rowsAt(row, "results").flatMap(resultOf).slice(0, MAX_RESULTS),
    ...(summary === undefined ? {} : { summary: outcomeOf(summary) }),
  };
};

const gpusOf = (document: Json): readonly DcgmGpu[] => {
  const groups = rowsAt(document, "entity_groups").filter((group) => group["entity_group"] === "GPU");
  const entities = groups.flatMap((group) => rowsAt(group, "entities"));
  if (entities.length > 0)
    return entities.flatMap((row) => {
      const id = countAt(row, "entity_id");
      const [serial, deviceId] = [serialOf(row["serial_num"]), cleanLabel(row["device_id"], 40)];
      return id === undefined ? [] : [{ id, ...present({ serial, deviceId }) }];
    });
  const ids = document["GPU Device IDs"];
  const serials = objectAt(document, "GPU Device Serials");
  return (Array.isArray(ids) ? ids.slice(0, MAX_RESULTS) : []).map((deviceId, id) => ({
    id,
    ...present({ serial: serialOf(serials[String(id)]), deviceId: cleanLabel(deviceId, 40) }),
  }));
};

/** `<<<NOT_SUPPORTED>>>` is DCGM's word for a value that it does not have. */
const serialOf = (value: unknown): string | undefined =>
  typeof value === "string" && value.startsWith("<<<") ? undefined : cleanLabel(value, 60);

const factsOf = (document: Json, root: Json): DcgmFacts => {
  const metadata = objectOf(document["metadata"]) ?? document;
  const tests = rowsAt(root, "test_categories").flatMap((category) =>
    rowsAt(category, "tests").map((row) => testOf(textAt(category, "category", 60) ?? "", row)),
  );
  const error = textAt(root, "runtime_error", MAX_TEXT) ?? textAt(document, "runtime_error", MAX_TEXT);
  return {
    ...present({
      version: textAt(metadata, "version", 40) ?? textAt(root, "version", 40),
      driver: textAt(metadata, "Driver Version Detected", 40) ?? textAt(root, "Driver Version Detected", 40),
      error: error === undefined ? undefined : cleanText(error, MAX_TEXT),
    }),
    gpus: gpusOf(document),
    tests: tests.slice(0, MAX_TESTS),
  };
};

/** Reads the JSON; lines before it, as dcgmi says them about its host engine, are passed over. */
export const parseDcgmi = (text: string): Parsed<DcgmFacts> => {
  const from = text.startsWith("{") ? 0 : text.indexOf("\n{") + 1;
  const read = parseLenientJson(text.slice(from));
  if (!read.ok) return from === 0 ? read : notUnderstood("line 1", `JSON behind other lines, but ${read.reason}`);
  const document = objectOf(read.facts[0]);
  const name = document === undefined ? undefined : ROOTS.find((root) => objectOf(document[root]) !== undefined);
  if (document === undefined || name === undefined)
    return notUnderstood("line 1, column 1", "JSON, but not of dcgmi diag.");
  return understood(factsOf(document, objectAt(document, name)));
};
