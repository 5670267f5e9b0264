import { describe, expect, test } from "bun:test";
import { exited } from "../fakes/system.ts";
import type { ExecResult } from "../system/exec.ts";
import { askReservation, reservationArgv } from "./reservation.ts";

const { signal } = new AbortController();
const FREE = exited("  PR generation=0x0, there is NO reservation held\n");
const HELD = exited("  PR generation=0x1, Reservation follows:\n    Key=0x123abc\n    scope: LU_SCOPE\n");
/** A disk that was reset, or whose neighbour was pulled (SPC-4: REPORTED LUNS DATA HAS CHANGED), tells that first, in place of an answer. */
const ATTENTION = exited("", 6, "PR in (Read reservation): Unit attention");

/** Asks a disk that gives these answers one after the other, the last one for ever. */
const ask = async (...answers: readonly ExecResult[]) => {
  const asked: string[] = [];
  const exec = async ({ argv }: { readonly argv: readonly string[] }) => {
    asked.push(argv.join(" "));
    return answers[Math.min(asked.length, answers.length) - 1] ?? FREE;
  };
  return { said: await askReservation(exec, "/dev/sdx", signal), asked };
};

describe("askReservation", () => {
  test("one question suffices for a disk that answers it", async () => {
    const question = reservationArgv("/dev/sdx").join(" ");
    expect(await ask(FREE)).toEqual({ said: "free", asked: [question] });
    expect(await ask(HELD)).toEqual({ said: "held", asked: [question] });
  });

  test("a disk that has something else to tell first is asked again", async () => {
    expect((await ask(ATTENTION, FREE)).said).toBe("free");
    expect((await ask(ATTENTION, ATTENTION, HELD)).said).toBe("held");
  });

  test("a disk that never answers is not free, and is not asked for ever", async () => {
    const { said, asked } = await ask(ATTENTION);
    expect([said, asked.length]).toEqual(["unknown", 3]);
  });

  test("nothing else is asked again: not a time-out, not an unknown failure", async () => {
    for (const answer of [{ ...FREE, end: "timed-out" as const, exitCode: null }, exited("", 2), exited("")]) {
      const { said, asked } = await ask(answer, FREE);
      expect([said, asked.length]).toEqual(["unknown", 1]);
    }
  });
});
