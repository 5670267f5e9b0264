/** The build's own folder, outside the repository: what it fetched and made, and where it works. */
import { homedir } from "node:os";

/** A folder below the user's cache (XDG base directory specification). */
export const cacheFolder = (name: "debs" | "bases"): string =>
  `${process.env["XDG_CACHE_HOME"] || `${homedir()}/.cache`}/vetbox/${name}`;
