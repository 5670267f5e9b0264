import { describe, expect, test } from "bun:test";
import { parseDcmiPower } from "./dcmi.ts";
import { parseIpmitool } from "./parse.ts";

/** Made after ipmitool's own source (lib/ipmi_dcmi.c): no BMC at hand speaks DCMI. */
const reading = (state: string): string => `
    Instantaneous power reading:                   220 Watts
    Minimum during sampling period:                 18 Watts
    Maximum during sampling period:                468 Watts
    Average power reading over sample period:      219 Watts
    IPMI timestamp:                           Sat Nov 21 10:00:00 2026
    Sampling period:                          00000001 Seconds.
    Power reading state is:                   ${state}


`;

describe("parseDcmiPower", () => {
  test("reads what the server draws now", () => {
    expect(parseDcmiPower(reading("activated"))).toEqual({ ok: true, facts: { instantaneousW: 220 } });
  });

  test("a meter that is off measures nothing", () => {
    expect(parseDcmiPower(reading("deactivated")).ok).toBe(false);
  });

  test("a BMC that does not speak DCMI gives no reading", () => {
    expect(parseDcmiPower("DCMI request failed because: Invalid command (c1)\n").ok).toBe(false);
  });

  test("is one of the answers that the parser of ipmitool knows", () => {
    expect(parseIpmitool(reading("activated"))).toMatchObject({ ok: true, facts: { command: "dcmi power reading" } });
  });
});
