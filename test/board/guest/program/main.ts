/** What runs in the guest: does the host's orders, one after the other, and tells what it saw. */
import { openLines } from "../../../setup/lines.ts";
import { type Failure, type Order, type Report, renderLine } from "../lines.ts";
import { HOST } from "../qemu.ts";
import { openActs } from "./acts.ts";

const failureOf = (cause: unknown): Failure => {
  if (!(cause instanceof Error)) return { message: String(cause) };
  const { message } = cause;
  return "code" in cause && typeof cause.code === "string" ? { message, code: cause.code } : { message };
};

const main = async (): Promise<void> => {
  const ended = Promise.withResolvers<void>();
  // Written in one go: lines are short, and the wire takes far more than is ever on it.
  const say = (report: Report): void => void socket.write(renderLine(report));
  const acts = openActs((event, value) => say({ event, value }));
  let last: Promise<void> = Promise.resolve();
  const obey = async ({ id, act, args }: Order): Promise<void> => {
    try {
      const perform = (acts as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[act];
      if (perform === undefined) throw new Error(`no act ${act}`);
      say({ id, value: (await perform(...args)) ?? null });
    } catch (cause) {
      say({ id, failure: failureOf(cause) });
    }
  };
  const take = openLines((line) => {
    last = last.then(() => obey(JSON.parse(line) as Order));
  });
  const socket = await Bun.connect({
    hostname: HOST.address,
    port: HOST.ordersPort,
    socket: { data: (_, bytes) => take(bytes), close: () => ended.resolve() },
  });
  say({ event: "ready", value: `${process.arch} ${process.version}` });
  await ended.promise;
};

await main();
process.exit(0);
