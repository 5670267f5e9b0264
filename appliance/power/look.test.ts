import { expect, test } from "bun:test";
import { type Exec, systemExec } from "../../agent/system/exec.ts";
import { lookAtHost, parseNeighbour } from "./look.ts";

const SIGNAL = new AbortController().signal;
const MAC = "52:54:00:77:00:01";

/** `/proc/net/arp` of Linux 6.1 with an answered, an unanswered and a permanent entry. */
const TABLE = `IP address       HW type     Flags       HW address            Mask     Device
10.77.0.51       0x1         0x2         52:54:00:77:00:01     *        br0
10.77.0.52       0x1         0x0         00:00:00:00:00:00     *        br0
10.77.0.5        0x1         0x6         52:54:00:77:00:ff     *        br0
`;

test.each([
  ["10.77.0.51", "own"],
  ["10.77.0.52", "silent"],
  ["10.77.0.5", "other"],
  ["10.77.0.99", "silent"],
] as const)("parseNeighbour: %s is %s", (address, expected) => {
  expect(parseNeighbour(TABLE, address, MAC.toUpperCase())).toBe(expected);
});

test("lookAtHost sees an address that answers, and that the loopback interface has a link", async () => {
  const at = { interfaceName: "lo", address: "127.0.0.1", mac: MAC };
  const answering: Exec = async (invocation, signal) => {
    expect(invocation.argv.join(" ")).toBe("ping -n -q -c 1 -w 10 -I lo 127.0.0.1");
    const ended = await systemExec({ ...invocation, argv: ["true"] }, signal);
    return ended;
  };
  // Loopback has no neighbours: nobody's MAC answers there.
  expect(await lookAtHost(answering, at, SIGNAL)).toEqual({ ping: true, neighbour: "silent", carrier: true });
});

test("lookAtHost says null of what it could not ask: no address, no tool, no interface", async () => {
  const absent: Exec = (invocation, signal) => systemExec({ ...invocation, argv: ["vetbox-no-such-tool"] }, signal);
  const at = { interfaceName: "nosuchif0", address: null, mac: MAC };
  expect(await lookAtHost(absent, at, SIGNAL)).toEqual({ ping: null, neighbour: null, carrier: null });
  const addressed = { ...at, address: "10.77.0.51" };
  expect(await lookAtHost(absent, addressed, SIGNAL)).toEqual({ ping: null, neighbour: null, carrier: null });
});
