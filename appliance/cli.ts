/** `vetbox`: what the pages do, from a shell. It asks the operator API and knows nothing else of the box. */
import { type CommandDef, defineCommand, renderUsage, runCommand } from "citty";
import { plainLines, plainText } from "../agent/wire/plain.ts";
import { checkCommands } from "./cli/checks.ts";
import { readGiven } from "./cli/given.ts";
import { boxCommand, hostCommands, seenCommand, specCommands } from "./cli/hosts.ts";
import { mqttCommands } from "./cli/mqtt.ts";
import { runCommands } from "./cli/runs.ts";
import { EXIT, type ExitCode, Stop, type Surroundings } from "./cli/terminal.ts";
import { type Cli, group, localVerb } from "./cli/verb.ts";
import { parseConfig, renderConfigProblems, renderConfigReference } from "./config.ts";

const configCommands = (cli: Cli) =>
  group("vetbox config", "The box's config file", {
    example: localVerb(cli, "example", "An example with every key, its meaning and its default", {}, async () => {
      cli.out(renderConfigReference());
      return EXIT.ok;
    }),
    check: localVerb(
      cli,
      "check",
      "Every mistake of a config file, each with its place",
      { file: { type: "positional", required: true, description: "YAML file, or - for standard input" } },
      async ({ file }) => {
        const answer = parseConfig(await readGiven(cli, file));
        if (answer.ok) return EXIT.ok;
        throw new Stop(EXIT.failed, renderConfigProblems(file, answer.problems));
      },
    ),
  });

const EXIT_CODES = "Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 no box answers.";

const vetbox = (cli: Cli): CommandDef =>
  defineCommand({
    meta: { name: "vetbox", description: `Prove a server's hardware. ${EXIT_CODES}` },
    subCommands: Object.assign(Object.create(null), {
      hosts: hostCommands(cli),
      runs: runCommands(cli),
      spec: specCommands(cli),
      checks: checkCommands(cli),
      seen: seenCommand(cli),
      box: boxCommand(cli),
      config: configCommands(cli),
      mqtt: mqttCommands(cli),
    }),
  });

/** The command that the words name, as far as they name one, with its group. Commands come before options. */
const namedBy = (words: readonly string[], command: CommandDef, group?: CommandDef): [CommandDef, CommandDef?] => {
  const [word, ...rest] = words;
  const inner = command.subCommands as Readonly<Record<string, CommandDef>> | undefined;
  const found = word === undefined ? undefined : inner?.[word];
  if (found === undefined) return group === undefined ? [command] : [command, group];
  return namedBy(rest, found, found.subCommands === undefined ? command : undefined);
};

const isUsageError = (error: unknown): error is Error => error instanceof Error && error.name === "CLIError";

/** Removes citty's colours, whose own rule does not look at where the text goes. */
const uncoloured = (text: string): string => Bun.stripANSI(text);

/** Runs one command line and gives its exit code. */
export const runCli = async (words: readonly string[], surroundings: Surroundings): Promise<ExitCode> => {
  let code: ExitCode = EXIT.ok;
  const root = vetbox({
    ...surroundings,
    end: (ended) => {
      code = ended;
    },
  });
  const usage = async () => `${uncoloured(await renderUsage(...namedBy(words, root)))}\n`;
  if (words.includes("--help") || words.includes("-h")) {
    surroundings.out(await usage());
    return EXIT.ok;
  }
  try {
    await runCommand(root, { rawArgs: [...words] });
    return code;
  } catch (error) {
    if (error instanceof Stop) {
      surroundings.err(`${plainLines(error.message)}\n`);
      return error.exit;
    }
    if (!isUsageError(error)) throw error;
    surroundings.err(`${await usage()}\n${plainText(uncoloured(error.message))}\n`);
    return EXIT.usage;
  }
};

if (import.meta.main) {
  const ended = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());
  process.exitCode = await runCli(process.argv.slice(2), {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
    isTerminal: process.stdout.isTTY === true,
    readInput: () => Bun.stdin.text(),
    nowMs: Date.now,
    signal: ended.signal,
  });
}
