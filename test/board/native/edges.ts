/**
 * Watches lines with onoff as published and says each value: `edges.ts <edge> <count> <json of options> <line>...`, lines as offsets of the chip `pinctrl-bcm2711`.
 * Says "ready", then `[line, value]` for each edge, and ends by itself after so many.
 */
import { readdirSync, readFileSync } from "node:fs";
import { type Edge, Gpio } from "onoff";

const ROOT = "/sys/class/gpio";
const [edge = "both", count = "1", options = "{}", ...offsets] = process.argv.slice(2);

const chip = readdirSync(ROOT).find(
  (name) => name.startsWith("gpiochip") && readFileSync(`${ROOT}/${name}/label`, "utf8").trim() === "pinctrl-bcm2711",
);
const base = Number(readFileSync(`${ROOT}/${chip}/base`, "utf8"));

const say = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};

let left = Number(count);
const lines = offsets.map((offset) => {
  const line = new Gpio(base + Number(offset), "in", edge as Edge, JSON.parse(options));
  line.watch((error, value) => {
    if (error) throw error;
    say([Number(offset), value]);
    left -= 1;
    if (left === 0) for (const one of lines) one.unexport();
  });
  return line;
});
say("ready");
