/** A shell on a server's serial port. */
import type { Server } from "../server.ts";

/** What a command said, and how it ended. */
export interface ShellOutput {
  /** What it wrote on stdout and stderr. */
  readonly text: string;
  readonly exitCode: number;
}

/** The shell. */
export interface GuestShell extends Disposable {
  /** Runs a command in the guest, one after the other. */
  run(command: string, timeoutMs?: number): Promise<ShellOutput>;
}

/** What a boot takes on a machine that is busy with everything else. */
const BOOT_TIMEOUT_MS = 240_000;
const COMMAND_TIMEOUT_MS = 120_000;

/** Waits until the server's shell is there, and takes it. */
export const openGuestShell = async (server: Server): Promise<GuestShell> => {
  await server.serialHas(/vetbox-boot: ready/, BOOT_TIMEOUT_MS);
  const socket = await Bun.connect({ unix: server.serialSocket, socket: { data: () => undefined } });
  let commands = 0;
  const run: GuestShell["run"] = async (command, timeoutMs = COMMAND_TIMEOUT_MS) => {
    commands += 1;
    const end = `guest-done-${commands}`;
    const mark = server.serialMark();
    socket.write(`{ ${command}\n} 2>&1; echo ${end} $?\n`);
    const [, text = "", code = ""] = await server.serialHas(
      new RegExp(`([\\s\\S]*?)${end} (\\d+)\\r?\\n`),
      timeoutMs,
      mark,
    );
    return { text: text.replaceAll("\r", ""), exitCode: Number(code) };
  };
  // The shell's own echo and prompt would be among what commands say.
  await run("stty -echo; PS1=''; PS2=''; PATH=/usr/sbin:/usr/bin:/sbin:/bin; dmesg -n 1");
  return { run, [Symbol.dispose]: () => void socket.end() };
};
