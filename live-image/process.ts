/** Running the build's tools: a tool that fails ends the build with its own words. */

/** Options of one tool run. */
export interface ToolOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Bytes for its standard input. */
  readonly input?: Uint8Array<ArrayBuffer>;
}

/** How much of a failed tool's output is worth showing. */
const TAIL_CHARS = 4000;

/** Runs a tool to its end and returns its standard output; throws with the end of what it said when it fails. */
export const runTool = async (argv: readonly string[], options: ToolOptions = {}): Promise<Uint8Array<ArrayBuffer>> => {
  const child = Bun.spawn([...argv], {
    // a fixed locale and zone: sort orders and dates are part of the bits
    env: { ...process.env, LC_ALL: "C", TZ: "UTC", ...options.env },
    stdin: options.input ?? "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).bytes(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) {
    const said = `${new TextDecoder().decode(out).slice(-TAIL_CHARS)}${err.slice(-TAIL_CHARS)}`.trim();
    throw new Error(`${argv.join(" ").slice(0, 300)}: exit ${code}\n${said}`);
  }
  return out;
};

/** The same, its output as text. */
export const readTool = async (argv: readonly string[], options: ToolOptions = {}): Promise<string> =>
  new TextDecoder().decode(await runTool(argv, options));

/** Runs a tool in namespaces of its own: of the network, where not even loopback is up, and of mounts, so that none can be left behind. */
export const runOffline = (argv: readonly string[], options: ToolOptions = {}) =>
  runTool(["unshare", "--net", "--mount", "--", ...argv], options);
