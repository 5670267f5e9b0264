import { expect, test } from "bun:test";
import { ipmitoolArgv, parseIpmiFailure, parsePowerStatus } from "./ipmi.ts";

/** Standard error of ipmitool 1.8.19 with `-v` against OpenIPMI's simulator 2.0.33, as recorded. */
const WRONG_PASSWORD = `Loading IANA PEN Registry...
Unable to Get Channel Cipher Suites
> RAKP 2 HMAC is invalid
Error: Unable to establish IPMI v2 / RMCP+ session
`;
const WRONG_USER = `Loading IANA PEN Registry...
Unable to Get Channel Cipher Suites
RAKP 2 message indicates an error : unauthorized name
Error: Unable to establish IPMI v2 / RMCP+ session
`;
const NOBODY = `Loading IANA PEN Registry...
Get Auth Capabilities error
Error issuing Get Channel Authentication Capabilities request
Error: Unable to establish IPMI v2 / RMCP+ session
`;
const GOOD = `Loading IANA PEN Registry...
Unable to Get Channel Cipher Suites
Running Get VSO Capabilities my_addr 0x20, transit 0, target 0x20
Invalid completion code received: Invalid command
Discovered IPMB address 0x0
`;
/** The same of a user who may not ask for a blade's extensions, and an LED that does not blink for good: what follows the refusal is no reason. */
const NOT_FOR_THIS_USER = `Loading IANA PEN Registry...
Unable to Get Channel Cipher Suites
Get HPM.x Capabilities request failed, compcode = d4
Running Get VSO Capabilities my_addr 0x20, transit 0, target 0x20
Invalid completion code received: Insufficient privilege level
Discovered IPMB address 0x0
Set Chassis Identify failed: Invalid data field in request
Chassis may not support Force Identify On
`;
/** What a good session says first, then a refusal in ipmitool's own words for completion codes (`ipmitool.c`, completion_code_vals). */
const refused = (words: string): string => `${GOOD}Set Chassis Power Control to Cycle failed: ${words}\n`;

test.each([
  [WRONG_PASSWORD, "refused-login", "> RAKP 2 HMAC is invalid"],
  [WRONG_USER, "refused-login", "unauthorized name"],
  [NOBODY, "unreachable", "Get Channel Authentication Capabilities"],
  [refused("Insufficient privilege level"), "no-rights", "Insufficient privilege level"],
  [refused("Command not supported in present state"), "failed", "present state"],
  [refused("Invalid data field in request"), "unsupported", "Invalid data field"],
  [refused("Node busy"), "busy", "Node busy"],
  [refused("Unknown (0x85)"), "failed", "0x85"],
  [NOT_FOR_THIS_USER, "unsupported", "Set Chassis Identify failed: Invalid data field in request"],
  ["", "failed", "ipmitool failed."],
])("parseIpmiFailure %#: %j is %s", (stderr, code, says) => {
  const { trouble } = parseIpmiFailure(stderr);
  expect(trouble.code).toBe(code as typeof trouble.code);
  expect(trouble.message).toContain(says);
});

test("parseIpmiFailure makes a hostile BMC's words safe", () => {
  const { trouble } = parseIpmiFailure("oops \u001b[2J\u202etxt.exe\n");
  expect(trouble.message).toBe("ipmitool failed. It said: oops \ufffdtxt.exe");
});

test("parsePowerStatus reads on and off, and nothing else as either", () => {
  expect(parsePowerStatus("Chassis Power is on\n")).toBe("on");
  expect(parsePowerStatus("Chassis Power is off\n")).toBe("off");
  expect(parsePowerStatus("Chassis Power is only\n")).toBe("unknown");
  expect(parsePowerStatus("")).toBe("unknown");
});

test("ipmitoolArgv names the file of the password, the least rights, and one EFI network boot", () => {
  const place = { hostId: "h1", kind: "ipmi", address: "10.77.0.9", port: 623, user: "vetbox" } as const;
  expect(ipmitoolArgv(place, "/run/vetbox/keys/bmc-1/password", "pxe").join(" ")).toBe(
    "ipmitool -v -I lanplus -N 1 -R 2 -L OPERATOR -H 10.77.0.9 -p 623 -U vetbox -f /run/vetbox/keys/bmc-1/password chassis bootdev pxe options=efiboot",
  );
});
