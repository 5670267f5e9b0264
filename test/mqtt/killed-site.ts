/** A broker, a box and a reader of which the first two lose their power again and again. */
import { join } from "node:path";
import { linesOf } from "../setup/lines.ts";
import { type Mosquitto, openMosquitto } from "./mosquitto.ts";
import { openReader, type Reader } from "./reader.ts";

/** A box in its own process. */
class BoxProcess {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  #counts = new Map<string, number>();
  #wake: () => void = () => {};

  constructor(args: readonly string[]) {
    this.#child = Bun.spawn([process.execPath, join(import.meta.dir, "killed-box.ts"), ...args], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    void this.#read();
  }

  /** How often it has said a word. */
  said(word: string): number {
    return this.#counts.get(word) ?? 0;
  }

  /** Waits until it has said a word this often. */
  async until(word: string, count: number): Promise<void> {
    while (this.said(word) < count) {
      if (this.#child.exitCode !== null) throw new Error(`the box ended with ${this.#child.exitCode}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async tell(word: string): Promise<void> {
    this.#child.stdin.write(`${word}\n`);
    await this.#child.stdin.flush();
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async #read(): Promise<void> {
    for await (const word of linesOf(this.#child.stdout)) {
      this.#counts.set(word, this.said(word) + 1);
      this.#wake();
    }
    await this.#child.exited;
    this.#wake();
  }
}

/** The site. */
export interface KilledSite extends AsyncDisposable {
  readonly broker: Mosquitto;
  readonly reader: Reader;
  readonly box: () => BoxProcess;
  /** Whether the box has a connection to the broker that runs now, and so a last will with it. */
  hasWill(): boolean;
  /** Kills the box; the next one goes on at once. */
  killBox(): Promise<void>;
  killBroker(): Promise<void>;
  killBoth(): Promise<void>;
}

/** Opens it in a folder. The box's topics begin with `prefix`. */
export const openKilledSite = async (dir: string, prefix: string): Promise<KilledSite> => {
  const broker = await openMosquitto({ dir: join(dir, "broker") });
  const reader = await openReader({ port: broker.port, clientId: "reader" });
  const spare = (): BoxProcess => new BoxProcess([join(dir, "box.db"), String(broker.port), prefix]);
  let [box, next] = [spare(), spare()];
  await box.tell("go");
  let killed = { box, lost: 0 };
  const replace = async (): Promise<void> => {
    [box, next] = [next, spare()];
    await box.tell("go");
  };
  return {
    ...{ broker, reader, box: () => box },
    hasWill: () => {
      const lost = box.said("lost");
      // What it says of the broker that was killed comes late; only what it says after it has noticed is about this one.
      return box.said("connected") === lost + 1 && (box !== killed.box || lost > killed.lost);
    },
    killBox: async () => {
      await box.kill();
      await replace();
    },
    killBroker: async () => {
      killed = { box, lost: box.said("lost") };
      await broker.kill();
      await broker.start();
    },
    killBoth: async () => {
      await Promise.all([box.kill(), broker.kill()]);
      await Promise.all([replace(), broker.start()]);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([box.kill(), next.kill(), reader[Symbol.asyncDispose]()]);
      await broker.kill();
    },
  };
};
