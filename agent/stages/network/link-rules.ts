/** What Network says of links: there, at their speed, both ways at once, steady, and without damaged frames. Pure. */
import type { Limits } from "../limits.ts";
import type { Finding } from "../rule.ts";
import { ERROR_COUNTERS, type NetworkFacts, type Port } from "./facts.ts";
import type { NETWORK_LIMITS } from "./limits.ts";
import { componentOf } from "./throughput-rules.ts";

type Figures = Limits<typeof NETWORK_LIMITS>;

/** What is said of each port that has a link. Of the others `network.link` says all that there is to say. */
const eachLinked =
  (find: (port: Port, component: string, limits: Figures) => Finding) =>
  ({ ports }: NetworkFacts, limits: Figures): readonly Finding[] =>
    ports
      .filter(({ name, linkUp }) => name !== undefined && linkUp !== false)
      .map((port) => find(port, componentOf(port), limits));

/** Whether each port still has the link that the inventory saw. Where one belongs is the spec's to say. */
export const findLinks = ({ ports }: NetworkFacts): readonly Finding[] =>
  ports.map((port): Finding => {
    const component = componentOf(port);
    if (port.name === undefined)
      return { verdict: "FAIL", component, message: "The inventory saw this port; no interface has its address now." };
    if (port.linkUp === true) return { verdict: "PASS", component, message: `${port.name} has a link.` };
    if (port.linkUp === undefined)
      return {
        verdict: "SKIPPED",
        component,
        message: `The driver of ${port.name} does not tell whether it has a link.`,
      };
    return port.hadLink === true
      ? { verdict: "FAIL", component, message: `${port.name} had a link in the inventory and has none now.` }
      : {
          verdict: "SKIPPED",
          component,
          message: `${port.name} has no link; whether one belongs there is the spec's to say.`,
        };
  });

/** Whether the link runs as fast as both of its ends can. */
export const findSpeeds = eachLinked(({ mbps, maxMbps, partnerMaxMbps }, component) => {
  if (mbps === undefined)
    return { verdict: "SKIPPED", component, message: "The port tells no speed, as virtual ones do." };
  const measured = `${mbps} Mb/s`;
  if (maxMbps === undefined)
    return {
      verdict: "SKIPPED",
      component,
      measured,
      message: `It runs at ${measured}; the driver does not tell what it could.`,
    };
  if (mbps >= maxMbps)
    return {
      verdict: "PASS",
      component,
      measured,
      limit: `${maxMbps} Mb/s`,
      message: `It runs at ${measured}, its fastest.`,
    };
  if (partnerMaxMbps === undefined)
    return {
      ...{ verdict: "SKIPPED", component, measured },
      message: `It runs at ${measured} of ${maxMbps}; what the other end can do, it does not say.`,
    };
  const best = Math.min(maxMbps, partnerMaxMbps);
  const both = `both ends can do ${best} Mb/s`;
  return {
    verdict: mbps < best ? "FAIL" : "PASS",
    component,
    message: mbps < best ? `It runs at ${measured}; ${both}.` : `It runs at ${measured}, as fast as ${both}.`,
    measured,
    limit: `${best} Mb/s`,
  };
});

/** Whether the link carries both directions at once. */
export const findDuplex = eachLinked(({ duplex }, component) => {
  if (duplex === "full") return { verdict: "PASS", component, message: "The link is full duplex.", measured: duplex };
  if (duplex === "half")
    return { verdict: "FAIL", component, message: "The link is half duplex.", measured: duplex, limit: "full" };
  return { verdict: "SKIPPED", component, message: "The port tells no duplex, as virtual ones do." };
});

/** Whether the link went away while it was measured. */
export const findFlaps = eachLinked(({ before, after }, component) => {
  const [from, to] = [before.carrier_changes, after.carrier_changes];
  if (from === undefined || to === undefined)
    return { verdict: "SKIPPED", component, message: "The kernel does not count the changes of its link." };
  const changes = to - from;
  if (changes < 0)
    return { verdict: "ERROR", component, message: "Its counters began anew: the interface was made again meanwhile." };
  return {
    verdict: changes > 0 ? "FAIL" : "PASS",
    component,
    message: changes > 0 ? "The link went down or up while it was measured." : "The link was steady.",
    measured: `${changes} changes`,
    limit: "0 changes",
  };
});

/** Whether frames came damaged, or were lost in the port. */
export const findErrors = eachLinked(({ before, after }, component, { newErrors }) => {
  const grown = ERROR_COUNTERS.flatMap((name) => {
    const [from, to] = [before[name], after[name]];
    return from === undefined || to === undefined ? [] : [{ name, count: to - from }];
  });
  if (grown.length === 0) return { verdict: "SKIPPED", component, message: "The driver has no counters of errors." };
  if (grown.some(({ count }) => count < 0))
    return { verdict: "ERROR", component, message: "Its counters began anew: the interface was made again meanwhile." };
  const some = grown.filter(({ count }) => count > 0);
  const total = some.reduce((sum, { count }) => sum + count, 0);
  const words = some.map(({ name, count }) => `${name} by ${count}`).join(", ");
  return {
    verdict: total === 0 ? "PASS" : total <= newErrors ? "WARN" : "FAIL",
    component,
    message: total === 0 ? "No counter of errors grew." : `Counters grew while it was measured: ${words}.`,
    measured: `${total}`,
    limit: "0",
  };
});
