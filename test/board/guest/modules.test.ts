import { expect, test } from "bun:test";
import { moduleName, orderModules, parseDepends } from "./modules.ts";

const module = (...depends: readonly string[]): Uint8Array =>
  Buffer.from(`\x7fELF..independs=none\0license=GPL\0depends=${depends.join(",")}\0name=x\0`);

test("parseDepends finds the string of .modinfo, and none where there is none", () => {
  expect(parseDepends(module("usbcore", "hid"))).toEqual(["usbcore", "hid"]);
  expect(parseDepends(module())).toEqual([]);
  expect(parseDepends(Buffer.from("\x7fELF"))).toEqual([]);
});

test("moduleName is the kernel's name for a file", () => {
  expect(moduleName("kernel/drivers/hid/hid-cp2112.ko.xz")).toBe("hid_cp2112");
  expect(moduleName("usb-common")).toBe("usb_common");
});

test("orderModules puts each once and after what it needs, and leaves out what is built in", async () => {
  const modules: Record<string, Uint8Array | null> = {
    hid_cp2112: module("usbhid", "hid"),
    usbhid: module("usbcore", "hid"),
    usbcore: module("usb-common"),
    usb_common: module(),
    hid: null,
    i2c_tiny_usb: module("usbcore"),
  };
  const read = async (name: string) => {
    const found = modules[name];
    if (found === undefined) throw new Error(`no module ${name}`);
    return found;
  };
  const ordered = await orderModules(["hid_cp2112", "i2c_tiny_usb", "usbcore"], read);
  expect(ordered.map(({ name }) => name)).toEqual(["usb_common", "usbcore", "usbhid", "hid_cp2112", "i2c_tiny_usb"]);
  await expect(orderModules(["nvme"], read)).rejects.toThrow("no module nvme");
});
