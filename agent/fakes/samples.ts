/** Real output of each tool, from the folders of the probes and from recorded servers: what property tests cut up and the bench reads. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

const AGENT = join(import.meta.dir, "..");

/** One output. */
export interface Sample {
  readonly name: string;
  readonly text: string;
}

/**
 * All outputs of a tool: `probes/TOOL/fixtures/*`, for a tool of several outputs as `ipmitool-fru` also `probes/ipmitool/fixtures/fru*`, and what recordings
 * of whole servers hold of it.
 */
export const loadSamples = (tool: string): readonly Sample[] => {
  const [first, ...rest] = tool.split("-");
  const patterns = [
    `probes/${tool}/fixtures/*`,
    ...(rest.length > 0 ? [`probes/${first}/fixtures/${rest.join("-")}*`] : []),
    `stages/inventory/fixtures/*/*-${tool}.stdout`,
  ];
  const paths = patterns.flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: AGENT })].sort());
  return paths
    .filter((path) => !path.endsWith(".md"))
    .map((path) => ({ name: basename(path), text: readFileSync(join(AGENT, path), "utf8") }));
};
