/** SSH into a held server of a segment, as the technician would with the key that the box showed. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Subprocess } from "bun";
import type { Segment } from "../rack/segment.ts";

/** How to get in. */
export interface Login {
  readonly privateKey: string;
  readonly login: string | null;
}

/** Logs in to held servers from the box's namespace. */
export interface Ssh {
  /** Runs a command and answers with what it printed and its exit code. */
  run(command: string): Promise<{ readonly stdout: string; readonly exitCode: number; readonly stderr: string }>;
  /** Starts a command whose output is read while it runs. */
  start(command: string): Subprocess<"ignore", "pipe", "ignore">;
}

/** Prepares logins with a hold's key. */
export const openSsh = async (segment: Segment, dir: string, { privateKey, login }: Login): Promise<Ssh> => {
  if (login === null) throw new Error("the hold has no address yet");
  const keyPath = join(dir, `key-${Bun.randomUUIDv7()}`);
  await writeFile(keyPath, privateKey, { mode: 0o600 });
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes", "ConnectTimeout=30"];
  const argv = (command: string): string[] => [
    ...segment.box.inside(["ssh", "-q", "-i", keyPath, ...options.flatMap((option) => ["-o", option]), login, command]),
  ];
  return {
    run: async (command) => {
      const child = Bun.spawn(argv(command), { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      const [stdout, stderr] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      return { stdout, stderr, exitCode: await child.exited };
    },
    start: (command) => Bun.spawn(argv(command), { stdin: "ignore", stdout: "pipe", stderr: "ignore" }),
  };
};
