/** Serves models of USB devices over USB/IP: a kernel with vhci_hcd that imports one has it on a bus of its own, and cannot tell it from a plugged one. */
import { openSession, type Served, type Session } from "./session.ts";

/** The server. */
export interface UsbIpServer extends Disposable {
  /**
   * Takes a device off the bus: whoever had it loses the connection, as a kernel loses a device that is pulled. A moment with no request under way is
   * waited for: a host controller fails such a request at once, while vhci_hcd lets it run into a timeout of five seconds.
   */
  unplug(busId: string): Promise<void>;
  /** Puts it back. */
  plug(busId: string): void;
  /** Whether a client has the device. */
  isImported(busId: string): boolean;
  /** Why streams could not be read, in their order. */
  readonly faults: readonly string[];
}

/** A client that asks for nothing in so long a time has no request under way. */
const QUIET_MS = 150;

interface Client {
  /** Called after each answer. */
  onAnswer: () => void;
  readonly session: Session;
  /** What the kernel's socket had no room for. */
  readonly unsent: Uint8Array[];
  readonly socket: Bun.Socket<Client | undefined>;
}

/** Sends what waits, as far as there is room. */
const flush = ({ unsent, socket }: Client): void => {
  for (let next = unsent[0]; next !== undefined; next = unsent[0]) {
    const sent = Math.max(0, socket.write(next));
    if (sent < next.length) {
      unsent[0] = next.subarray(sent);
      return;
    }
    unsent.shift();
  }
};

/** Listens on a socket of the file system, so that no port is anybody's. */
export const openUsbIpServer = (path: string, devices: readonly Served[]): UsbIpServer => {
  const unplugged = new Set<string>();
  const clients = new Set<Client>();
  const owners = new Map<string, Client>();
  const faults: string[] = [];

  const openClient = (socket: Client["socket"]): Client => {
    const unsent: Uint8Array[] = [];
    const session = openSession({
      plugged: () => devices.filter(({ busId }) => !unplugged.has(busId)),
      claim: ({ busId }) => {
        if (owners.has(busId)) return false;
        owners.set(busId, client);
        return true;
      },
      send: (bytes) => {
        unsent.push(bytes);
        if (unsent.length === 1) flush(client);
        client.onAnswer();
      },
      end: () => void socket.end(),
    });
    const client: Client = { session, unsent, socket, onAnswer: () => {} };
    clients.add(client);
    return client;
  };

  const forget = (client: Client): void => {
    if (!clients.delete(client)) return;
    const own = client.session.close();
    if (own !== null) owners.delete(own);
    if (client.session.fault !== null) faults.push(client.session.fault);
  };

  const listener = Bun.listen<Client | undefined>({
    unix: path,
    socket: {
      open: (socket) => {
        socket.data = openClient(socket);
      },
      data: ({ data: client }, bytes) => client?.session.take(bytes),
      drain: ({ data: client }) => client && flush(client),
      close: ({ data: client }) => client && forget(client),
      error: ({ data: client }) => client && forget(client),
    },
  });

  return {
    unplug: async (busId) => {
      unplugged.add(busId);
      const owner = owners.get(busId);
      if (owner === undefined) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      owner.onAnswer = resolve;
      const quiet = setTimeout(resolve, QUIET_MS);
      await promise;
      clearTimeout(quiet);
      forget(owner);
      owner.socket.end();
    },
    plug: (busId) => void unplugged.delete(busId),
    isImported: (busId) => owners.has(busId),
    faults,
    [Symbol.dispose]: () => {
      for (const client of clients) client.socket.terminate();
      listener.stop(true);
    },
  };
};
