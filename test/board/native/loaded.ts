/** Loads the hardware's packages, uses both native halves, and says which files of native code this process has mapped. */
import { readFileSync } from "node:fs";
import i2c from "i2c-bus";
import { Gpio } from "onoff";

const line = new Gpio(529, "in", "both");
line.watch(() => {});
const bus = i2c.openSync(1);
bus.receiveByteSync(0x48);
const mapped = readFileSync("/proc/self/maps", "utf8").match(/\/\S+\.(node|so)\S*$/gm) ?? [];
bus.closeSync();
line.unexport();
process.stdout.write(`${JSON.stringify([...new Set(mapped)])}\n`);
