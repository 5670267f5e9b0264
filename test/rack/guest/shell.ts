/** A shell on a server's serial port. */
import { RackRefusal } from "../refusal.ts";
import type { Server } from "../server.ts";
import { within } from "../until.ts";

/** What a command said, and how it ended. */
export interface ShellOutput {
  /** What it wrote on stdout and stderr. */
  readonly text: string;
  readonly exitCode: number;
}

/** The shell. */
export interface GuestShell extends Disposable {
  /** Runs a command in the guest, one after the other. A serial port is slow: what says much is better filtered in the guest. */
  run(command: string, timeoutMs?: number): Promise<ShellOutput>;
}

/** What a boot takes on a machine that is busy with everything else. */
const BOOT_TIMEOUT_MS = 240_000;
const COMMAND_TIMEOUT_MS = 120_000;

/** `dmesg -n 1` would let emergencies through (a machine check, an NMI), in the middle of the mark that ends a command (proc_sys_kernel(5), `printk`). */
const MUTE_KERNEL = "echo 0 > /proc/sys/kernel/printk";

/** Waits until the server's shell is there, and takes it. */
export const openGuestShell = async (server: Server): Promise<GuestShell> => {
  await server.serialHas(/vetbox-boot: ready/, BOOT_TIMEOUT_MS);
  let said = "";
  let commands = 0;
  let waiting: { readonly end: RegExp; readonly done: PromiseWithResolvers<ShellOutput> } | null = null;
  // The log of the serial port is no source here: QEMU writes a character twice into it when the socket was full at first.
  const socket = await Bun.connect({
    unix: server.serialSocket,
    socket: {
      data: (_, bytes) => {
        said += bytes.toString().replaceAll("\r", "");
        const [, text, code] = waiting?.end.exec(said) ?? [];
        if (text !== undefined) waiting?.done.resolve({ text, exitCode: Number(code) });
      },
      close: () => waiting?.done.reject(new RackRefusal("off", `${server.name}: went off`)),
    },
  });
  const run: GuestShell["run"] = async (command, timeoutMs = COMMAND_TIMEOUT_MS) => {
    commands += 1;
    const end = `guest-done-${commands}`;
    const done = Promise.withResolvers<ShellOutput>();
    said = "";
    waiting = { end: new RegExp(`([\\s\\S]*?)${end} (\\d+)\\n`), done };
    socket.write(`{ ${command}\n} 2>&1; echo ${end} $?\n`);
    return within(`${server.name}: ${command}`, done.promise, timeoutMs);
  };
  // The shell's own echo and prompts would be among what commands say.
  await run(`stty -echo; PS1=''; PS2=''; PATH=/usr/sbin:/usr/bin:/sbin:/bin; ${MUTE_KERNEL}`);
  await run("true");
  return { run, [Symbol.dispose]: () => void socket.end() };
};
