/** Which agent this is. */

/** Set by `build.ts` when it compiles; absent when the source itself runs. */
declare const VETBOX_AGENT_VERSION: string | undefined;

/** `0.1.0+3f2a91c0d4e5`: the package's version and the hash of the sources. */
export const VERSION: string = typeof VETBOX_AGENT_VERSION === "string" ? VETBOX_AGENT_VERSION : "source";
