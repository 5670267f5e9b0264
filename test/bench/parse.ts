/**
 * `bun run bench parse`: how many files each parser reads in a second, and how it compares with the least that any reader of the same text has to do:
 * `JSON.parse` for JSON, splitting into lines for everything else.
 */
import { defineCommand } from "citty";
import { loadSamples } from "../../agent/fakes/samples.ts";
import { PARSERS } from "../../agent/probes/parsers.ts";
import { median, renderTable } from "./figures.ts";

const ROUNDS = 5;
const ROUND_MS = 200;

/** Reads the texts over and over for one round; answers passes over all of them in a second. */
const passesPerSecond = (texts: readonly string[], read: (text: string) => unknown): number => {
  let passes = 0;
  const startMs = performance.now();
  let elapsedMs = 0;
  while (elapsedMs < ROUND_MS) {
    for (const text of texts) read(text);
    passes += 1;
    elapsedMs = performance.now() - startMs;
  }
  return (passes * 1000) / elapsedMs;
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** One line of the table: both readers in alternating rounds, the middle of each. */
const measure = (tool: string, parse: (text: string) => unknown): readonly (string | number)[] => {
  const texts = loadSamples(tool).map((sample) => sample.text);
  if (texts.length === 0) return [tool, "0", "-", "-", "-", "-", "-"];
  const json = texts.every(isJson);
  const readPeer = json ? (text: string) => JSON.parse(text) : (text: string) => text.split("\n");
  const [own, peer]: [number[], number[]] = [[], []];
  passesPerSecond(texts, parse); // warm
  for (let round = 0; round < ROUNDS; round += 1) {
    own.push(passesPerSecond(texts, parse));
    peer.push(passesPerSecond(texts, readPeer));
  }
  const rate = median(own);
  const kilobytes = texts.reduce((total, text) => total + text.length, 0) / 1e3;
  return [
    tool,
    String(texts.length),
    (kilobytes / texts.length).toFixed(1),
    (rate * texts.length).toFixed(0),
    ((rate * kilobytes) / 1e3).toFixed(0),
    json ? "JSON.parse" : "line split",
    rate / median(peer),
  ];
};

/** The bench. */
export const parse = defineCommand({
  meta: { name: "parse", description: "Files per second of each parser, and its speed as a share of a bare reader's" },
  run: () => {
    const head = ["parser", "files", "kB each", "files/s", "MB/s", "peer", "speed/peer"];
    const rows = Object.entries(PARSERS).map(([tool, entry]) => measure(tool, entry.parse));
    process.stdout.write(`${renderTable([head, ...rows])}\n`);
  },
});
