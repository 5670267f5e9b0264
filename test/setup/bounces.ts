/**
 * How contacts really bounce: measured by A. Fraser-Kruck on push buttons of the kind JUDCO 1024-2 (session "startingDataText", tests 3 to 7, of the
 * public repository adamfk/bouncy-button; an Arduino that samples every 1.25 µs). Only the times are taken, in whole microseconds from the first contact.
 */

/** The line is at this level from so many microseconds on; low is pressed. */
export interface BounceStep {
  readonly afterUs: number;
  readonly level: 0 | 1;
}

const steps = (first: 0 | 1, ...timesUs: readonly number[]): readonly BounceStep[] =>
  timesUs.map((afterUs, index) => ({ afterUs, level: index % 2 === 0 ? first : first === 0 ? 1 : 0 }));

/** A button goes down. */
export const PRESSES: Readonly<Record<string, readonly BounceStep[]>> = {
  "test 5, at rest after 0.5 ms": steps(0, 1, 126, 231, 491, 495),
  "test 7, with a gap of 2 µs": steps(0, 1, 26, 28, 79, 80, 81, 84),
};

/** A button comes up. */
export const RELEASES: Readonly<Record<string, readonly BounceStep[]>> = {
  "test 4, at rest after 0.7 ms": steps(1, 1, 2, 48, 53, 412, 473, 607, 614, 737),
  "test 6, at rest after 13.6 ms, with a pause of 9 ms": steps(
    1,
    ...[1, 9_005, 12_163, 12_164, 12_684, 12_826, 12_827, 13_467, 13_468, 13_643, 13_645],
  ),
};

/** Test 3: pressed for 45 ms, then 1.4 ms of flutter, then open for 63 ms, then pressed. No window can tell that from two presses. */
export const OPENS_AGAIN: readonly BounceStep[] = steps(
  0,
  ...[
    1, 45_460, 45_461, 45_526, 45_527, 45_545, 45_548, 45_623, 45_625, 45_673, 45_681, 45_740, 45_767, 45_803, 45_814,
  ],
  ...[45_973, 45_988, 46_017, 46_018, 46_031, 46_034, 46_144, 46_145, 46_194, 46_197, 46_252, 46_258, 46_360, 46_370],
  ...[46_433, 46_443, 46_491, 46_493, 46_674, 46_707, 46_765, 46_792, 46_838, 46_846, 46_910, 109_746],
);
