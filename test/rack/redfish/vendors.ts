/**
 * How BMCs of several makers differ in what power control touches, as data. Each row is a composite of what the makers' own documents and clients of many
 * sites (DMTF's Tacklebox, OpenStack's sushy) say of them, and no recording of one machine.
 */

/** The ways of one BMC. */
export interface Vendor {
  /** Paths of the systems, in the order of the collection. The last can be reset. */
  readonly systems: readonly [string, ...string[]];
  /** Sessions are offered with a link, not at all, or their table is full. */
  readonly sessions: "offered" | "absent" | "full";
  /** `If-Match`: not looked at; wanted as given; given weak and wanted strong. */
  readonly etag: "ignored" | "wanted" | "weak";
  /** Where the reset types are told: beside the action, in a resource of their own, nowhere. */
  readonly allows: "beside" | "info" | "nowhere";
  readonly resets: readonly string[];
  /** Where a boot override is written. */
  readonly override: "system" | "Settings" | "SD" | "linked";
  /** The mode that it tells; null when it knows none. */
  readonly mode: "UEFI" | "Legacy" | null;
  /** Answers 400 to a body that names the mode. */
  readonly refusesMode: boolean;
  /** Paths of the chassis that the system is linked to. */
  readonly chassis: readonly string[];
  /** The LED by which the server is found; null when it has none. */
  readonly led: Led | null;
}

/** An LED: the resource that switches it, which is the system or the last chassis. */
export interface Led {
  readonly at: "system" | "chassis";
  /** The system shows it, and refuses to switch it. */
  readonly mirrored: boolean;
  readonly names: readonly ("LocationIndicatorActive" | "IndicatorLED")[];
  /** What `IndicatorLED` may be set to. */
  readonly words: readonly string[];
}

/** The vendors. */
export const VENDORS = {
  dell: {
    systems: ["/redfish/v1/Systems/System.Embedded.1"],
    sessions: "offered",
    etag: "ignored",
    allows: "beside",
    resets: ["On", "ForceOff", "ForceRestart", "GracefulShutdown", "PushPowerButton", "Nmi", "PowerCycle"],
    override: "system",
    mode: "UEFI",
    refusesMode: true,
    chassis: ["/redfish/v1/Chassis/System.Embedded.1"],
    led: { at: "chassis", mirrored: true, names: ["IndicatorLED"], words: ["Blinking", "Off"] },
  },
  hpe: {
    systems: ["/redfish/v1/Systems/1/"],
    sessions: "offered",
    etag: "weak",
    allows: "beside",
    resets: ["On", "ForceOff", "GracefulShutdown", "ForceRestart", "Nmi", "PushPowerButton"],
    override: "system",
    mode: "UEFI",
    refusesMode: false,
    chassis: ["/redfish/v1/Chassis/1"],
    led: { at: "system", mirrored: false, names: ["IndicatorLED"], words: ["Lit", "Off"] },
  },
  supermicro: {
    systems: ["/redfish/v1/Systems/1"],
    sessions: "full",
    etag: "wanted",
    allows: "info",
    resets: ["On", "ForceOff", "GracefulShutdown", "GracefulRestart", "ForceRestart", "Nmi", "ForceOn"],
    override: "system",
    mode: "Legacy",
    refusesMode: false,
    chassis: ["/redfish/v1/Chassis/1"],
    led: { at: "chassis", mirrored: false, names: ["IndicatorLED"], words: ["Blinking", "Lit", "Off"] },
  },
  lenovo: {
    systems: ["/redfish/v1/Systems/Self"],
    sessions: "offered",
    etag: "ignored",
    allows: "beside",
    resets: ["On", "ForceOff", "PowerCycle"],
    override: "SD",
    mode: "UEFI",
    refusesMode: false,
    chassis: ["/redfish/v1/Chassis/1"],
    led: { at: "system", mirrored: false, names: ["LocationIndicatorActive", "IndicatorLED"], words: ["Lit", "Off"] },
  },
  accelerators: {
    systems: ["/redfish/v1/Systems/Baseboard_0", "/redfish/v1/Systems/System_0"],
    sessions: "offered",
    etag: "ignored",
    allows: "nowhere",
    resets: ["On", "ForceOff", "ForceRestart"],
    override: "linked",
    mode: "UEFI",
    refusesMode: false,
    chassis: ["/redfish/v1/Chassis/Baseboard_0", "/redfish/v1/Chassis/Chassis_0"],
    led: { at: "chassis", mirrored: false, names: ["LocationIndicatorActive"], words: [] },
  },
  minimal: {
    systems: ["/redfish/v1/Systems/1"],
    sessions: "absent",
    etag: "ignored",
    allows: "beside",
    resets: ["On", "ForceOff"],
    override: "system",
    mode: null,
    refusesMode: false,
    chassis: [],
    led: null,
  },
} as const satisfies Record<string, Vendor>;
/** A vendor's name. */
export type VendorName = keyof typeof VENDORS;
