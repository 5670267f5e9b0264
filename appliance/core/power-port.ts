/** Management controllers (BMCs) as the box knows them: where one is, what may be asked of it, and what it may answer. Pure. */

/** The languages that the box speaks with a BMC. */
export const BMC_KINDS = ["redfish", "ipmi"] as const;
/** A language of a BMC. */
export type BmcKind = (typeof BMC_KINDS)[number];

/** The ports on which each kind listens: HTTPS, and RMCP (IPMI 2.0, 13.1.1). */
export const BMC_PORTS: Record<BmcKind, number> = { redfish: 443, ipmi: 623 };

/** Where a host's BMC is and as whom the box speaks with it. */
export interface BmcPlace {
  readonly hostId: string;
  readonly kind: BmcKind;
  /** An IP address. A name would let whoever answers for it have the password. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
}

/** A BMC with all that a call needs. It never leaves the box's memory. */
export interface BmcAccess extends BmcPlace {
  readonly password: string;
  /** SHA-256 of its certificate in hex, taken at the first contact; null before it, and for IPMI, which has none. */
  readonly pin: string | null;
}

/** Why a BMC did not do what it was asked. */
export const BMC_TROUBLES = [
  "unreachable",
  "timeout",
  "refused-login",
  "no-rights",
  "other-certificate",
  "not-a-bmc",
  "unsupported",
  "busy",
  "failed",
] as const;
/** Why a BMC did not do what it was asked. */
export type BmcTroubleCode = (typeof BMC_TROUBLES)[number];

/** A BMC's failure: expected in every rack, so a value. The message is for a person and holds no secret. */
export interface BmcTrouble {
  readonly code: BmcTroubleCode;
  readonly message: string;
}

/** What a BMC answered. */
export type BmcAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly trouble: BmcTrouble };

/** Whether the host is powered, as its BMC says. Between the two it is unknown. */
export type PowerState = "on" | "off" | "unknown";

/** What may be asked of one BMC, whichever language it speaks. Calls to one BMC are made one after another, each with its own deadline. */
export interface PowerPort {
  state(signal: AbortSignal): Promise<BmcAnswer<PowerState>>;
  on(signal: AbortSignal): Promise<BmcAnswer<true>>;
  /** Cuts the power at once: the host has no say. */
  off(signal: AbortSignal): Promise<BmcAnswer<true>>;
  /** Off and on again, of a host that is on. */
  cycle(signal: AbortSignal): Promise<BmcAnswer<true>>;
  /** The next boot alone is from the network. */
  bootOnce(target: "pxe", signal: AbortSignal): Promise<BmcAnswer<true>>;
  /** The LED by which the host is found among others blinks, or ends. A BMC may forget it, at the latest when it starts anew. */
  identify(on: boolean, signal: AbortSignal): Promise<BmcAnswer<true>>;
}

/** Opens the port of a BMC. `pinned` is told the certificate that was taken at the first contact. */
export type OpenPower = (access: BmcAccess, pinned: (pin: string) => Promise<void>) => PowerPort;

/** What an operator may ask of a host's power. `status` changes nothing. */
export const POWER_VERBS = ["status", "on", "off", "cycle", "pxe", "identify-on", "identify-off"] as const;
/** What an operator may ask of a host's power. */
export type PowerVerb = (typeof POWER_VERBS)[number];

/** Verbs that take a running host's power away. */
export const CUTS_POWER: ReadonlySet<PowerVerb> = new Set(["off", "cycle"]);

/** What was done about a host's power: `wake` is a magic packet, all else went through its BMC. */
export const POWER_DEEDS = ["wake", ...POWER_VERBS] as const;
/** What was done about a host's power. */
export type PowerDeed = (typeof POWER_DEEDS)[number];

/** One thing that was done about a host's power. The same again with the same end is one act with a higher count. */
export interface PowerAct {
  readonly deed: PowerDeed;
  /** `box`, or the operator's name and place. */
  readonly by: string;
  readonly ok: boolean;
  /** What the BMC said: `on`, `off`, or what went wrong. */
  readonly detail: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly count: number;
}

/** What surfaces show of a host's BMC: everything but the password. */
export interface BmcView {
  readonly kind: BmcKind;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** When and by whom it was set, the password with it. */
  readonly setMs: number;
  readonly setBy: string;
  /** SHA-256 of the certificate that the box trusts; null before the first contact and for IPMI. */
  readonly pin: string | null;
}
