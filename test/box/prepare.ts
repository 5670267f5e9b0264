/** What a box with virtual servers needs before it starts: packages, the agent and the live image. */
import { resolve } from "node:path";
import { needPackages } from "../setup/packages.ts";
import { BOX_PACKAGES, RACK_PACKAGES } from "./packages.ts";

/** Builds are programs of their own: their progress goes to stderr, and stdout stays the caller's. */
const build = async (script: string): Promise<void> => {
  const child = Bun.spawn([process.execPath, resolve(import.meta.dir, "../..", script)], {
    stdin: "ignore",
    stdout: 2,
    stderr: "inherit",
  });
  if ((await child.exited) !== 0) throw new Error(`${script} failed; its last lines say why`);
};

/** Installs packages and builds agent and image; what is there already is kept. Throws when not root, or when a build fails. */
export const prepareRack = async (): Promise<void> => {
  if (process.getuid?.() !== 0)
    throw new Error("virtual servers need network namespaces and a DHCP server in one: run this as root (sudo)");
  await needPackages([...BOX_PACKAGES, ...RACK_PACKAGES]);
  await build("agent/build.ts");
  await build("live-image/build.ts");
};
