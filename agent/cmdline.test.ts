import { describe, expect, test } from "bun:test";
import { parseCmdline } from "./cmdline.ts";

describe("parseCmdline", () => {
  test("reads the agent's words and no others", () => {
    const line =
      "BOOT_IMAGE=/vmlinuz console=ttyS0 vetbox.url=https://10.0.0.1:8443 vetbox.pin=ab vetbox.run=r1 vetbox.enrol=e1 vetbox.mac=52:54:00:00:00:01 vetbox.root=ff quiet\n";
    expect(parseCmdline(line)).toEqual({
      url: "https://10.0.0.1:8443",
      pin: "ab",
      run: "r1",
      enrol: "e1",
      mac: "52:54:00:00:00:01",
    });
  });

  test("of equal words the last counts; empty ones are absent; a value may hold an equals sign", () => {
    expect(parseCmdline("vetbox.run=a vetbox.run=b=c vetbox.mac= =x vetbox.pin")).toEqual({ run: "b=c" });
  });
});
