/** A guest as QEMU's command line. Pure. Written for QEMU 7.2 (Debian 12) and later; emulation is named, so that a test does not depend on a KVM. */
import { doubleCommas } from "../../rack/qemu-options.ts";
import type { GuestImage } from "./image.ts";
import type { Architecture } from "./packages.ts";

/** Where the host is for the guest: an address that nobody has, of which QEMU forwards these ports and nothing else. */
export const HOST = { address: "10.0.2.100", usbipPort: 3240, ordersPort: 3241 } as const;

/** The files of a running guest. */
export interface GuestFiles {
  /** Sockets of the host behind the two ports. */
  readonly usbip: string;
  readonly orders: string;
  /** What the guest says on its serial port. */
  readonly console: string;
}

interface Machine {
  readonly program: string;
  readonly options: readonly string[];
  readonly console: string;
}
const MACHINES: Readonly<Record<Architecture, Machine>> = {
  // the first model of QEMU's with AVX2, which Bun's executable may use, is the one that has everything
  x64: { program: "qemu-system-x86_64", options: ["-machine", "q35", "-cpu", "max"], console: "ttyS0" },
  arm64: { program: "qemu-system-aarch64", options: ["-machine", "virt", "-cpu", "cortex-a72"], console: "ttyAMA0" },
};
/** 110 MB of program, once in the archive and once unpacked. */
const MEMORY_MIB = 640;

/**
 * A connection of the guest to the port becomes one to the socket: QEMU starts a relay for each. Its complaints would go to the guest, as if the server
 * had said them, and it would hold a connection for half a second that the server has ended.
 */
const renderForward = (port: number, path: string): string =>
  `guestfwd=tcp:${HOST.address}:${port}-cmd:socat -t 0 -lf /dev/null - UNIX-CONNECT:${doubleCommas(path)}`;

/** The whole command line, program first. */
export const renderGuestArgv = ({ architecture, kernel, initrd }: GuestImage, files: GuestFiles): readonly string[] => {
  const { program, options, console } = MACHINES[architecture];
  const forwards = [renderForward(HOST.usbipPort, files.usbip), renderForward(HOST.ordersPort, files.orders)];
  return [
    program,
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...[...options, "-accel", "tcg,thread=multi", "-smp", "2", "-m", `${MEMORY_MIB}M`],
    // restrict: the guest reaches what is forwarded and nothing besides
    ...["-netdev", ["user,id=net0,restrict=on,ipv6=off", ...forwards].join(",")],
    ...["-device", "virtio-net-pci,netdev=net0,romfile="],
    ...["-serial", `file:${files.console}`],
    ...["-kernel", kernel, "-initrd", initrd, "-append", `console=${console} loglevel=4 panic=-1`],
  ];
};
