/** The way to the lines that this kernel has: sysfs where there is one, else the character device. */
import { existsSync } from "node:fs";
import type { OpenGpioPort } from "./port.ts";

const SYSFS_EXPORT = "/sys/class/gpio/export";

/** Takes the lines. Each way is loaded when it is needed: where its native part does not load there are no buttons, and the box runs. */
export const openGpioPort: OpenGpioPort = async (request) => {
  if (existsSync(SYSFS_EXPORT)) {
    const { openSysfsPort } = await import("./sysfs.ts");
    return openSysfsPort(request);
  }
  const { KERNEL_DEVICES, openChardevPort } = await import("./chardev.ts");
  return openChardevPort(KERNEL_DEVICES)(request);
};
