/** A Redfish service over real HTTPS, for tests: one host's power behind the ways of a vendor. It tells what it was asked, and can be made to fail. */
import { type BoxCertificate, createCertificate } from "../../../appliance/certificate.ts";
import type { Vendor } from "./vendors.ts";

/** The host behind it. */
export interface Plant {
  isOn(): boolean;
  /** Carries a reset type out. `pxe` is whether the next boot was chosen to be from the network. */
  reset(type: string, pxe: boolean): Promise<void>;
}

/** How it is made. */
export interface RedfishOptions {
  readonly vendor: Vendor;
  readonly plant: Plant;
  readonly user: string;
  readonly password: string;
  readonly address?: string;
  /** Zero is any free one. */
  readonly port?: number;
  /** Path of a socket to serve on, instead of address and port. */
  readonly unix?: string;
  readonly certificate?: BoxCertificate;
  /** Answers in place of all else; null lets the service answer. */
  readonly instead?: (request: Request, path: string) => Promise<Response> | Response | null;
}

/** One request that came. */
export interface Asked {
  readonly line: string;
  readonly login: "none" | "basic" | "session";
  readonly body: unknown;
}

/** The running service. */
export interface RedfishServer extends AsyncDisposable {
  readonly port: number;
  readonly fingerprint: string;
  readonly asked: readonly Asked[];
  /** Sessions that were opened and not closed. */
  openSessions(): number;
  /** The next boot was chosen to be from the network. */
  bootsFromNetwork(): boolean;
  /** Its LED blinks, or shines. */
  isIdentified(): boolean;
}

const ROOT = "/redfish/v1/";
const SYSTEMS = "/redfish/v1/Systems";
const SESSIONS = "/redfish/v1/SessionService/Sessions";
const INFO = "/redfish/v1/ResetActionInfo";

const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  Response.json(body, { status, headers });

const problem = (status: number, message: string): Response =>
  json(
    {
      error: {
        code: "Base.1.12.GeneralError",
        message: "See the info.",
        "@Message.ExtendedInfo": [{ Message: message }],
      },
    },
    status,
  );

const trim = (path: string): string => path.replace(/\/$/, "");

/** The service's state and its answers. */
class Service {
  readonly asked: Asked[] = [];
  readonly sessions = new Set<string>();
  once = false;
  identified = false;
  #count = 0;
  readonly #options: RedfishOptions;

  constructor(options: RedfishOptions) {
    this.#options = options;
  }

  async answer(request: Request): Promise<Response> {
    const path = trim(new URL(request.url).pathname);
    const text = await request.text();
    const body: unknown = text === "" ? null : JSON.parse(text);
    const login = this.#login(request);
    this.asked.push({ line: `${request.method} ${path}`, login: login ?? "none", body });
    const instead = await this.#options.instead?.(request, path);
    if (instead) return instead;
    if (path === trim(ROOT)) return json(this.#root());
    if (path === SESSIONS && request.method === "POST") return this.#openSession(body);
    if (login === null) return problem(401, "The user name or password is wrong.");
    return this.#resource(request, path, body);
  }

  /** How the caller proves who it is; null when it does not. */
  #login(request: Request): Asked["login"] | null {
    const token = request.headers.get("x-auth-token");
    if (token !== null) return this.sessions.has(token) ? "session" : null;
    const { user, password } = this.#options;
    const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    return request.headers.get("authorization") === wanted ? "basic" : null;
  }

  #root(): object {
    const offered = this.#options.vendor.sessions !== "absent";
    const links = offered ? { Links: { Sessions: { "@odata.id": SESSIONS } } } : {};
    return { "@odata.id": ROOT, RedfishVersion: "1.11.0", Systems: { "@odata.id": SYSTEMS }, ...links };
  }

  #openSession(body: unknown): Response {
    const { user, password, vendor } = this.#options;
    const given = JSON.stringify(body);
    if (given !== JSON.stringify({ UserName: user, Password: password }))
      return problem(401, "The user name or password is wrong.");
    if (vendor.sessions === "full") return problem(503, "The number of sessions is at its limit.");
    this.#count += 1;
    const token = `token-${this.#count}`;
    this.sessions.add(token);
    return json({}, 201, { "x-auth-token": token, location: `${SESSIONS}/${token}` });
  }

  async #resource(request: Request, path: string, body: unknown): Promise<Response> {
    const { vendor } = this.#options;
    const main = trim(vendor.systems.at(-1) ?? "");
    if (request.method === "DELETE" && path.startsWith(`${SESSIONS}/`))
      return this.sessions.delete(path.slice(SESSIONS.length + 1))
        ? new Response(null, { status: 204 })
        : problem(404, "");
    if (path === SYSTEMS) return json({ Members: vendor.systems.map((id) => ({ "@odata.id": id })) });
    if (path === INFO) return json({ Parameters: [{ Name: "ResetType", AllowableValues: vendor.resets }] });
    if (request.method === "POST" && path === `${main}/Actions/ComputerSystem.Reset`) return this.#reset(body);
    if (request.method === "PATCH" && /LocationIndicatorActive|IndicatorLED/.test(JSON.stringify(body)))
      return this.#switchLed(request, path, main, body);
    if (request.method === "PATCH") return this.#override(request, path, main, body);
    if (vendor.chassis.includes(path)) return json(this.#led(path, main), 200, this.#etag());
    const system = vendor.systems.find((id) => trim(id) === path);
    if (system === undefined) return problem(404, "There is no such resource.");
    return json(path === main ? this.#system(main) : { "@odata.id": system, PowerState: "On" }, 200, this.#etag());
  }

  #etag(): Readonly<Record<string, string>> {
    const { etag } = this.#options.vendor;
    return etag === "ignored" ? {} : { etag: etag === "weak" ? 'W/"e7"' : '"e7"' };
  }

  #system(main: string): object {
    const { vendor, plant } = this.#options;
    const allowed = {
      beside: { "ResetType@Redfish.AllowableValues": vendor.resets },
      info: { "@Redfish.ActionInfo": INFO },
      nowhere: {},
    }[vendor.allows];
    return {
      "@odata.id": main,
      Links: { Chassis: vendor.chassis.map((id) => ({ "@odata.id": id })) },
      ...this.#led(main, main),
      PowerState: plant.isOn() ? "On" : "Off",
      Boot: {
        BootSourceOverrideEnabled: this.once ? "Once" : "Disabled",
        "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "Pxe", "Hdd", "UefiHttp"],
        ...(vendor.mode === null ? {} : { BootSourceOverrideMode: vendor.mode }),
      },
      Actions: { "#ComputerSystem.Reset": { target: `${main}/Actions/ComputerSystem.Reset`, ...allowed } },
      ...(vendor.override === "linked"
        ? { "@Redfish.Settings": { SettingsObject: { "@odata.id": `${main}/PendingSettings` } } }
        : {}),
    };
  }

  async #reset(body: unknown): Promise<Response> {
    const { vendor, plant } = this.#options;
    const type = typeof body === "object" && body !== null && "ResetType" in body ? String(body.ResetType) : "";
    if (!(vendor.resets as readonly string[]).includes(type)) return problem(400, `${type} is not supported.`);
    if ((type === "On") === plant.isOn()) return problem(409, "Not possible in the present power state.");
    await plant.reset(type, this.once);
    if (type !== "ForceOff") this.once = false;
    return new Response(null, { status: 204 });
  }

  /** The path at which the LED is switched. */
  #ledPath(main: string): string | undefined {
    const { led, chassis } = this.#options.vendor;
    return led?.at === "system" ? main : led === null ? undefined : chassis.at(-1);
  }

  /** What a resource shows of the LED. */
  #led(path: string, main: string): object {
    const { led } = this.#options.vendor;
    if (led === null || !(path === this.#ledPath(main) || (led.mirrored && path === main))) return {};
    const lit = led.words.includes("Blinking") ? "Blinking" : "Lit";
    const shown = { LocationIndicatorActive: this.identified, IndicatorLED: this.identified ? lit : "Off" };
    return Object.fromEntries(led.names.map((name) => [name, shown[name]]));
  }

  #switchLed(request: Request, path: string, main: string, body: unknown): Response {
    if (path !== this.#ledPath(main)) return problem(405, "Not here.");
    const stale = this.#stale(request);
    if (stale !== null) return stale;
    const { led } = this.#options.vendor;
    const taken = [
      ...(led?.names.includes("LocationIndicatorActive")
        ? [true, false].map((on) => [{ LocationIndicatorActive: on }, on] as const)
        : []),
      ...(led?.names.includes("IndicatorLED")
        ? led.words.map((word) => [{ IndicatorLED: word }, word !== "Off"] as const)
        : []),
    ];
    const found = taken.find(([known]) => JSON.stringify(known) === JSON.stringify(body));
    if (found === undefined) return problem(400, "The value is not in the list of acceptable values.");
    this.identified = found[1];
    return new Response(null, { status: 204 });
  }

  /** The refusal of a change that does not say what it has read; null where it does, or nobody asks. */
  #stale(request: Request): Response | null {
    const match = request.headers.get("if-match");
    if (this.#options.vendor.etag === "ignored" || match === '"e7"') return null;
    return match === null ? problem(428, "If-Match is required.") : problem(412, "The resource has changed.");
  }

  #override(request: Request, path: string, main: string, body: unknown): Response {
    const { vendor } = this.#options;
    const place = { system: "", Settings: "/Settings", SD: "/SD", linked: "/PendingSettings" }[vendor.override];
    if (path !== `${main}${place}`) return problem(path === main ? 405 : 404, "Not here.");
    const stale = this.#stale(request);
    if (stale !== null) return stale;
    const text = JSON.stringify(body);
    if (vendor.refusesMode && text.includes("OverrideMode"))
      return problem(400, "BootSourceOverrideMode is read-only.");
    if (vendor.mode !== null && text.includes("OverrideMode") && !text.includes(`"${vendor.mode}"`))
      return problem(400, "The mode cannot be changed here.");
    if (!text.includes('"BootSourceOverrideEnabled":"Once"') || !text.includes('"BootSourceOverrideTarget":"Pxe"'))
      return problem(400, "Enabled and Target are set together.");
    this.once = true;
    return json({});
  }
}

/** Starts the service. */
export const openRedfishServer = (options: RedfishOptions): RedfishServer => {
  const service = new Service(options);
  const address = options.address ?? "127.0.0.1";
  const certificate = options.certificate ?? createCertificate({ address, name: "bmc" });
  const server = Bun.serve({
    ...(options.unix === undefined ? { hostname: address, port: options.port ?? 0 } : { unix: options.unix }),
    tls: { cert: certificate.cert, key: certificate.key },
    fetch: (request) => service.answer(request),
  });
  return {
    port: server.port ?? 0,
    fingerprint: certificate.fingerprintSha256,
    asked: service.asked,
    openSessions: () => service.sessions.size,
    bootsFromNetwork: () => service.once,
    isIdentified: () => service.identified,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
};

/** A host that is a switch: for tests that need no more. */
export const openSwitch = (on: boolean) => {
  const resets: string[] = [];
  let isOn = on;
  return {
    resets,
    isOn: () => isOn,
    reset: async (type: string, pxe: boolean) => {
      resets.push(pxe ? `${type} from the network` : type);
      isOn = !/Off|Shutdown/.test(type);
    },
  };
};
