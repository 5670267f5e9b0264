import { expect, test } from "bun:test";
import { diagnoseLoss, LOSS_KINDS, type LossEvidence, type LossKind } from "./power-loss.ts";

/** A host of which nothing is heard, and nothing could be asked. */
const NOTHING: LossEvidence = {
  ...{ hostName: "r07-u12", wasThere: true, bmc: null, bmcAnsweredBefore: false, address: "10.77.0.51" },
  ...{ ping: null, neighbour: null, carrier: null, bootStep: null },
  ...{ others: { expected: 0, heard: 0 }, wakes: 0, pushes: 0 },
};
const SILENT = { ping: false, neighbour: "silent", carrier: true } as const;
const ON = { bmc: { state: "on" } } as const;
const OFF = { bmc: { state: "off" } } as const;
const MUTE = { bmc: { trouble: "Nothing answers at 10.77.0.9:443 (EHOSTUNREACH)." } } as const;

/** What was found, and the word and a piece of the sentence that follow. Each ground of the table decides at least one. */
const CASES: readonly (readonly [string, Partial<LossEvidence>, LossKind, RegExp])[] = [
  ["its BMC says off", { ...SILENT, ...OFF }, "powered-off", /its BMC says so/],
  ["off although it was powered", { ...SILENT, ...OFF, pushes: 3 }, "powered-off", /although its BMC was told/],
  ["off outweighs a boot that was seen", { ...OFF, bootStep: "loader" }, "powered-off", /its BMC says so/],
  ["the box has no link", { ...SILENT, carrier: false, ...ON }, "link-down", /own link/],
  ["it asked to boot again", { ...SILENT, ...ON, bootStep: "dhcp-discover" }, "rebooting", /began to boot/],
  ["another machine has its address", { ping: true, neighbour: "other" }, "network", /Another machine/],
  ["its kernel answers", { ping: true, neighbour: "own" }, "hung", /its agent does not/],
  ["it answers ARP alone", { ping: false, neighbour: "own" }, "hung", /its agent does not/],
  ["nobody is heard of", { ...SILENT, ...ON, others: { expected: 2, heard: 0 } }, "network", /No server is heard/],
  ["it and its BMC are gone", { ...SILENT, ...MUTE, bmcAnsweredBefore: true }, "powered-off", /mains power/],
  ["its BMC never answered", { ...SILENT, ...MUTE }, "unknown", /is silent/],
  ["powered and mute", { ...SILENT, ...ON, others: { expected: 2, heard: 2 } }, "hung", /answers nothing/],
  ["powered, and never came", { ...ON, wasThere: false, address: null }, "unknown", /did not ask the network/],
  ["never came", { wasThere: false, address: null, wakes: 45 }, "unknown", /however often it was woken/],
  ["nothing could be asked", {}, "unknown", /it is off, hangs, or its cable/],
];

test.each(CASES)("diagnoseLoss: %s", (_name, seen, kind, cause) => {
  const diagnosis = diagnoseLoss({ ...NOTHING, ...seen });
  expect(diagnosis.kind).toBe(kind);
  expect(diagnosis.cause).toMatch(cause);
  expect(diagnosis.remedy).not.toBe("");
});

test("diagnoseLoss says every word that there is, and tells a host that was never seen where its power button is", () => {
  expect(new Set(CASES.map(([, , kind]) => kind))).toEqual(new Set(LOSS_KINDS));
  const unseen = diagnoseLoss({ ...NOTHING, wasThere: false, address: null, wakes: 45, ...OFF, pushes: 1 });
  expect(unseen).toEqual({
    kind: "powered-off",
    cause: "r07-u12 is off, although its BMC was told to power it on.",
    remedy: "Check its power supplies and its event log, then press the power button of r07-u12.",
    evidence: ["BMC: power is off", "Woken by 45 rounds of magic packets", "Powered by its BMC once"],
  });
});

test("diagnoseLoss names its grounds, and leaves out what could not be asked", () => {
  const { evidence } = diagnoseLoss({ ...NOTHING, ...SILENT, ...MUTE, others: { expected: 3, heard: 2 } });
  expect(evidence).toEqual([
    "BMC: Nothing answers at 10.77.0.9:443 (EHOSTUNREACH).",
    "Echo: 10.77.0.51 does not answer",
    "ARP: nobody answers for its address",
    "Link of the box: up",
    "Other servers: 2 of 3 heard of",
  ]);
  expect(diagnoseLoss(NOTHING).evidence).toEqual([]);
});

test("diagnoseLoss repeats a host's name as it is, whatever it looks like", () => {
  expect(diagnoseLoss({ ...NOTHING, hostName: "$& HOST" }).cause).toStartWith("$& HOST is silent");
});
