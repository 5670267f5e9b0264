/** Debian packages that the box and the rack are made of on this machine. */

/** What the box runs. */
export const BOX_PACKAGES = [
  "dnsmasq-base",
  "iperf3",
  "iproute2",
  "openssh-client",
  "openssl",
  "iputils-ping",
  "ipmitool",
] as const;

/** What virtual servers and their network need. */
export const RACK_PACKAGES = ["qemu-system-x86", "ovmf", "ipxe-qemu", "ethtool", "e2fsprogs", "util-linux"] as const;
