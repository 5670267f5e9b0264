/** Drives a line with onoff as published: `outputs.ts <number>`. Says what it reads back. */
import { Gpio } from "onoff";

const line = new Gpio(Number(process.argv[2]), "low");
const said: unknown[] = [line.direction(), line.readSync()];
line.writeSync(1);
said.push(line.readSync(), await line.read());
await line.write(0);
said.push(line.readSync());
line.setActiveLow(true);
said.push(line.activeLow(), line.readSync());
line.setDirection("in");
said.push(line.direction(), line.edge());
try {
  line.writeSync(1);
} catch (error) {
  said.push((error as NodeJS.ErrnoException).code);
}
line.unexport();
process.stdout.write(`${JSON.stringify([...said, Gpio.accessible])}\n`);
