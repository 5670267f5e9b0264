/** The highest temperature of every sensor that has a limit of its own, while a stage runs. */
import { readHwmonChips } from "../probes/hwmon/collect.ts";
import { parseTemperatures } from "../probes/hwmon/parse.ts";
import type { Files } from "../system/files.ts";
import type { Watch } from "../wire/watch.ts";

/** Keeps the highest readings. */
export interface HighestTemperatures {
  /** Reads all sensors once. */
  take(files: Files): Promise<void>;
  all(): Watch["temperatures"];
}

/** A series with no reading yet. */
export const createHighest = (): HighestTemperatures => {
  const highest = new Map<string, Watch["temperatures"][number]>();
  return {
    take: async (files) => {
      for (const { name, tempC, criticalC } of parseTemperatures(await readHwmonChips(files))) {
        const known = highest.get(name);
        if (criticalC !== undefined && (known === undefined || tempC > known.tempC))
          highest.set(name, { name, tempC, criticalC });
      }
    },
    all: () => [...highest.values()],
  };
};
