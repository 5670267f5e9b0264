/** Wake-on-LAN's magic packet. Pure. */

const SYNC_BYTES = 6;
const MAC_BYTES = 6;
const REPEATS = 16;

const equalAt = (bytes: Uint8Array, a: number, b: number): boolean => {
  for (let i = 0; i < MAC_BYTES; i += 1) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
};

const isMagicAt = (frame: Uint8Array, start: number): boolean => {
  for (let i = 0; i < SYNC_BYTES; i += 1) if (frame[start + i] !== 0xff) return false;
  const mac = start + SYNC_BYTES;
  for (let repeat = 1; repeat < REPEATS; repeat += 1) if (!equalAt(frame, mac, mac + repeat * MAC_BYTES)) return false;
  return true;
};

/**
 * The MAC that a frame wakes, or null. As a NIC does it (AMD, Magic Packet Technology, 1995): six times FF and sixteen times the MAC
 * anywhere in the frame; port and protocol do not matter.
 */
export const parseMagicFrame = (frame: Uint8Array): string | null => {
  const last = frame.length - SYNC_BYTES - REPEATS * MAC_BYTES;
  for (let start = 0; start <= last; start += 1)
    if (frame[start] === 0xff && isMagicAt(frame, start)) {
      const mac = frame.subarray(start + SYNC_BYTES, start + SYNC_BYTES + MAC_BYTES);
      const text = Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join(":");
      if (text !== "ff:ff:ff:ff:ff:ff") return text;
    }
  return null;
};
