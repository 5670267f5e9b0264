/** PCI Express links that run below what both of their ends can do. Pure. */
import type { PciFacts } from "../../wire/hardware/pci.ts";
import type { Finding } from "./finding.ts";

/** GPUs lower the speed of their link while they idle. Bridges are the upper ends of links, and no devices of their own. */
const IS_DISPLAY = /^03/;
const BRIDGE = "0604";

const lower = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.min(a, b);

/**
 * Devices whose link is narrower or slower than the device and the port above it allow. A device alone tells nothing: many are made for more than
 * the slot has (a network chip of two lanes on one lane of the board).
 */
export const findDegradedLinks = (pci: readonly PciFacts[]): readonly Finding[] => {
  const byAddress = new Map(pci.map((one) => [one.address, one]));
  return pci.flatMap((device) => {
    // The first function speaks for the card: all of them share its link.
    const port = device.address.endsWith(".0") ? byAddress.get(device.upstream ?? "") : undefined;
    if (port === undefined || device.classId === BRIDGE) return [];
    const width = lower(device.maxLinkWidth, port.maxLinkWidth);
    const speed = lower(device.maxLinkSpeedGtps, port.maxLinkSpeedGtps);
    const isNarrow = width !== undefined && device.linkWidth !== undefined && device.linkWidth < width;
    const isSlow =
      speed !== undefined &&
      device.linkSpeedGtps !== undefined &&
      device.linkSpeedGtps < speed &&
      !IS_DISPLAY.test(device.classId ?? "");
    if (!isNarrow && !isSlow) return [];
    const [is, can] = [
      `x${device.linkWidth ?? "?"} at ${device.linkSpeedGtps ?? "?"} GT/s`,
      `x${width ?? "?"} at ${speed ?? "?"} GT/s`,
    ];
    const name = device.device ?? device.class ?? "device";
    return [
      {
        component: `PCI ${device.address}`,
        message: `The link of ${name} runs ${is}; it and its port ${port.address} can do ${can}.`.slice(0, 1_000),
        measured: is,
        limit: can,
      },
    ];
  });
};
