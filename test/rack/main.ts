/** The rack's command line: `bun test/rack/main.ts VERB --rack DIR`. Each call finds the servers as they are and ends; they run on. */
import { parseArgs } from "node:util";
import { Fault } from "../../agent/system/fault.ts";
import { FIRMWARES } from "./declaration.ts";
import type { Roms } from "./qemu-argv.ts";
import { openRack } from "./rack.ts";
import { RackRefusal } from "./refusal.ts";
import { VERBS, type Verb } from "./verbs.ts";

const HELP = `Usage: bun test/rack/main.ts VERB --rack DIR [--json]

Virtual servers that boot from the network of the box.

${Object.values(VERBS)
  .map(({ usage, summary }) => `  ${usage}\n      ${summary}`)
  .join("\n")}

  --rack DIR       the rack's directory; made when it is not there
  --id ID          a new rack's id, up to 8 of a-z 0-9 (otherwise random)
  --rom-bios FILE  boot ROM of virtio network cards instead of QEMU's own
  --rom-uefi FILE  the same for UEFI servers
  --json           the result as JSON on stdout
  --help           this text

Exit codes: 0 done, 1 refused, 2 a fault of the rack. Needs root.`;

/** Exit codes; `exec` ends with its command's own. */
const EXIT = { refused: 1, fault: 2 } as const;

const OPTIONS = {
  rack: { type: "string" },
  id: { type: "string" },
  "rom-bios": { type: "string" },
  "rom-uefi": { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const parseLine = (args: readonly string[]) => {
  const flags = new Set(Object.values(VERBS).flatMap((verb) => verb.flags));
  const flagOptions = Object.fromEntries([...flags].map((flag) => [flag, { type: "boolean" } as const]));
  try {
    return parseArgs({ args: [...args], options: { ...flagOptions, ...OPTIONS }, allowPositionals: true });
  } catch (cause) {
    throw new RackRefusal("invalid", cause instanceof Error ? cause.message : String(cause));
  }
};

const chooseVerb = (name: string, given: Readonly<Record<string, unknown>>): Verb => {
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined) throw new RackRefusal("invalid", `there is no verb ${name}; --help shows them`);
  const odd = Object.keys(given).find((flag) => !(flag in OPTIONS) && !verb.flags.includes(flag));
  if (odd !== undefined) throw new RackRefusal("invalid", `${name} takes no --${odd}`);
  return verb;
};

const run = async (args: readonly string[]): Promise<number> => {
  const { values, positionals } = parseLine(args);
  const [name, ...names] = positionals;
  if (values.help || name === undefined) {
    console.log(HELP);
    return values.help ? 0 : EXIT.refused;
  }
  const verb = chooseVerb(name, values);
  if (values.rack === undefined) throw new RackRefusal("invalid", "--rack DIR is needed");
  const romFiles: Roms = Object.fromEntries(
    FIRMWARES.flatMap((firmware) => {
      const file = values[`rom-${firmware}`];
      return file === undefined ? [] : [[firmware, file]];
    }),
  );
  await using rack = await openRack({
    dir: values.rack,
    keep: true,
    roms: romFiles,
    ...(values.id === undefined ? {} : { id: values.id }),
  });
  const flags = new Set(Object.entries(values).flatMap(([flag, value]) => (value === true ? [flag] : [])));
  const output = await verb.run(rack, { names, flags });
  if (values.json) console.log(JSON.stringify(output.data));
  else for (const line of output.lines) console.log(line);
  return output.exitCode ?? 0;
};

const args = process.argv.slice(2);
try {
  process.exitCode = await run(args);
} catch (cause) {
  if (!(cause instanceof RackRefusal || cause instanceof Fault)) throw cause;
  const place = cause instanceof RackRefusal ? cause.place : undefined;
  if (args.includes("--json"))
    console.log(JSON.stringify({ error: { code: cause.code, detail: cause.message, place } }));
  else console.error(cause.message);
  process.exitCode = cause instanceof RackRefusal ? EXIT.refused : EXIT.fault;
}
