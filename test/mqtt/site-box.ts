/** A box on a real broker: real orchestrator, real database, real MQTT department; the servers are moved by hand. */
import { pino } from "pino";
import { systemClock } from "../../agent/system/clock.ts";
import { openFiles } from "../../agent/system/files.ts";
import { systemRandom } from "../../agent/system/random.ts";
import { type Config, parseConfig } from "../../appliance/config.ts";
import { MQTT_PERIODS } from "../../appliance/mqtt/ports.ts";
import type { Orchestrator } from "../../appliance/orchestrator.ts";
import { openSiteBroker, type SiteBroker } from "../../appliance/site-broker.ts";
import { openStore, type Store } from "../../appliance/store/open.ts";
import { startBox } from "../simulation/box.ts";

/** A test waits for no second. */
export const FAST_PERIODS = {
  ...MQTT_PERIODS,
  ...{ retryMinMs: 10, retryMaxMs: 100, paceMs: 10, telemetryMs: 50, birthJitterMs: 20 },
};

/** How the box is opened. */
export interface SiteBoxOptions {
  /** The database; in memory unless told. */
  readonly path?: string;
  readonly name?: string;
  /** The config's section. */
  readonly mqtt: Readonly<Record<string, unknown>>;
}

/** The open box. */
export interface SiteBox extends AsyncDisposable {
  readonly store: Store;
  readonly box: Orchestrator;
  readonly broker: SiteBroker;
  /** Lines of its log. */
  readonly lines: readonly string[];
  /** Resolves with the first line of its log that has these words. */
  logged(words: string): Promise<string>;
}

/** The config's section as the program has it; a mistake throws. */
export const mqttConfig = (mqtt: Readonly<Record<string, unknown>>): Config["mqtt"] => {
  const answer = parseConfig(JSON.stringify({ mqtt }));
  if (!answer.ok) throw new Error(JSON.stringify(answer.problems));
  return answer.config.mqtt;
};

/** Opens a box. */
export const openSiteBox = async ({ path = ":memory:", name = "box-a", mqtt }: SiteBoxOptions): Promise<SiteBox> => {
  const store = await openStore({ path });
  const lines: string[] = [];
  const looks = new Set<() => void>();
  const write = (line: string): void => {
    lines.push(line);
    for (const look of [...looks]) look();
  };
  const around = { woken: async () => {}, fails: () => false };
  const box = startBox(store, { clock: systemClock, random: systemRandom, around, announces: true });
  const broker = openSiteBroker({
    config: { name, stateDir: "/", mqtt: mqttConfig(mqtt) },
    ...{ store, orchestrator: box, periods: FAST_PERIODS },
    system: { clock: systemClock, random: systemRandom, files: openFiles("/") },
    log: pino({ level: "trace" }, { write }),
  });
  return {
    ...{ store, box, broker, lines },
    logged: (words) =>
      new Promise((resolve) => {
        const look = (): void => {
          const line = lines.find((one) => one.includes(words));
          if (line !== undefined) looks.delete(look);
          if (line !== undefined) resolve(line);
        };
        looks.add(look);
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      await broker[Symbol.asyncDispose]();
      await box[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
};
