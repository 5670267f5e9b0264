import { describe, expect, test } from "bun:test";
import { parseSmartctl, type SmartctlFacts } from "./parse.ts";

const factsOf = (text: string): SmartctlFacts => {
  const parsed = parseSmartctl(text);
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};

const BANNER = `smartctl 6.6 2017-11-05 r4594 [x86_64-linux-4.19.0] (local build)
Copyright (C) 2002-17, Bruce Allen, Christian Franke, www.smartmontools.org
`;

const SATA = `${BANNER}
=== START OF INFORMATION SECTION ===
Model Family:     Western Digital Red
Device Model:     WDC WD20EFRX-68EUZN0
Serial Number:    WD-WCC4M0000000
LU WWN Device Id: 5 0014ee 2b0a1b2c3
Firmware Version: 82.00A82
User Capacity:    2,000,398,934,016 bytes [2.00 TB]
Sector Sizes:     512 bytes logical, 4096 bytes physical
Rotation Rate:    5400 rpm
Form Factor:      3.5 inches
Device is:        In smartctl database [for details use: -P show]
ATA Version is:   ACS-2 (minor revision not indicated)
SATA Version is:  SATA 3.0, 6.0 Gb/s (current: 3.0 Gb/s)
SMART support is: Available - device has SMART capability.
SMART support is: Enabled

=== START OF READ SMART DATA SECTION ===
SMART overall-health self-assessment test result: FAILED!
Drive failure expected in less than 24 hours. SAVE ALL DATA.

ID# ATTRIBUTE_NAME          FLAG     VALUE WORST THRESH TYPE      UPDATED  WHEN_FAILED RAW_VALUE
  5 Reallocated_Sector_Ct   0x0033   009   009   140    Pre-fail  Always   FAILING_NOW 1463
  9 Power_On_Hours          0x0032   035   035   000    Old_age   Always       -       47657
 12 Power_Cycle_Count       0x0032   100   100   000    Old_age   Always       -       61
190 Airflow_Temperature_Cel 0x0022   066   040   045    Old_age   Always   In_the_past 34 (Min/Max 22/60)

SMART Error Log Version: 1
ATA Error Count: 27 (device log contains only the most recent five errors)
`;

const BRIEF = `=== START OF READ SMART DATA SECTION ===
SMART overall-health self-assessment test result: PASSED
ID# ATTRIBUTE_NAME          FLAGS    VALUE WORST THRESH FAIL RAW_VALUE
  1 Raw_Read_Error_Rate     POSR-K   200   200   051    -    341
  5 Reallocated_Sector_Ct   PO--CK   100   100   010    Past 12
194 Temperature_Celsius     -O---K   ---   ---   ---    -    29 (0 18 0 0 0)
`;

const SAS = `${BANNER}
=== START OF INFORMATION SECTION ===
Vendor:               HGST
Product:              HUS726040ALS214
Revision:             A907
User Capacity:        4.000.787.030.016 bytes [4,00 TB]
Logical block size:   512 bytes
Rotation Rate:        7200 rpm
Form Factor:          3.5 inches
Logical Unit id:      0x5000cca25d315000
Serial number:        K4GW0000
Device type:          disk
Transport protocol:   SAS (SPL-3)
SMART support is:     Available - device has SMART capability.
SMART support is:     Enabled

=== START OF READ SMART DATA SECTION ===
SMART Health Status: OK

Current Drive Temperature:     34 C
Drive Trip Temperature:        85 C
Accumulated power on time, hours:minutes 55120:47
Elements in grown defect list: 4

read:          0      572         0     22548         77          4,725        5580
write:         0        0         3     19548        196         17.344           0

Non-medium error count:      496
`;

const NVME = `${BANNER}
=== START OF INFORMATION SECTION ===
Model Number:                       SAMSUNG MZVLW256HEHP-000L7
Serial Number:                      S35ENA0K000000
Firmware Version:                   5L7QCXB7
Total NVM Capacity:                 256,060,514,304 [256 GB]
Namespace 1 Size/Capacity:          256,060,514,304 [256 GB]
Namespace 1 Formatted LBA Size:     512

=== START OF SMART DATA SECTION ===
SMART overall-health self-assessment test result: PASSED

SMART/Health Information (NVMe Log 0x02, NSID 0x1)
Critical Warning:                   0x04
Temperature:                        41 Celsius
Available Spare:                    97%
Available Spare Threshold:          10%
Percentage Used:                    103%
Data Units Written:                 11,012,345 [5.63 TB]
Power Cycles:                       1,204
Power On Hours:                     12,345
Media and Data Integrity Errors:    2
`;

describe("parseSmartctl on text", () => {
  test("reads a SATA drive", () => {
    const { attributes, ata, ...facts } = factsOf(SATA);
    expect(facts).toMatchObject({
      model: "WDC WD20EFRX-68EUZN0",
      protocol: "ata",
      capacityBytes: 2000398934016,
      temperatureC: 34,
      family: "Western Digital Red",
      serial: "WD-WCC4M0000000",
      wwn: "0x50014ee2b0a1b2c3",
      firmware: "82.00A82",
      rotationRpm: 5400,
      formFactor: "3.5 inches",
      logicalSectorBytes: 512,
      physicalSectorBytes: 4096,
      transport: "sata",
      linkGbps: 3,
      maxLinkGbps: 6,
      smartAvailable: true,
      smartEnabled: true,
      passed: false,
      powerOnHours: 47657,
      powerCycleCount: 61,
      exitStatus: null,
      messages: [],
    });
    expect(ata?.errorCount).toBe(27);
    expect(attributes.map((one) => [one.id, one.value, one.threshold, one.prefail, one.failed, one.reading])).toEqual([
      [5, 9, 140, true, "now", 1463],
      [9, 35, 0, false, undefined, 47657],
      [12, 100, 0, false, undefined, 61],
      [190, 66, 45, false, "past", 34],
    ]);
  });

  test("reads the brief table of -x, also without a banner", () => {
    const { attributes, temperatureC, passed } = factsOf(BRIEF);
    expect([passed, temperatureC]).toEqual([true, 29]);
    expect(attributes.map((one) => [one.id, one.value, one.prefail, one.failed, one.raw])).toEqual([
      [1, 200, true, undefined, 341],
      [5, 100, true, "past", 12],
      [194, undefined, false, undefined, undefined],
    ]);
  });

  test("reads a SAS drive, whatever the locale's marks", () => {
    const { scsi, ...facts } = factsOf(SAS);
    expect(facts).toMatchObject({
      model: "HGST HUS726040ALS214",
      vendor: "HGST",
      product: "HUS726040ALS214",
      firmware: "A907",
      protocol: "scsi",
      capacityBytes: 4000787030016,
      temperatureC: 34,
      criticalTempC: 85,
      wwn: "0x5000cca25d315000",
      serial: "K4GW0000",
      transport: "sas",
      passed: true,
      powerOnHours: 55120,
    });
    expect(scsi).toEqual({
      read: { correctedCount: 22548, correctedByRereadsCount: 0, uncorrectedCount: 5580, processedGigabytes: 4.725 },
      write: { correctedCount: 19548, correctedByRereadsCount: 3, uncorrectedCount: 0, processedGigabytes: 17.344 },
      grownDefectCount: 4,
      nonMediumErrorCount: 496,
    });
  });

  test("reads an NVMe drive", () => {
    const { nvme, ...facts } = factsOf(NVME);
    expect(facts).toMatchObject({
      model: "SAMSUNG MZVLW256HEHP-000L7",
      protocol: "nvme",
      capacityBytes: 256060514304,
      temperatureC: 41,
      serial: "S35ENA0K000000",
      firmware: "5L7QCXB7",
      powerOnHours: 12345,
      powerCycleCount: 1204,
      wearPercent: 103,
      transport: "nvme",
    });
    expect(nvme).toMatchObject({
      criticalWarning: 4,
      sparePercent: 97,
      spareThresholdPercent: 10,
      dataUnitsWritten: 11012345,
      mediaErrorCount: 2,
    });
  });

  test("reads SCSI of releases before 5.41", () => {
    const facts = factsOf(`smartctl version 5.38 [x86_64-redhat-linux-gnu] Copyright (C) 2002-8 Bruce Allen
Device: SEAGATE  ST3146855SS      Version: 0002
Serial number: 3LN00000
SMART Health Status: FAILURE PREDICTION THRESHOLD EXCEEDED [asc=5d, ascq=0]
=== START OF READ SMART DATA SECTION ===
`);
    expect(facts).toMatchObject({ model: "SEAGATE ST3146855SS", firmware: "0002", serial: "3LN00000", passed: false });
  });

  test("without a section it is smartctl's word about a drive that it cannot ask", () => {
    const { model, messages } = factsOf(`${BANNER}\n/dev/sda: Unknown USB bridge [0x0bda:0x9210 (0x100)]\n`);
    expect([model, messages]).toEqual([
      null,
      [{ severity: "error", text: "/dev/sda: Unknown USB bridge [0x0bda:0x9210 (0x100)]" }],
    ]);
  });

  test("a banner alone says nothing", () => {
    expect(parseSmartctl(BANNER)).toMatchObject({ ok: false, place: "line 1" });
  });

  test("labels that look like members of an object are none", () => {
    expect(factsOf(`${BRIEF}constructor: 1\n__proto__: 2\n`).model).toBeNull();
  });
});
