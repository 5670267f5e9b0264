/** Something has changed: wakes the one who waits, and is not forgotten when nobody waits yet. */

/** Rung by many, waited for by one. */
export class Bell {
  #rung = false;
  #wake: () => void = () => {};

  /** Wakes who waits, or who waits next. */
  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  /** Resolves when it has been rung since the last wait, or when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted)
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal.removeEventListener("abort", done);
          resolve();
        };
        this.#wake = done;
        signal.addEventListener("abort", done);
      });
    this.#rung = false;
  }
}
