/** Polls a line's value by epoll.js as published, without onoff, and says the events until the value was read: `levels.ts <number>`. */
import { openSync, readSync, writeFileSync } from "node:fs";
import type { Epoll as EpollClass } from "../../../board/native/epoll.ts";

const { Epoll }: { readonly Epoll: typeof EpollClass } = require("epoll");
const [, , number = ""] = process.argv;
writeFileSync("/sys/class/gpio/export", number);
writeFileSync(`/sys/class/gpio/gpio${number}/edge`, "both");
const fd = openSync(`/sys/class/gpio/gpio${number}/value`, "r");

const say = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};
let told = 0;
const epoll = new Epoll((_error, _fd, events) => {
  told += 1;
  // Clears it; the first time it stays. It is said only then, for the next edge may come as soon as it was said.
  if (told % 2 === 0) readSync(fd, Buffer.alloc(4), 0, 4, 0);
  say(events);
  if (told === 4) epoll.close();
});
epoll.add(fd, Epoll.EPOLLPRI);
