/** The Redfish resources that power control reads, as far as it reads them (DMTF DSP0266 and DSP2046). Pure: JSON to facts. */
import * as v from "valibot";
import type { PowerState } from "../core/power-port.ts";

/** A link to another resource. Only a path is followed: a BMC has no business to send the box, and a password, elsewhere. */
const Link = v.object({ "@odata.id": v.pipe(v.string(), v.regex(/^\/[!-~]*$/), v.maxLength(500)) });
const Words = v.array(v.string());

/** `GET /redfish/v1/`: where the systems are, and where a session is opened. */
export const Root = v.object({
  Systems: Link,
  Links: v.optional(v.object({ Sessions: v.optional(Link) })),
});

/** A collection, by its first page. */
export const Collection = v.object({ Members: v.array(Link) });

/** What a reset can be asked for, where the system says so by a resource of its own. */
export const ActionInfo = v.object({
  Parameters: v.array(v.object({ Name: v.string(), AllowableValues: v.optional(Words) })),
});

/** The LED by which a resource is found. In the newer schemas it is the first, in older ones the second, and some tell of both (DSP2046). */
const LED = {
  LocationIndicatorActive: v.fallback(v.nullish(v.boolean()), null),
  IndicatorLED: v.fallback(v.nullish(v.string()), null),
};

/** A chassis: what a system is in. */
export const Chassis = v.object({ "@odata.etag": v.optional(v.string()), ...LED });

/** A computer system. */
export const System = v.object({
  ...LED,
  Links: v.fallback(v.optional(v.object({ Chassis: v.optional(v.array(Link)) })), {}),
  "@odata.id": v.optional(v.string()),
  "@odata.etag": v.optional(v.string()),
  PowerState: v.nullish(v.string()),
  Boot: v.nullish(
    v.object({
      BootSourceOverrideMode: v.nullish(v.string()),
      "BootSourceOverrideTarget@Redfish.AllowableValues": v.optional(Words),
    }),
  ),
  Actions: v.optional(
    v.object({
      "#ComputerSystem.Reset": v.optional(
        v.object({
          target: v.pipe(v.string(), v.regex(/^\/[!-~]*$/)),
          "ResetType@Redfish.AllowableValues": v.optional(Words),
          "@Redfish.ActionInfo": v.optional(v.string()),
        }),
      ),
    }),
  ),
  "@Redfish.Settings": v.optional(v.object({ SettingsObject: v.optional(Link) })),
});
/** A computer system. */
export type System = v.InferOutput<typeof System>;

/** How a system is asked to start, to stop and to start anew: the first of these that it allows. */
export const RESETS = {
  on: ["On", "ForceOn"],
  off: ["ForceOff", "GracefulShutdown"],
  cycle: ["ForceRestart", "PowerCycle", "GracefulRestart"],
} as const;

/** The reset type for a wish; null when the system allows none. One that does not say what it allows is asked for the usual. */
export const chooseReset = (wish: keyof typeof RESETS, allowed: readonly string[] | null): string | null => {
  const [usual] = RESETS[wish];
  return allowed === null ? usual : (RESETS[wish].find((type) => allowed.includes(type)) ?? null);
};

const STATES: Readonly<Record<string, PowerState>> = { On: "on", Off: "off" };

/** `PoweringOn`, `PoweringOff`, `Paused`, nothing at all: unknown. */
export const powerStateOf = (system: System): PowerState => STATES[system.PowerState ?? ""] ?? "unknown";

const Problem = v.object({
  error: v.object({
    message: v.optional(v.string()),
    "@Message.ExtendedInfo": v.optional(v.array(v.object({ Message: v.optional(v.string()) }))),
  }),
});

/** What a BMC says of its refusal; empty when it says nothing that is understood. */
export const problemOf = (json: unknown): string => {
  const problem = v.safeParse(Problem, json);
  if (!problem.success) return "";
  const { message, "@Message.ExtendedInfo": infos = [] } = problem.output.error;
  return infos.find(({ Message }) => Message !== undefined && Message !== "")?.Message ?? message ?? "";
};

/**
 * The bodies by which one network boot is asked for, best first. The mode is the one that the system boots in already: some refuse a change of it, and
 * some refuse to be told it at all.
 */
export const bootOnceBodies = (system: System): readonly object[] => {
  const once = { BootSourceOverrideEnabled: "Once", BootSourceOverrideTarget: "Pxe" };
  const mode = system.Boot?.BootSourceOverrideMode;
  const inMode = mode === "UEFI" || mode === "Legacy" ? [{ Boot: { ...once, BootSourceOverrideMode: mode } }] : [];
  return [...inMode, { Boot: once }];
};

/** Where a boot override is written: the system; else the resource of its pending settings, by its link or by the names that vendors use. */
export const settingsPaths = (path: string, system: System): readonly string[] => {
  const linked = system["@Redfish.Settings"]?.SettingsObject?.["@odata.id"];
  const base = path.replace(/\/$/, "");
  return [path, ...new Set([...(linked === undefined ? [] : [linked]), `${base}/Settings`, `${base}/SD`])];
};

/** Values for `If-Match`, in the order in which they are tried: as told, strong (some give a weak one and want the other), none. */
export const matchHeaders = (etag: string | undefined): readonly Readonly<Record<string, string>>[] => {
  if (etag === undefined || etag === "") return [{}];
  const strong = etag.replace(/^W\//, "");
  return [{ "if-match": etag }, ...(strong === etag ? [] : [{ "if-match": strong }]), {}];
};

/** What a resource tells of its LED. */
export type Led = Pick<System, "LocationIndicatorActive" | "IndicatorLED">;

/** The bodies by which an LED is switched, best first; none for a resource without one. Some know but a steady light. */
export const ledBodies = ({ LocationIndicatorActive, IndicatorLED }: Led, on: boolean): readonly object[] => [
  ...(typeof LocationIndicatorActive === "boolean" ? [{ LocationIndicatorActive: on }] : []),
  ...(typeof IndicatorLED === "string" ? (on ? ["Blinking", "Lit"] : ["Off"]) : []).map((word) => ({
    IndicatorLED: word,
  })),
];

/** Whether an LED is already as it is to be. */
export const isLed = ({ LocationIndicatorActive, IndicatorLED }: Led, on: boolean): boolean =>
  typeof LocationIndicatorActive === "boolean"
    ? LocationIndicatorActive === on
    : IndicatorLED === (on ? "Blinking" : "Off");
