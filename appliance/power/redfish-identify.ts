/** The LED by which a server is found, by Redfish: on the system, or on the chassis that it is in. */
import { type Ask, type Found, patchOneOf, read } from "./redfish-ask.ts";
import { Chassis, isLed, type Led, ledBodies } from "./redfish-resources.ts";
import { BmcFailure } from "./trouble.ts";

/** Chassis that are looked at: a system is linked to its board and its drive cages, too. */
const MAX_CHASSIS = 4;

/** A resource that may have an LED. */
interface Place {
  readonly path: string;
  readonly led: Led;
  readonly etag: string | undefined;
}

/** The system, then what it is in: read when it is asked for. */
async function* placesOf(ask: Ask, { path, system, etag }: Found): AsyncGenerator<Place> {
  yield { path, led: system, etag };
  for (const { "@odata.id": at } of system.Links?.Chassis?.slice(0, MAX_CHASSIS) ?? []) {
    const [led, answer] = await read(ask, at, Chassis);
    yield { path: at, led, etag: answer.headers["etag"] ?? led["@odata.etag"] };
  }
}

/**
 * Lets the LED blink, or ends it. The first that takes it is the one: some show an LED on the system that only the chassis lets be switched. To end it
 * every place is asked that is not dark, for nobody wrote down which one it was.
 */
export const identify = async (ask: Ask, found: Found, on: boolean): Promise<true> => {
  const ends: ("taken" | "so-already" | BmcFailure)[] = [];
  for await (const { path, led, etag } of placesOf(ask, found)) {
    const ways = ledBodies(led, on).map((body) => ({ path, body, etag }));
    if (ways.length === 0) continue;
    const end = isLed(led, on) ? "so-already" : ((await patchOneOf(ask, ways, "switch its identify LED")) ?? "taken");
    if (on && typeof end === "string") return true;
    ends.push(end);
  }
  const refusal = ends.find((end) => typeof end !== "string");
  if (ends.length === 0) throw new BmcFailure("unsupported", "The BMC shows no LED that identifies the server.");
  if (refusal === undefined || ends.includes("taken")) return true;
  const { code, message } = refusal.trouble;
  throw new BmcFailure(code === "failed" ? "unsupported" : code, message);
};
