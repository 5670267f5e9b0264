/** The surroundings of an attempt for tests of runners: what the runner tells is kept. */
import type { StageContext } from "../stages/runner.ts";
import type { System } from "../system/system.ts";

/** A context with what was told to it. */
export interface FakeContext<Order> extends StageContext<Order> {
  readonly artifacts: ReadonlyMap<string, string>;
  readonly progressed: readonly number[];
}

/** Makes one for this order on this machine. */
export const fakeContext = <Order>(
  system: System,
  order: Order,
  parts: Partial<Pick<StageContext, "grant" | "signal" | "attempt">> = {},
): FakeContext<Order> => {
  const artifacts = new Map<string, string>();
  const progressed: number[] = [];
  return {
    ...{ system, attempt: 1, order, artifacts, progressed, bootMac: null, farewell: system.exec, log: () => undefined },
    ...{ grant: null, signal: new AbortController().signal, ...parts },
    progress: (ratio) => {
      progressed.push(ratio);
    },
    artifact: (name, content) => {
      artifacts.set(name, String(content));
    },
  };
};
