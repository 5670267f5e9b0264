/**
 * The door to every BMC: whichever language one speaks, its calls are made one after another, with a deadline, and nobody else waits for them.
 *
 * A BMC that is asked by two at once drops sessions or restarts; one that is slow must delay no other host, so the queue is each address's own.
 */
import type { BmcAccess, BmcAnswer, OpenPower, PowerPort } from "../core/power-port.ts";
import { type IpmiParts, openIpmi } from "./ipmi.ts";
import { openRedfish } from "./redfish.ts";
import { trouble } from "./trouble.ts";

/** How long one call may take, its place in the queue not counted. The outbox gives an effect 60 s. */
const CALL_MS = 45_000;
/** Calls that may wait for one BMC. More are of an impatient hand, and would be carried out long after it has gone. */
const MAX_WAITING = 4;

/** Calls in their order, one queue for each key. */
export class CallQueues {
  readonly #tails = new Map<string, { readonly end: Promise<unknown>; readonly waiting: number }>();

  /** Runs the work when all earlier work of this key has ended. */
  async run<T>(key: string, signal: AbortSignal, work: () => Promise<BmcAnswer<T>>): Promise<BmcAnswer<T>> {
    const before = this.#tails.get(key);
    const waiting = (before?.waiting ?? 0) + 1;
    if (waiting > MAX_WAITING)
      return trouble("busy", "Too many calls wait for this BMC already. Ask again in a moment.");
    const own = (async () => {
      await before?.end;
      return signal.aborted ? trouble("timeout", "The call was given up before its turn.") : work();
    })();
    const end = own.then(
      () => this.#left(key),
      () => this.#left(key),
    );
    this.#tails.set(key, { end, waiting });
    return own;
  }

  #left(key: string): void {
    const tail = this.#tails.get(key);
    if (tail === undefined) return;
    if (tail.waiting === 1) this.#tails.delete(key);
    else this.#tails.set(key, { ...tail, waiting: tail.waiting - 1 });
  }
}

const LANGUAGES = {
  redfish: (access, pinned) => openRedfish(access, pinned),
  ipmi: (access, _pinned, parts) => openIpmi(access, parts),
} satisfies Record<
  BmcAccess["kind"],
  (access: BmcAccess, pinned: (pin: string) => Promise<void>, parts: IpmiParts) => PowerPort
>;

/** A BMC knows its own password, and may say it in an error: no message leaves here with it. */
const withoutPassword = <T>(answer: BmcAnswer<T>, password: string): BmcAnswer<T> => {
  if (answer.ok || !answer.trouble.message.includes(password)) return answer;
  return { ok: false, trouble: { ...answer.trouble, message: answer.trouble.message.replaceAll(password, "•••") } };
};

/** Makes the opener of power ports. All ports that it opens share its queues. */
export const openBmcs = (parts: IpmiParts): OpenPower => {
  const queues = new CallQueues();
  return (access, pinned) => {
    const port = LANGUAGES[access.kind](access, pinned, parts);
    const call = async <T>(
      signal: AbortSignal,
      work: (signal: AbortSignal) => Promise<BmcAnswer<T>>,
    ): Promise<BmcAnswer<T>> => {
      const answer = await queues.run(access.address, signal, () =>
        work(AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)])),
      );
      return withoutPassword(answer, access.password);
    };
    return {
      state: (signal) => call(signal, (s) => port.state(s)),
      on: (signal) => call(signal, (s) => port.on(s)),
      off: (signal) => call(signal, (s) => port.off(s)),
      cycle: (signal) => call(signal, (s) => port.cycle(s)),
      bootOnce: (target, signal) => call(signal, (s) => port.bootOnce(target, s)),
      identify: (on, signal) => call(signal, (s) => port.identify(on, s)),
    };
  };
};
