/** Hosts in the database. */
import { and, asc, eq, isNull, or } from "drizzle-orm";
import type { HostRow } from "../core/record.ts";
import type { Db, Unit } from "./open.ts";
import { hosts } from "./schema-hosts.ts";

/** Registered hosts by name. */
export const loadHosts = (db: Db): Promise<HostRow[]> =>
  db.select().from(hosts).where(isNull(hosts.removedMs)).orderBy(asc(hosts.name));

/** A host by its id, also a removed one: its runs still name it. */
export const loadHost = async (db: Db, id: string): Promise<HostRow | null> =>
  (await db.select().from(hosts).where(eq(hosts.id, id)))[0] ?? null;

/** The registered host of a MAC. */
export const loadHostByMac = async (db: Db, mac: string): Promise<HostRow | null> =>
  (
    await db
      .select()
      .from(hosts)
      .where(and(eq(hosts.mac, mac), isNull(hosts.removedMs)))
  )[0] ?? null;

/** A registered host by id, MAC or name, in this order of preference. */
export const findHost = async (db: Db, ref: string): Promise<HostRow | null> => {
  const mac = ref.toLowerCase();
  const found = await db
    .select()
    .from(hosts)
    .where(and(isNull(hosts.removedMs), or(eq(hosts.id, ref), eq(hosts.mac, mac), eq(hosts.name, ref))));
  return found.find((h) => h.id === ref) ?? found.find((h) => h.mac === mac) ?? found[0] ?? null;
};

/** A registered host that has this name or this MAC. */
export const loadHostTaking = async (db: Db, name: string, mac: string): Promise<HostRow | null> =>
  (
    await db
      .select()
      .from(hosts)
      .where(and(isNull(hosts.removedMs), or(eq(hosts.name, name), eq(hosts.mac, mac))))
  )[0] ?? null;

/** Adds a host. */
export const saveNewHost = ({ db, put, tell }: Unit, host: HostRow): void => {
  put(db.insert(hosts).values(host));
  tell({ kind: "host", hostId: host.id, runId: null });
};

/** Marks a host as removed. */
export const saveHostRemoved = ({ db, put, tell }: Unit, id: string, nowMs: number): void => {
  put(db.update(hosts).set({ removedMs: nowMs }).where(eq(hosts.id, id)));
  tell({ kind: "host", hostId: id, runId: null });
};

/** Sets or removes a host's expected spec. */
export const saveHostSpec = ({ db, put, tell }: Unit, id: string, specYaml: string | null): void => {
  put(db.update(hosts).set({ specYaml }).where(eq(hosts.id, id)));
  tell({ kind: "host", hostId: id, runId: null });
};
