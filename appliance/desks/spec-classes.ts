/** Classes of specs: what operators ask about them. No change of a class leaves a host with a spec that cannot be read. */
import { setImmediate } from "node:timers/promises";
import { accept, refuse } from "../core/answer.ts";
import type { Answer } from "../core/ports.ts";
import { CLASS_NAME, inheritedBy } from "../core/spec/classes.ts";
import { findBreak, type Heir, heirsOf } from "../core/spec/heirs.ts";
import { parseSpec } from "../core/spec/spec.ts";
import type { SpecClassView } from "../core/views.ts";
import { saveAct } from "../store/audit.ts";
import { loadHosts } from "../store/hosts.ts";
import type { Db } from "../store/open.ts";
import { loadClasses, loadSpecClasses, removeSpecClass, saveSpecClass } from "../store/spec-classes.ts";
import { nowOf, type Office } from "./office.ts";

/** More than any site has; each change is tried on every heir. */
const MAX_CLASSES = 256;
/** Heirs that a refusal names. */
const MAX_NAMED = 5;

const hostHeirs = async (db: Db): Promise<readonly Heir[]> =>
  (await loadHosts(db)).flatMap(({ name, specYaml }) =>
    specYaml === null ? [] : [{ kind: "host", name, yaml: specYaml }],
  );

/** Everybody who may inherit a class: the hosts, and the other classes. */
const heirs = async (db: Db, name: string): Promise<readonly Heir[]> => [
  ...(await hostHeirs(db)),
  ...(await loadSpecClasses(db)).flatMap((row): Heir[] =>
    row.name === name ? [] : [{ kind: "class", name: row.name, yaml: row.yaml }],
  ),
];

/** Adds a class or replaces its text. */
export const setClass = (office: Office, name: string, yaml: string, by: string): Promise<Answer<true>> =>
  office.store.turn(async (unit) => {
    if (!CLASS_NAME.test(name))
      return refuse(
        "invalid",
        "A class is named by up to 64 small letters, digits, dots, dashes and underscores.",
        "name",
      );
    const before = await loadClasses(unit.db);
    if (!before.has(name) && before.size >= MAX_CLASSES)
      return refuse("too-large", `The box keeps at most ${MAX_CLASSES} classes.`);
    const after = new Map([...before, [name, yaml]]);
    const own = parseSpec(yaml, after);
    if (!own.ok) return own;
    for (const heir of await heirs(unit.db, name)) {
      const detail = findBreak(name, before, after, heir);
      if (detail !== null)
        return refuse("in-use", `With it the spec of the ${heir.kind} ${heir.name} would be wrong: ${detail}`);
      await setImmediate(); // some 10 ms for each heir: others may speak between
    }
    const atMs = nowOf(office);
    saveSpecClass(unit, { name, yaml, changedMs: atMs });
    saveAct(unit, { atMs, by, what: "spec-class-set", detail: `${name}, ${yaml.length} characters` });
    return accept(true);
  });

/** Removes a class that nobody inherits. */
export const removeClass = (office: Office, name: string, by: string): Promise<Answer<true>> =>
  office.store.turn(async (unit) => {
    const classes = await loadClasses(unit.db);
    if (!classes.has(name)) return refuse("not-found", "There is no class of this name.");
    const users = heirsOf(name, classes, await heirs(unit.db, name));
    if (users.length > 0) {
      const named = users.slice(0, MAX_NAMED).map((heir) => `${heir.kind} ${heir.name}`);
      const more = users.length > MAX_NAMED ? ` and ${users.length - MAX_NAMED} more` : "";
      return refuse("in-use", `It is inherited by ${named.join(", ")}${more}.`);
    }
    removeSpecClass(unit, name);
    saveAct(unit, { atMs: nowOf(office), by, what: "spec-class-removed", detail: name });
    return accept(true);
  });

/** All classes with those who inherit them. */
export const listClasses = async (db: Db): Promise<readonly SpecClassView[]> => {
  const rows = await loadSpecClasses(db);
  const classes = await loadClasses(db);
  const hosts = (await hostHeirs(db)).map(({ name, yaml }) => ({ name, inherits: inheritedBy(yaml, classes) }));
  return rows.map(({ name, yaml, changedMs }) => ({
    name,
    changedMs,
    inherits: [...inheritedBy(yaml, classes)],
    hosts: hosts.flatMap((host) => (host.inherits.has(name) ? [host.name] : [])),
  }));
};
