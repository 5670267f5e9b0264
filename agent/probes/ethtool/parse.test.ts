import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import * as v from "valibot";
import { TransceiverFacts } from "../../wire/hardware/network.ts";
import { type EthtoolFacts, parseEthtool } from "./parse.ts";

const factsOf = (text: string): EthtoolFacts => {
  const parsed = parseEthtool(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.facts;
};
const moduleOf = (...lines: readonly string[]) => factsOf(lines.map((line) => `\t${line}`).join("\n")).transceiver;

const DRIVER = `driver: i40e
version: 6.12.48
firmware-version: 9.20 0x8000d87b 22.0.9
expansion-rom-version: 
bus-info: 0000:3d:00.1
supports-statistics: yes
supports-test: yes
`;
const SETTINGS = `Settings for eno2:
	Supported ports: [ FIBRE ]
	Supported link modes:   1000baseX/Full
	                        10000baseSR/Full
	                        25000baseCR/Full
	Supported pause frame use: Symmetric Receive-only
	Supports auto-negotiation: Yes
	Supported FEC modes: None	 RS	 BASER
	Advertised link modes:  10000baseSR/Full
	                        400000baseSR8/Full
	Speed: 10000Mb/s
	Duplex: Full
	Auto-negotiation: off
	Port: FIBRE
	PHYAD: 0
	Transceiver: internal
	Link detected: yes
`;
const UNKNOWN = `Settings for eth0:
	Supported ports: [  ]
	Supported link modes:   Not reported
	Advertised link modes:  Not reported
	Speed: Unknown!
	Duplex: Unknown! (255)
	Port: Other
	Link detected: no (No cable)
`;

describe("parseEthtool", () => {
  test("reads driver, firmware and place", () => {
    expect(factsOf(DRIVER)).toEqual({
      driver: "i40e",
      driverVersion: "6.12.48",
      firmware: "9.20 0x8000d87b 22.0.9",
      busAddress: "0000:3d:00.1",
    });
  });

  test("reads the link; the fastest mode is of the supported ones, over all of their lines", () => {
    expect(factsOf(SETTINGS)).toEqual({
      maxSpeedMbps: 25_000,
      speedMbps: 10_000,
      duplex: "full",
      medium: "FIBRE",
      linkUp: true,
    });
  });

  test("what the other end says of itself is read over all of its lines, and not mixed with the port's own", () => {
    const partner =
      "\tLink partner advertised link modes:  10baseT/Half 10baseT/Full\n" +
      "\t                                     100baseT/Full\n\tLink partner advertised pause frame use: No\n";
    expect(factsOf(`${SETTINGS}${partner}`)).toMatchObject({ maxSpeedMbps: 25_000, partnerMaxSpeedMbps: 100 });
    expect(factsOf("\tLink partner advertised link modes:  Not reported\n\tSpeed: 100Mb/s\n")).toEqual({
      speedMbps: 100,
    });
  });

  test("what the driver does not know is absent", () => {
    expect(factsOf(UNKNOWN)).toEqual({ linkUp: false });
    expect(factsOf("driver: virtio_net\nfirmware-version: \nbus-info: \n")).toEqual({ driver: "virtio_net" });
    expect(factsOf("driver: tg3\nfirmware-version: N/A\n")).toEqual({ driver: "tg3" });
  });

  test("reads the burnt-in address; none and zeros are absent", () => {
    expect(factsOf("Permanent address: 24:6E:96:a1:5c:30\n")).toEqual({ permanentMac: "24:6e:96:a1:5c:30" });
    expect(factsOf("Permanent address: not set\n")).toEqual({});
    expect(factsOf("Permanent address: 00:00:00:00:00:00\n")).toEqual({});
  });

  test("all outputs behind each other are one interface", () => {
    expect(factsOf(`${DRIVER}${SETTINGS}Permanent address: 24:6e:96:a1:5c:30\n`)).toMatchObject({
      driver: "i40e",
      speedMbps: 10_000,
      permanentMac: "24:6e:96:a1:5c:30",
    });
  });

  test("what is no output of ethtool says so", () => {
    for (const text of ["", "netlink error: Operation not supported\n", "No data available\n", "eth0: up\n"])
      expect(parseEthtool(text)).toMatchObject({ ok: false, place: "line 1" });
  });

  test("property: any text is answered, and what is read of a module fits the wire", () => {
    const key = fc.constantFrom(
      "Identifier",
      "Vendor PN",
      "Module temperature",
      "Transceiver type",
      "Rcvr signal avg optical power(Channel 1)",
      "Transmit avg optical power (Channel 99)",
      "Speed",
      "Supported link modes",
    );
    const value = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.constantFrom(
        "0x03 (SFP)",
        "0x11 ()",
        "-273.15 degrees C",
        "0 mW / -inf dBm",
        "999 mW / 999.9999 dBm",
        "9999999Mb/s",
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 12 }), (lines) => {
        const parsed = parseEthtool(lines.map(([name, text]) => `\t${name}  : ${text}`).join("\n"));
        if (parsed.ok && parsed.facts.transceiver !== undefined) v.parse(TransceiverFacts, parsed.facts.transceiver);
      }),
    );
  });

  test("ten hostile megabytes are read once", () => {
    for (const unit of [
      "\n",
      ":",
      "\tSupported link modes: 1base\n",
      "Speed: 1Mb/s\n",
      "1000base ",
      " (",
      "Rcvr signal ",
    ]) {
      const text = `Supported link modes:\n${unit.repeat(Math.floor(10_000_000 / unit.length))}`;
      const before = process.cpuUsage();
      parseEthtool(text);
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(10_000); // processor time: quadratic would be hours
    }
  }, 60_000);
});

describe("parseEthtool of a transceiver", () => {
  test("an SFP+ has one lane", () => {
    expect(
      moduleOf(
        "Identifier                                : 0x03 (SFP)",
        "Connector                                 : 0x07 (LC)",
        "Transceiver type                          : FC: Multimode, 50um (M5)",
        "Transceiver type                          : 10G Ethernet: 10G Base-SR",
        "BR, Nominal                               : 10300MBd",
        "Vendor name                               : Intel Corp",
        "Vendor OUI                                : 00:1b:21",
        "Vendor PN                                 : FTLX8571D3BCV-IT",
        "Vendor SN                                 : AKD0X2H",
        "Laser output power                        : 0.5618 mW / -2.50 dBm",
        "Receiver signal average optical power     : 0.5443 mW / -2.64 dBm",
        "Module temperature                        : 34.21 degrees C / 93.59 degrees F",
        "Module voltage                            : 3.3172 V",
        "Laser output power high alarm             : Off",
        "Laser output power high alarm threshold   : 1.0000 mW / 0.00 dBm",
        "Laser rx power low alarm threshold        : 0.0100 mW / -20.00 dBm",
        "Module temperature high alarm threshold   : 78.00 degrees C / 172.40 degrees F",
      ),
    ).toEqual({
      kind: "SFP",
      vendor: "Intel Corp",
      part: "FTLX8571D3BCV-IT",
      serial: "AKD0X2H",
      type: "10G Ethernet: 10G Base-SR",
      tempC: 34.21,
      rxPowerDbm: -2.64,
      txPowerDbm: -2.5,
    });
  });

  test("a QSFP28 has four lanes, and its power is that of the weakest; a dark lane reads -40", () => {
    const power = (key: string, values: readonly string[]) =>
      values.map((value, i) => `${`${key}(Channel ${i + 1})`.padEnd(42)}: ${value}`);
    expect(
      moduleOf(
        "Identifier                                : 0x11 (QSFP28)",
        "Transceiver type                          : 100G Ethernet: 100G Base-SR4 or 25GBase-SR",
        "Vendor name                               : Mellanox",
        "Vendor PN                                 : MMA1B00-C100D",
        "Vendor SN                                 : MT1652FT00065",
        "Module temperature                        : 47.11 degrees C / 116.79 degrees F",
        ...power("Transmit avg optical power ", [
          "0.9077 mW / -0.42 dBm",
          "0.9700 mW / -0.13 dBm",
          "0.9348 mW / -0.29 dBm",
          "1.0391 mW / 0.17 dBm",
        ]),
        ...power("Rcvr signal avg optical power", [
          "0.9522 mW / -0.21 dBm",
          "0.9039 mW / -0.44 dBm",
          "0.0000 mW / -inf dBm",
          "0.9042 mW / -0.44 dBm",
        ]),
      ),
    ).toEqual({
      kind: "QSFP28",
      vendor: "Mellanox",
      part: "MMA1B00-C100D",
      serial: "MT1652FT00065",
      type: "100G Ethernet: 100G Base-SR4 or 25GBase-SR",
      tempC: 47.11,
      txPowerDbm: -0.42,
      rxPowerDbm: -40,
      lanes: [
        { txPowerDbm: -0.42, rxPowerDbm: -0.21 },
        { txPowerDbm: -0.13, rxPowerDbm: -0.44 },
        { txPowerDbm: -0.29, rxPowerDbm: -40 },
        { txPowerDbm: 0.17, rxPowerDbm: -0.44 },
      ],
    });
  });

  test("a CMIS copper cable has a technology and no light", () => {
    expect(
      moduleOf(
        "Identifier                                : 0x18 (QSFP-DD Double Density 8X Pluggable Transceiver (INF-8628))",
        "Connector                                 : 0x23 (No separable connector)",
        "Transmitter technology                    : 0x0a (Copper cable, unequalized)",
        "Vendor name                               : Mellanox",
        "Vendor PN                                 : MCP1660-W001E30",
        "Vendor SN                                 : MT2019VS04757",
        "Module State                              : 0x03 (ModuleReady)",
      ),
    ).toEqual({
      kind: "QSFP-DD Double Density 8X Pluggable Transceiver (INF-8628)",
      type: "Copper cable, unequalized",
      vendor: "Mellanox",
      part: "MCP1660-W001E30",
      serial: "MT2019VS04757",
    });
  });

  test("a cage whose memory reads all ones, or none, holds no module", () => {
    expect(moduleOf("Identifier : 0xff (reserved or unknown)", "Module temperature : 0.00 degrees C")).toBeUndefined();
    expect(moduleOf("Identifier : 0x00 (no module present, unknown, or unspecified)")).toBeUndefined();
  });
});
