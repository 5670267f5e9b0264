import { expect, test } from "bun:test";
import { decodeServer } from "./declaration.ts";
import { rackPaths } from "./paths.ts";
import { renderQemuArgv, serverUuid } from "./qemu-argv.ts";
import { serverOf } from "./qemus.ts";

const { files } = rackPaths("/d", "r1");
const UUID = "4c4c4544-0031-4b10-8033-b4c04f4d3432";

/** Options with their values, one a line. */
const render = (input: object, roms = {}): readonly string[] => {
  const spec = decodeServer({ name: "s1", firmware: "bios", smbios: { uuid: UUID }, ...input });
  return renderQemuArgv(spec, files("s1"), roms)
    .join(" ")
    .split(/ (?=-)/);
};
/** Only the options of these names. */
const only = (lines: readonly string[], ...names: readonly string[]): readonly string[] =>
  lines.filter((line) => names.some((name) => line.startsWith(`-${name} `)));

test("renderQemuArgv: a BIOS server with nothing declared", () => {
  expect(render({}).join("\n")).toMatchInlineSnapshot(`
    "qemu-system-x86_64
    -name guest=s1
    -nodefaults
    -no-user-config
    -display none
    -machine q35,graphics=off
    -accel tcg,thread=multi,tb-size=256
    -cpu EPYC
    -smp 2
    -m 1024M
    -rtc base=utc
    -boot menu=off,strict=on
    -device virtio-rng-pci
    -daemonize
    -pidfile /run/vetbox-rack/r1/servers/s1/qemu.pid
    -chardev socket,id=serial0,path=/run/vetbox-rack/r1/servers/s1/serial.sock,server=on,wait=off,logfile=/d/logs/s1/serial.log
    -serial chardev:serial0
    -qmp unix:/run/vetbox-rack/r1/servers/s1/control.sock,server=on,wait=off
    -qmp unix:/run/vetbox-rack/r1/servers/s1/events.sock,server=on,wait=off
    -smbios type=1,manufacturer=Vetbox,product=Virtual server,serial=VB-s1,uuid=4c4c4544-0031-4b10-8033-b4c04f4d3432"
  `);
});

test("renderQemuArgv: every bus, in the declared boot order", () => {
  const lines = render({
    disks: [
      { serial: "V", size: "1 MiB", bus: "virtio" },
      { serial: "A0", size: "1 MiB", bus: "sata", model: "MODEL A", wwn: "0x5000c500a1b2c3d4", rotational: true },
      { serial: "A1", size: "1 MiB", bus: "sata", rotational: false },
      { serial: "S", size: "1 MiB", bus: "scsi", model: "SCSI MODEL", wwn: "0x5000c500a1b2c3d5" },
      { serial: "N", size: "1 MiB", bus: "nvme" },
    ],
    nics: [{ mac: "52:54:00:00:00:01" }, { mac: "52:54:00:00:00:02", model: "e1000e" }],
    boot: ["disk", "network"],
  });
  expect(only(lines, "netdev", "device", "blockdev").join("\n")).toMatchInlineSnapshot(`
    "-device virtio-rng-pci
    -netdev tap,id=net0,script=/run/vetbox-rack/r1/servers/s1/join-bridge,downscript=no
    -device virtio-net-pci,id=nic0,netdev=net0,mac=52:54:00:00:00:01,bootindex=5
    -netdev tap,id=net1,script=/run/vetbox-rack/r1/servers/s1/join-bridge,downscript=no
    -device e1000e,id=nic1,netdev=net1,mac=52:54:00:00:00:02,bootindex=6
    -device virtio-scsi-pci,id=scsi0
    -blockdev {"driver":"file","node-name":"disk0-image","filename":"/d/servers/s1/disk-V.img","read-only":false}
    -blockdev {"driver":"raw","node-name":"disk0","file":"disk0-image","read-only":false,"discard":"unmap","detect-zeroes":"unmap","cache":{"no-flush":true}}
    -device virtio-blk-pci,id=disk0-device,drive=disk0,serial=V,bootindex=0
    -blockdev {"driver":"file","node-name":"disk1-image","filename":"/d/servers/s1/disk-A0.img","read-only":false}
    -blockdev {"driver":"raw","node-name":"disk1","file":"disk1-image","read-only":false,"discard":"unmap","detect-zeroes":"unmap","cache":{"no-flush":true}}
    -device ide-hd,id=disk1-device,bus=ide.0,drive=disk1,serial=A0,model=MODEL A,wwn=0x5000c500a1b2c3d4,rotation_rate=7200,bootindex=1
    -blockdev {"driver":"file","node-name":"disk2-image","filename":"/d/servers/s1/disk-A1.img","read-only":false}
    -blockdev {"driver":"raw","node-name":"disk2","file":"disk2-image","read-only":false,"discard":"unmap","detect-zeroes":"unmap","cache":{"no-flush":true}}
    -device ide-hd,id=disk2-device,bus=ide.1,drive=disk2,serial=A1,rotation_rate=1,bootindex=2
    -blockdev {"driver":"file","node-name":"disk3-image","filename":"/d/servers/s1/disk-S.img","read-only":false}
    -blockdev {"driver":"raw","node-name":"disk3","file":"disk3-image","read-only":false,"discard":"unmap","detect-zeroes":"unmap","cache":{"no-flush":true}}
    -device scsi-hd,id=disk3-device,bus=scsi0.0,scsi-id=0,drive=disk3,serial=S,product=SCSI MODEL,wwn=0x5000c500a1b2c3d5,bootindex=3
    -blockdev {"driver":"file","node-name":"disk4-image","filename":"/d/servers/s1/disk-N.img","read-only":false}
    -blockdev {"driver":"raw","node-name":"disk4","file":"disk4-image","read-only":false,"discard":"unmap","detect-zeroes":"unmap","cache":{"no-flush":true}}
    -device nvme,id=disk4-device,serial=N,drive=disk4,bootindex=4"
  `);
});

test("renderQemuArgv: vendor, firmware and WWN of a disk, on the controller of its bus", () => {
  const disks = [
    { serial: "A", size: "1 MiB", bus: "sata", firmware: "SA01" },
    {
      serial: "S",
      size: "1 MiB",
      bus: "sas",
      vendor: "SEAGATE",
      model: "ST1",
      firmware: "N001",
      wwn: "0x5000c500a1b2c3d5",
    },
    { serial: "N", size: "1 MiB", bus: "nvme", wwn: "0x0025385a91b0c3d6" },
  ];
  expect(only(render({ disks, boot: ["network"] }), "device")).toEqual([
    "-device virtio-rng-pci",
    "-device mptsas1068,id=sas0",
    "-device ide-hd,id=disk0-device,bus=ide.0,drive=disk0,serial=A,ver=SA01",
    "-device scsi-hd,id=disk1-device,bus=sas0.0,scsi-id=0,drive=disk1,serial=S,vendor=SEAGATE,product=ST1,ver=N001,wwn=0x5000c500a1b2c3d5",
    "-device nvme,id=disk2-device,serial=N",
    "-device nvme-ns,bus=disk2-device,drive=disk2,eui64=0x0025385a91b0c3d6",
  ]);
});

test("renderQemuArgv: a slot is a root port of its number, a card is behind it, and the kernel numbers slots by PCI Express", () => {
  const slots = [1, 12].map((number) => ({ number, name: `PCIe Slot ${number}` }));
  const nics = [{ mac: "52:54:00:00:00:01" }, { mac: "52:54:00:00:00:02", model: "e1000e", slot: 12 }];
  expect(only(render({ slots, nics, boot: ["disk"] }), "device", "global")).toEqual([
    "-device virtio-rng-pci",
    "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
    "-device pcie-root-port,id=slot1,bus=pcie.0,addr=0x10,chassis=1,slot=1",
    "-device pcie-root-port,id=slot12,bus=pcie.0,addr=0x1b,chassis=12,slot=12",
    "-device virtio-net-pci,id=nic0,netdev=net0,mac=52:54:00:00:00:01",
    "-device e1000e,id=nic1,netdev=net1,bus=slot12,mac=52:54:00:00:00:02",
  ]);
});

test("renderQemuArgv: a management controller is at the other end of a socket", () => {
  expect(only(render({ bmc: {} }), "device", "chardev").slice(2)).toEqual([
    "-chardev socket,id=bmc0,path=/run/vetbox-rack/r1/servers/s1/bmc.sock,server=on,wait=off",
    "-device ipmi-bmc-extern,id=ipmi0,chardev=bmc0",
    "-device isa-ipmi-kcs,bmc=ipmi0",
  ]);
});

test("renderQemuArgv: what the boot order leaves out gets no place in it", () => {
  const device = { disks: [{ serial: "V", size: "1 MiB", bus: "virtio" }], nics: [{ mac: "52:54:00:00:00:01" }] };
  expect(render({ ...device, boot: ["disk"] }).filter((line) => line.includes("bootindex"))).toEqual([
    "-device virtio-blk-pci,id=disk0-device,drive=disk0,serial=V,bootindex=0",
  ]);
});

test("renderQemuArgv: UEFI has its own variables and its own ROM, for virtio cards only", () => {
  const nics = [{ mac: "52:54:00:00:00:01" }, { mac: "52:54:00:00:00:02", model: "e1000e" }];
  const roms = { bios: "/bios.rom", uefi: "" };
  expect(only(render({ firmware: "uefi", nics }, roms), "drive", "fw_cfg", "device").join("\n")).toMatchInlineSnapshot(`
    "-device virtio-rng-pci
    -drive if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd
    -drive if=pflash,format=raw,unit=1,file=/d/servers/s1/uefi-vars.fd
    -fw_cfg name=opt/org.tianocore/IPv6Support,string=n
    -device virtio-net-pci,id=nic0,netdev=net0,mac=52:54:00:00:00:01,bootindex=0,romfile=
    -device e1000e,id=nic1,netdev=net1,mac=52:54:00:00:00:02,bootindex=1"
  `);
  expect(only(render({ nics }, roms), "device").join("\n")).toContain("romfile=/bios.rom,disable-legacy=on");
});

test("renderQemuArgv: every SMBIOS table, and a comma in a value stays in the value", () => {
  const smbios = {
    manufacturer: "Acme, Inc.,serial=forged",
    product: "P",
    version: "V",
    serial: "S",
    uuid: UUID,
    bios: { vendor: "B", version: "1", date: "01/02/2020" },
    board: { manufacturer: "M", product: "P", serial: "S" },
    chassis: { manufacturer: "M", serial: "S" },
    processor: { manufacturer: "M", version: "V" },
    dimms: [{ slot: "A1", size: "1 GiB" }, { slot: "B1" }],
    oemStrings: ["one"],
  };
  expect(only(render({ smbios, psus: [{ name: "PSU1" }] }), "smbios").join("\n")).toMatchInlineSnapshot(`
    "-smbios type=0,vendor=B,version=1,date=01/02/2020
    -smbios type=1,manufacturer=Acme,, Inc.,,serial=forged,product=P,version=V,serial=S,uuid=4c4c4544-0031-4b10-8033-b4c04f4d3432
    -smbios type=2,manufacturer=M,product=P,serial=S
    -smbios type=3,manufacturer=M,serial=S
    -smbios type=4,manufacturer=M,version=V
    -smbios file=/run/vetbox-rack/r1/servers/s1/smbios-oem-strings.bin
    -smbios file=/run/vetbox-rack/r1/servers/s1/smbios-memory.bin
    -smbios file=/run/vetbox-rack/r1/servers/s1/smbios-dimm-0.bin
    -smbios file=/run/vetbox-rack/r1/servers/s1/smbios-dimm-1.bin
    -smbios file=/run/vetbox-rack/r1/servers/s1/smbios-psu-0.bin"
  `);
});

test("renderQemuArgv: a wrong clock is set in UTC", () => {
  expect(render({ clock: "2019-01-02T03:04:05+02:00" })).toContain("-rtc base=2019-01-02T01:04:05");
});

test("serverUuid: the same for the same server, a UUID, and the declared one if there is one", () => {
  const spec = (mac: string) => decodeServer({ name: "s1", firmware: "bios", nics: [{ mac }] });
  const uuid = serverUuid(spec("52:54:00:00:00:01"));
  expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(serverUuid(spec("52:54:00:00:00:01"))).toBe(uuid);
  expect(serverUuid(spec("52:54:00:00:00:02"))).not.toBe(uuid);
  expect(serverUuid(decodeServer({ name: "s1", firmware: "bios", smbios: { uuid: UUID.toUpperCase() } }))).toBe(UUID);
});

test("serverOf: knows a rack's own processes, and no other program's or rack's", () => {
  const argv = renderQemuArgv(decodeServer({ name: "s1", firmware: "bios" }), files("s1"), {});
  expect(serverOf(argv, "/run/vetbox-rack/r1")).toBe("s1");
  expect(serverOf(["/usr/bin/qemu-system-x86_64", ...argv.slice(1)], "/run/vetbox-rack/r1")).toBe("s1");
  expect(serverOf(argv, "/run/vetbox-rack/r")).toBeNull();
  expect(serverOf(argv, "/run/vetbox-rack/r11")).toBeNull();
  expect(serverOf(["ip", "netns", "exec", "vbr1-sw", ...argv], "/run/vetbox-rack/r1")).toBeNull();
  expect(serverOf(["qemu-system-x86_64", "-m", "1"], "/run/vetbox-rack/r1")).toBeNull();
  expect(serverOf([], "/run/vetbox-rack/r1")).toBeNull();
});
