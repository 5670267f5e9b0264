/**
 * Buttons of a simulator, held from a browser: a dead man's handle. A page that was closed, or a phone that lost its network, in the midst of a press must
 * not go on pressing.
 */
import type { Clock } from "../../agent/system/clock.ts";
import type { ButtonName } from "../../board/buttons.ts";

/** How long a button stays down without being held anew. Less than a long press, so that only a hand that is there completes one. */
export const HOLD_LEASE_MS = 2_000;

/** What can be pressed and let go of. */
export interface Pressable {
  press(button: ButtonName): void;
  release(button: ButtonName): void;
}

/** Opens the handle. */
export const openBrowserFingers = (buttons: Pressable, clock: Clock) => {
  const leases = new Map<ButtonName, AbortController>();
  return {
    hold: (button: ButtonName, down: boolean): void => {
      leases.get(button)?.abort();
      leases.delete(button);
      if (!down) {
        buttons.release(button);
        return;
      }
      const lease = new AbortController();
      leases.set(button, lease);
      buttons.press(button);
      void clock.sleep(HOLD_LEASE_MS, lease.signal).then(() => {
        if (!lease.signal.aborted) buttons.release(button);
      });
    },
  };
};
