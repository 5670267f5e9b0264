/** Small pictures beside words. They help the eye and never stand alone: the word is always there. */

/** Rows of a picture, `#` lit; all rows are equally long. */
export type Bitmap = readonly string[];

const parseArt = (art: string): Bitmap => art.trim().split("\n");

/** The pictures, drawn by us. */
export const ICONS = {
  check: parseArt(`
.......##
......##.
......##.
##...##..
.##..##..
..####...
...##....`),
  cross: parseArt(`
##...##
###.###
.#####.
..###..
.#####.
###.###
##...##`),
  warning: parseArt(`
....#....
...#.#...
..#.#.#..
..#.#.#..
.#.....#.
#...#...#
#########`),
  hold: parseArt(`
..###..
.#...#.
#.#.#.#
#.#.#.#
#.#.#.#
.#...#.
..###..`),
  hourglass: parseArt(`
#######
.#...#.
.##.##.
..###..
...#...
..#.#..
.#.#.#.
#######`),
} as const satisfies Record<string, Bitmap>;

/** A picture's name. */
export type IconName = keyof typeof ICONS;
