/** Starts a long transaction and says how often the event loop turned before its end: `slow-call.ts <write|smbus>`. */
import i2c from "i2c-bus";

const bus = i2c.openSync(1);
const buffer = Buffer.alloc(33);
bus.i2cFuncsSync(); // opens the file, as any call before would have

let turns = 0;
const timer = setInterval(() => {
  turns += 1;
}, 1);
const startedMs = performance.now();
const done = (error: unknown): void => {
  clearInterval(timer);
  const tookMs = performance.now() - startedMs;
  process.stdout.write(`${JSON.stringify({ turns, tookMs, calledMs, error: error ? String(error) : null })}\n`);
  bus.closeSync();
};
if (process.argv[2] === "smbus") bus.writeI2cBlock(0x48, 0, 32, buffer, done);
else bus.i2cWrite(0x48, 33, buffer, done);
const calledMs = performance.now() - startedMs;
