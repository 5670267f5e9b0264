/** Runs a tool of the system to its end. */
import { Fault } from "../../agent/system/fault.ts";

/** What a tool left behind. The exit code is data. */
export interface Output {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool and answers with its output, whatever its exit code. */
export const runTool = async (argv: readonly string[], stdin = ""): Promise<Output> => {
  const child = Bun.spawn([...argv], { stdin: new TextEncoder().encode(stdin), stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { exitCode: await child.exited, stdout, stderr };
};

/** Runs a tool that has to succeed and answers with its stdout. */
export const needTool = async (argv: readonly string[], stdin = ""): Promise<string> => {
  const output = await runTool(argv, stdin);
  if (output.exitCode !== 0)
    throw new Fault("tool-failed", { argv, exitCode: output.exitCode, stderr: output.stderr.trim().slice(-2000) });
  return output.stdout;
};
