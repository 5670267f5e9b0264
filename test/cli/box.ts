/** The command line against the real operator API on a unix socket, over desks of which only the planned calls may be made. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Surroundings } from "../../appliance/cli/terminal.ts";
import { runCli } from "../../appliance/cli.ts";
import type { OperatorDesk, ReadModel } from "../../appliance/core/ports.ts";
import { type Listener, serveApp } from "../../appliance/http/edge.ts";
import { fakeDesk, fakeLog } from "../../appliance/http/fake-desk.ts";
import { fakeHost, fakeRun } from "../../appliance/http/fake-views.ts";
import { createOperatorApp } from "../../appliance/http/operator-app.ts";

/** What every command line of these tests takes for now. */
export const NOW_MS = Date.UTC(2026, 10, 20, 10, 5);

/** What tests opened, to be closed after each. */
const closers: (() => Promise<unknown>)[] = [];

/** Closes what a test opened. */
export const closeAll = async (): Promise<void> => {
  for (const close of closers.splice(0).reverse()) await close();
};

/** A folder that goes with the test. */
export const tempDir = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), "vetbox-cli-"));
  closers.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
};

/** Runs one command line and gives everything it wrote. */
export const runLine = async (words: readonly string[], change: Partial<Surroundings> = {}) => {
  let out = "";
  let err = "";
  const code = await runCli(words, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: {},
    isTerminal: false,
    readInput: async () => "",
    nowMs: () => NOW_MS,
    signal: new AbortController().signal,
    ...change,
  });
  return { code, out, err };
};

/** A box on a socket, and a way to run command lines against it. */
export const openBox = async (reads: Partial<ReadModel>, desk: Partial<OperatorDesk> = {}) => {
  const unix = join(await tempDir(), "operator.sock");
  const app = createOperatorApp({
    desk: fakeDesk<OperatorDesk>("desk", desk),
    reads: fakeDesk<ReadModel>("reads", {
      host: async (ref) => (ref === "r07-u12" ? fakeHost() : null),
      run: async () => fakeRun(),
      ...reads,
    }),
    log: fakeLog().log,
  });
  let listener: Listener = await serveApp(app, { unix });
  closers.push(() => listener.stop());
  return {
    unix,
    restart: async () => {
      await listener.stop();
      listener = await serveApp(app, { unix });
    },
    run: (words: readonly string[], change: Partial<Surroundings> = {}) =>
      runLine(words, { env: { VETBOX_URL: `unix:${unix}` }, ...change }),
  };
};
