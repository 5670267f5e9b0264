/** An imported device as the kernel talks to it: every request is answered, those for data when there is some. */
import { answerStandard, type UsbDevice } from "./device.ts";
import { type Command, renderSubmitReply, renderUnlinkReply } from "./protocol.ts";

/** The requests of one client to one device. */
export interface Transfers {
  take(command: Command): void;
  /** Ends what waits, and the device forgets its state. */
  close(): void;
}

type Submit = Extract<Command, { kind: "submit" }>;

/** Negative errnos, as the kernel's USB core knows them. */
const STALL = -32; // EPIPE
const UNLINKED = -104; // ECONNRESET
const SETUP_IN = 0x80;

const renderControlReply = (device: UsbDevice, { sequence, setup, body, sizeBytes }: Submit): Uint8Array => {
  const answer = answerStandard(device.descriptors, setup) ?? device.control(setup, body);
  if (answer === "stall") return renderSubmitReply(sequence, STALL, 0);
  if ((setup.type & SETUP_IN) === 0) return renderSubmitReply(sequence, 0, body.length);
  const data = answer.subarray(0, Math.min(setup.length, sizeBytes));
  return renderSubmitReply(sequence, 0, data.length, data);
};

/** Opens a device for a client. */
export const openTransfers = (device: UsbDevice, send: (bytes: Uint8Array) => void): Transfers => {
  /** By their sequence number, what ends each wait for data. */
  const waiting = new Map<number, () => void>();

  const receive = ({ sequence, endpoint, body }: Submit): void => {
    if (device.receive === undefined) {
      send(renderSubmitReply(sequence, STALL, 0));
      return;
    }
    // acknowledged first: what the model says next is then the later news on the wire, too
    send(renderSubmitReply(sequence, 0, body.length));
    device.receive(endpoint, body);
  };

  const awaitData = ({ sequence, endpoint, sizeBytes }: Submit): void => {
    if (device.awaitData === undefined) {
      send(renderSubmitReply(sequence, STALL, 0));
      return;
    }
    let delivered = false;
    const cancel = device.awaitData(endpoint, (data) => {
      delivered = true;
      waiting.delete(sequence);
      const cut = data.subarray(0, sizeBytes);
      send(renderSubmitReply(sequence, 0, cut.length, cut));
    });
    if (!delivered) waiting.set(sequence, cancel);
  };

  return {
    take: (command) => {
      if (command.kind === "unlink") {
        const cancel = waiting.get(command.unlinked);
        waiting.delete(command.unlinked);
        cancel?.();
        // 0 says that the answer was already on its way
        send(renderUnlinkReply(command.sequence, cancel === undefined ? 0 : UNLINKED));
      } else if (command.endpoint === 0) send(renderControlReply(device, command));
      else if (command.isIn) awaitData(command);
      else receive(command);
    },
    close: () => {
      for (const cancel of waiting.values()) cancel();
      waiting.clear();
      device.reset?.();
    },
  };
};
