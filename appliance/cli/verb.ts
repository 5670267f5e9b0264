/** How a command of `vetbox` is put together: citty parses, this refuses what citty lets pass and keeps the exit code. */
import { type ArgsDef, type CommandDef, defineCommand, type ParsedArgs } from "citty";
import { type BoxClient, DEFAULT_URL, openBoxClient } from "./box-client.ts";
import {
  type Cell,
  EXIT,
  type ExitCode,
  renderFields,
  renderJson,
  renderTable,
  Stop,
  type Surroundings,
  wantsColour,
} from "./terminal.ts";

/** What every command may use. */
export interface Cli extends Surroundings {
  /** Keeps the exit code of the command that ran. */
  readonly end: (code: ExitCode) => void;
}

/** Arguments of every command that asks a box. */
const BOX_ARGS = {
  url: {
    type: "string",
    valueHint: "address",
    description: `Where the box listens: http://HOST:PORT or unix:/PATH (or VETBOX_URL; else ${DEFAULT_URL})`,
  },
  json: { type: "boolean", description: "Write JSON instead of a table" },
} as const satisfies ArgsDef;

/** citty passes unknown flags and surplus words by; a mistyped `--destructiv` must not be. */
const refuseUnknown = (
  args: Readonly<Record<string, unknown>> & { readonly _: readonly string[] },
  known: ArgsDef,
): void => {
  const names = new Set(
    Object.entries(known).flatMap(([name, arg]) =>
      arg.type === "positional" ? [] : [name, ...("alias" in arg ? [arg.alias ?? []].flat() : [])],
    ),
  );
  const positionals = Object.values(known).filter(({ type }) => type === "positional").length;
  const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  for (const name of Object.keys(args))
    if (name !== "_" && !Object.hasOwn(known, name) && !names.has(name) && !names.has(kebab(name)))
      throw new Stop(EXIT.usage, `There is no option --${name}.`);
  if (args._.length > positionals) throw new Stop(EXIT.usage, `“${args._[positionals]}” is one word too many.`);
  for (const [name, { type }] of Object.entries(known))
    if (type === "string" && args[name] === "") throw new Stop(EXIT.usage, `--${name} needs a value.`);
};

/** A command that needs no box. */
export const localVerb = <const Args extends ArgsDef>(
  cli: Cli,
  name: string,
  description: string,
  args: Args,
  run: (args: ParsedArgs<Args>) => Promise<ExitCode>,
): CommandDef =>
  defineCommand<Args>({
    meta: { name, description },
    args,
    run: async (context) => {
      refuseUnknown(context.args, args);
      cli.end(await run(context.args));
    },
  }) as unknown as CommandDef; // what it takes is its own matter; a group holds commands of every kind

/** What a command that asks a box works with. */
export interface BoxVerb {
  readonly box: BoxClient;
  /** Writes a list, as a table or as JSON. */
  readonly list: (value: unknown, headers: readonly string[], rows: readonly (readonly Cell[])[]) => void;
  /** Writes one thing, as names and values or as JSON. */
  readonly one: (value: unknown, fields: readonly (readonly [string, Cell])[]) => void;
  readonly json: boolean;
}

/** A command that asks a box. */
export const boxVerb = <const Args extends ArgsDef>(
  cli: Cli,
  name: string,
  description: string,
  args: Args,
  run: (args: ParsedArgs<Args & typeof BOX_ARGS>, verb: BoxVerb) => Promise<ExitCode>,
): CommandDef =>
  localVerb(cli, name, description, { ...args, ...BOX_ARGS }, (parsed) => {
    const { url, json } = parsed as unknown as { readonly url?: string; readonly json?: boolean };
    const asJson = json === true;
    const write = (value: unknown, text: () => string) => cli.out(asJson ? renderJson(value) : text());
    return run(parsed as ParsedArgs<Args & typeof BOX_ARGS>, {
      box: openBoxClient(url ?? cli.env["VETBOX_URL"] ?? DEFAULT_URL, cli.signal),
      list: (value, headers, rows) => write(value, () => renderTable(headers, rows, wantsColour(cli))),
      one: (value, fields) => write(value, () => renderFields(fields, wantsColour(cli))),
      json: asJson,
    });
  });

/** A group of commands. Without a prototype, so that `vetbox hosts constructor` names no command. */
export const group = (name: string, description: string, verbs: Readonly<Record<string, CommandDef>>) =>
  defineCommand({ meta: { name, description }, subCommands: Object.assign(Object.create(null), verbs) });
