import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../test/setup/packages.ts";
import { OFF, RUN, steered } from "./fakes/agent.ts";
import { createFakeBox, FAKE, type FakeBox } from "./fakes/box.ts";
import { type FakeCertificate, makeCertificates } from "./fakes/certificate.ts";
import { fakeSystem } from "./fakes/system.ts";
import { runAgent } from "./loop.ts";
import { systemClock } from "./system/clock.ts";

beforeAll(() => needPackages(["openssl"]));

let dir: string;
let stop: AbortController;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-tls-"));
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  rmSync(dir, { recursive: true, force: true });
});

/** The scripted box behind a real TLS server. */
const serve = ({ key, cert }: FakeCertificate, box: FakeBox) =>
  Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    tls: { key, cert },
    fetch: async (request) => {
      const method = request.method === "GET" ? "GET" : "POST";
      const headers = Object.fromEntries(request.headers);
      return box.fetch(request.url, { method, headers, body: await request.bytes(), signal: request.signal });
    },
  });

describe("runAgent over real TLS", () => {
  test("goes from hello to power off, and a command on the stream reaches a running stage at once", async () => {
    const { ours } = makeCertificates();
    const box = createFakeBox(RUN);
    box.afterResult.set("CPUStress 1", OFF);
    await using server = serve(ours, box);
    const stage = steered();
    const opened = Promise.withResolvers<void>();
    box.fate = ({ call }) => {
      if (call === "commands") opened.resolve();
      return "deliver";
    };
    const off = Promise.withResolvers<void>();
    const end = runAgent({
      identity: { ...FAKE, url: `https://127.0.0.1:${server.port}`, pin: ours.pin },
      system: { ...fakeSystem(), clock: systemClock },
      stateDir: join(dir, "state"),
      rootDir: join(dir, "root"),
      powerOff: async () => off.resolve(),
      signal: stop.signal,
      // what runs here is no real CPU load, whatever the catalog has
      specOf: () => undefined,
      runners: {
        CPUStress: async (context) => {
          context.artifact("stress.txt", "begun");
          await opened.promise;
          // The stream's headers are on their way by now; the command follows them on the same connection.
          setImmediate(() => box.send({ id: 3, cmd: "cancel_stage" }));
          return stage.runner(context);
        },
      },
    });
    await off.promise;
    expect(await end).toBe("off");
    expect(stage.contexts[0]?.signal.aborted).toBe(true);
    expect(box.results.get("CPUStress 1")?.outcome).toBe("cancelled");
    expect(box.artifacts.get("CPUStress 1 stress.txt")).toBe("begun");
    expect(box.surprises).toEqual([]);
  });
});
