import { expect, test } from "bun:test";
import { renderGuestArgv } from "./qemu.ts";

const FILES = { usbip: "/tmp/a,b/usbip", orders: "/tmp/a,b/orders", console: "/tmp/c/console.log" };

test.each([
  ["x64", "qemu-system-x86_64", "console=ttyS0 "],
  ["arm64", "qemu-system-aarch64", "console=ttyAMA0 "],
] as const)(
  "renderGuestArgv: the %s guest reaches two sockets of the host, and nothing else",
  (architecture, program, console) => {
    const argv = renderGuestArgv({ architecture, kernel: "/k", initrd: "/i" }, FILES);
    expect(argv[0]).toBe(program);
    expect(argv.filter((_, index) => argv[index - 1] === "-append").join()).toStartWith(console);
    const networks = argv.filter((_, index) => argv[index - 1] === "-netdev");
    expect(networks).toHaveLength(1);
    expect(networks[0]).toContain(",restrict=on,");
    expect(networks[0]?.match(/fwd=[^,]*/g)).toEqual([
      expect.stringMatching(/^fwd=tcp:10\.0\.2\.100:3240-cmd:socat .* UNIX-CONNECT:\/tmp\/a$/),
      expect.stringMatching(/^fwd=tcp:10\.0\.2\.100:3241-cmd:socat .* UNIX-CONNECT:\/tmp\/a$/),
    ]);
    expect(networks[0]).toEndWith("/tmp/a,,b/orders");
    expect(argv).toContain("-nodefaults");
  },
);
