/** Carries the box's pages out of its namespace: a loopback port of this machine, joined to the box's Unix socket. */
import { connect, createServer, type Server, type Socket } from "node:net";

/** A forwarded port. */
export interface Forward extends AsyncDisposable {
  /** `http://127.0.0.1:8088`. */
  readonly url: string;
}

const listen = (server: Server, port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause: Error & { code?: string }) =>
      cause.code === "EADDRINUSE" && port !== 0 ? resolve(false) : reject(cause),
    );
    server.listen(port, "127.0.0.1", () => resolve(true));
  });

/** Opens the port, or any free one if it is taken. */
export const openForward = async (socketPath: string, wantedPort: number): Promise<Forward> => {
  const sockets = new Set<Socket>();
  const accept = (inward: Socket): void => {
    const outward = connect(socketPath);
    for (const [from, to] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      sockets.add(from);
      // Either end may go at any time; the other one follows.
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  };
  let server = createServer(accept);
  if (!(await listen(server, wantedPort))) {
    server = createServer(accept);
    await listen(server, 0);
  }
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : wantedPort;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};
