/** The pages behind the operator API's own guards and live stream, over a box that a test changes. */
import pino from "pino";
import type { EdgeEnv, Listener } from "../../appliance/http/edge.ts";
import { serveApp } from "../../appliance/http/edge.ts";
import { isOwnHost } from "../../appliance/http/guard.ts";
import { createOperatorApp } from "../../appliance/http/operator-app.ts";
import { createWebApp } from "../../web/app.tsx";
import { NOW_MS } from "../../web/fixtures/clock.ts";
import { FakeBox } from "../../web/fixtures/fake-box.ts";

/** A box that serves. */
export interface Served extends AsyncDisposable {
  readonly box: FakeBox;
  readonly url: string;
  /** Closes the listener with every connection, and opens it again at the same port. */
  cut(): Promise<void>;
  resume(): Promise<void>;
}

/** Serves a fake box on a free port of loopback. */
export const serveBox = async (): Promise<Served> => {
  const box = new FakeBox();
  const pages = createWebApp<EdgeEnv>({
    reads: box.reads,
    operators: box.operators,
    by: () => "operator@test",
    ownHost: (host) => isOwnHost(host, []),
    now: () => NOW_MS,
  });
  const app = createOperatorApp({ desk: box.operators, reads: box.reads, log: pino({ level: "silent" }), pages });
  const listen = (port: number): Promise<Listener> => serveApp(app, { hostname: "127.0.0.1", port });
  let listener = await listen(0);
  const { port, url } = listener;
  return {
    box,
    url,
    cut: () => listener.stop(),
    resume: async () => {
      listener = await listen(port);
    },
    [Symbol.asyncDispose]: () => listener.stop(),
  };
};
