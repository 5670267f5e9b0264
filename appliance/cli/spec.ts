/** `vetbox spec lint|diff|check|schema`: what can be said of a spec without a box. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { Inventory } from "../../agent/wire/inventory.ts";
import { plainText } from "../../agent/wire/plain.ts";
import { CLASS_NAME } from "../core/spec/classes.ts";
import { compareSpecs } from "../core/spec/compare.ts";
import { diffSpec } from "../core/spec/diff.ts";
import { renderInventorySchema } from "../core/spec/inventory-schema.ts";
import type { Issue } from "../core/spec/issue.ts";
import { renderSpecSchema } from "../core/spec/json-schema.ts";
import { type Classes, lintSpec, NO_CLASSES, type Spec } from "../core/spec/spec.ts";
import { SEVERITY_WORDS } from "../core/words.ts";
import { readGiven } from "./given.ts";
import { EXIT, renderJson, renderTable, Stop, wantsColour } from "./terminal.ts";
import { type Cli, localVerb } from "./verb.ts";

const FILE = { type: "positional", required: true, description: "YAML file, or - for standard input" } as const;
const CLASSES = {
  type: "string",
  valueHint: "folder",
  description: "Folder of the classes that specs inherit: NAME.yaml",
} as const;
const JSON_FLAG = { type: "boolean", description: "Write JSON instead of text" } as const;

const CLASS_FILE = /^(.+)\.ya?ml$/;

const readClasses = async (folder: string | undefined): Promise<Classes> => {
  if (folder === undefined) return NO_CLASSES;
  const names = await readdir(folder).catch(() => {
    throw new Stop(EXIT.usage, `${folder} is no folder that can be read.`);
  });
  const classes = new Map<string, string>();
  for (const file of names.sort()) {
    const name = CLASS_FILE.exec(file)?.[1];
    if (name !== undefined && CLASS_NAME.test(name)) classes.set(name, await readFile(join(folder, file), "utf8"));
  }
  return classes;
};

/** A mistake as compilers write it, so that editors find the place. */
const renderIssue = (given: string, { file, place, code, sentence }: Issue): string =>
  plainText(`${file === null ? given : `class ${file}`}:${place}: ${sentence}. [${code}]`);

/** Reads a spec with all that it inherits, or ends with every mistake and its place. */
const readSpec = async (cli: Cli, file: string, classes: Classes): Promise<Spec> => {
  const answer = lintSpec(await readGiven(cli, file), classes);
  if (answer.ok) return answer.spec;
  throw new Stop(EXIT.usage, answer.issues.map((issue) => renderIssue(file, issue)).join("\n"));
};

/** Reads `inventory.json`, or ends with what is wrong in it. */
const readInventory = async (cli: Cli, file: string): Promise<Inventory> => {
  const text = await readGiven(cli, file);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new Stop(EXIT.usage, `${file}: not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const inventory = v.safeParse(Inventory, document);
  if (inventory.success) return inventory.output;
  const [issue] = inventory.issues;
  throw new Stop(EXIT.usage, `${file}: no inventory: ${v.getDotPath(issue) ?? "the document"}: ${issue.message}`);
};

const lint = (cli: Cli) =>
  localVerb(
    cli,
    "lint",
    "Every mistake of a spec, one a line with its place; the exit code is 1 if any",
    { file: FILE, classes: CLASSES, json: JSON_FLAG },
    async ({ file, classes, json }) => {
      const answer = lintSpec(await readGiven(cli, file), await readClasses(classes));
      const issues = answer.ok ? [] : answer.issues;
      if (json === true) cli.out(renderJson(issues));
      else if (issues.length > 0) cli.out(issues.map((issue) => `${renderIssue(file, issue)}\n`).join(""));
      return issues.length === 0 ? EXIT.ok : EXIT.failed;
    },
  );

const diff = (cli: Cli) =>
  localVerb(
    cli,
    "diff",
    "What two specs expect differently; the exit code is 1 if anything, 2 if one of them is wrong",
    {
      before: { type: "positional", required: true, description: "YAML file" },
      after: { type: "positional", required: true, description: "YAML file, or - for standard input" },
      classes: CLASSES,
      json: JSON_FLAG,
    },
    async ({ before, after, classes, json }) => {
      const known = await readClasses(classes);
      const found = compareSpecs(await readSpec(cli, before, known), await readSpec(cli, after, known));
      if (json === true) cli.out(renderJson(found));
      else if (found.length > 0)
        cli.out(
          renderTable(
            ["WHERE", "BEFORE", "AFTER"],
            found.map((one) => [one.where, one.before, one.after]),
            wantsColour(cli),
          ),
        );
      return found.length === 0 ? EXIT.ok : EXIT.failed;
    },
  );

const check = (cli: Cli) =>
  localVerb(
    cli,
    "check",
    "Compare an inventory with a spec; the exit code is 1 if a difference is critical, 2 if one of the two is wrong",
    {
      file: FILE,
      inventory: {
        type: "string",
        required: true,
        valueHint: "file",
        description: "inventory.json, or - for standard input",
      },
      classes: CLASSES,
      json: JSON_FLAG,
    },
    async ({ file, inventory, classes, json }) => {
      if (inventory === undefined) throw new Stop(EXIT.usage, "--inventory FILE is missing.");
      if (file === "-" && inventory === "-") throw new Stop(EXIT.usage, "Only one of the two can be standard input.");
      const spec = await readSpec(cli, file, await readClasses(classes));
      const found = diffSpec(spec, await readInventory(cli, inventory));
      if (json === true) cli.out(renderJson(found));
      else if (found.length === 0) cli.out("As expected.\n");
      else {
        const rows = found.map((d) => [SEVERITY_WORDS[d.severity], d.component, d.expected, d.found]);
        cli.out(renderTable(["SEVERITY", "COMPONENT", "EXPECTED", "FOUND"], rows, wantsColour(cli)));
        cli.out(`\n${found.map((d) => `${plainText(d.message)}\n`).join("")}`);
      }
      return found.some((d) => d.severity === "critical") ? EXIT.failed : EXIT.ok;
    },
  );

const SCHEMAS = { spec: renderSpecSchema, inventory: renderInventorySchema } as const;

const schema = (cli: Cli) =>
  localVerb(
    cli,
    "schema",
    "JSON Schema for editors and readers",
    { of: { type: "enum", options: ["spec", "inventory"], default: "spec", description: "Of what" } },
    async ({ of }) => {
      cli.out(`${JSON.stringify(SCHEMAS[of === "inventory" ? "inventory" : "spec"](), null, 2)}\n`);
      return EXIT.ok;
    },
  );

/** The verbs of `vetbox spec` that need no box. */
export const localSpecVerbs = (cli: Cli) => ({
  lint: lint(cli),
  diff: diff(cli),
  check: check(cli),
  schema: schema(cli),
});
