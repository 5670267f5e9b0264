/** The identify LEDs of simulated servers: each behind a BMC that may be away, or do what it is asked and lose its answer. */
import type { BmcAnswer, BmcTroubleCode, OpenPower } from "../../appliance/core/power-port.ts";
import type { Db } from "../../appliance/store/open.ts";
import { loadActiveRuns } from "../../appliance/store/runs.ts";
import type { Dice } from "./seeded.ts";

/** A BMC as the box is told of it. Nobody listens there. */
export const BMC = { kind: "redfish", address: "10.0.1.1", user: "vetbox", password: "simulated" } as const;

const failed = (code: BmcTroubleCode): BmcAnswer<never> => ({
  ok: false,
  trouble: { code, message: `It is ${code}.` },
});

const unasked = (): never => {
  throw new Error("a simulated BMC has but an LED");
};

/** The LEDs of a world. */
export class Lamps {
  /** Hosts whose LED blinks. */
  readonly lit = new Set<string>();
  readonly #dice: Dice;
  readonly #adverse: () => boolean;

  constructor(dice: Dice, adverse: () => boolean) {
    this.#dice = dice;
    this.#adverse = adverse;
  }

  /** Opens a host's BMC. */
  readonly openPower: OpenPower = ({ hostId }) => ({
    ...{ state: unasked, on: unasked, off: unasked, cycle: unasked, bootOnce: unasked },
    identify: async (on) => this.#switch(hostId, on),
  });

  #switch(hostId: string, on: boolean): BmcAnswer<true> {
    if (this.#adverse() && this.#dice.chance(0.2)) return failed("unreachable");
    if (on) this.lit.add(hostId);
    else this.lit.delete(hostId);
    return this.#adverse() && this.#dice.chance(0.1) ? failed("timeout") : { ok: true, value: true };
  }

  /** LEDs that blink on servers to which nobody has to walk, and those that do not on the others. */
  async findWrong(db: Db): Promise<readonly string[]> {
    const held = new Set((await loadActiveRuns(db)).filter((r) => r.state === "FailedHolding").map((r) => r.hostId));
    return [
      ...[...this.lit.difference(held)].map((hostId) => `${hostId}: its LED outlived its hold`),
      ...[...held.difference(this.lit)].map((hostId) => `${hostId}: it is held and its LED is dark`),
    ];
  }
}
