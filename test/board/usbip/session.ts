/** One client of the USB/IP server: what comes in as bytes is answered in bytes. Knows no socket. */
import { type DeviceFacts, recordOf, type UsbDevice } from "./device.ts";
import {
  type Decoded,
  type DeviceRecord,
  decodeCommand,
  decodeOperation,
  type Operation,
  renderImportReply,
  renderListReply,
} from "./protocol.ts";
import { openTransfers, type Transfers } from "./transfers.ts";

/** A model, what it is, and where on the bus it is plugged in. */
export interface Served {
  readonly busId: string;
  readonly deviceNumber: number;
  readonly speed: number;
  readonly facts: DeviceFacts;
  readonly device: UsbDevice;
}

/** What a session sees of the server. */
export interface SessionSeat {
  /** What is plugged in now. */
  readonly plugged: () => readonly Served[];
  /** Takes a device for this client alone; false when another one has it. */
  readonly claim: (served: Served) => boolean;
  readonly send: (bytes: Uint8Array) => void;
  /** Ends the connection. */
  readonly end: () => void;
}

/** A client's session. */
export interface Session {
  /** The next bytes of its stream, cut anywhere. */
  take(bytes: Uint8Array): void;
  /** The connection is gone. Answers with the bus id of the device that was its own. */
  close(): string | null;
  /** Why its stream could not be read, once that was so. */
  readonly fault: string | null;
}

/** Every model is on the same bus. */
const BUS_NUMBER = 1;

const describe = ({ facts, busId, deviceNumber, speed }: Served): DeviceRecord =>
  recordOf(facts, { busId, busNumber: BUS_NUMBER, deviceNumber, speed });

/** Opens a session. */
export const openSession = ({ plugged, claim, send, end }: SessionSeat): Session => {
  let pending: Uint8Array = new Uint8Array();
  let own: { readonly busId: string; readonly transfers: Transfers } | null = null;
  let fault: string | null = null;

  const importDevice = (wanted: string): void => {
    const found = plugged().find(({ busId }) => busId === wanted);
    const free = found !== undefined && claim(found);
    if (free) own = { busId: wanted, transfers: openTransfers(found.device, send) };
    send(renderImportReply(found === undefined ? "absent" : free ? describe(found) : "busy"));
  };
  const answer = (operation: Operation): void => {
    if (operation.kind === "list") send(renderListReply(plugged().map(describe)));
    else importDevice(operation.busId);
  };

  /** Handles the message at the head; answers with how many bytes it took, 0 when it is not whole, null when there is none. */
  const handle = <T>(decoded: Decoded<T>, act: (message: T) => void): number | null => {
    if (decoded.kind === "more") return 0;
    if (decoded.kind === "malformed") {
      fault = decoded.why;
      return null;
    }
    act(decoded.message);
    return decoded.takenBytes;
  };
  const takeOne = (): number | null => {
    const transfers = own?.transfers;
    if (transfers === undefined) return handle(decodeOperation(pending), answer);
    return handle(decodeCommand(pending), transfers.take);
  };

  return {
    take: (bytes) => {
      pending = pending.length === 0 ? bytes.slice() : Buffer.concat([pending, bytes]);
      while (fault === null) {
        const taken = takeOne();
        if (taken === 0) break;
        if (taken === null) end();
        else pending = pending.subarray(taken);
      }
    },
    close: () => {
      own?.transfers.close();
      return own?.busId ?? null;
    },
    get fault() {
      return fault;
    },
  };
};
