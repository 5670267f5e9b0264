/** CPUStress's figures. Pure. */
import type { LimitTable } from "../limits.ts";

/** See the entries. */
export const CPU_LIMITS = {
  loadS: {
    what: "how long the processors are loaded",
    unit: "s",
    source:
      "2 min finds what fails at once; 30 min is in the middle of what test suites do (5 min to 2 h); 12 h is a burn-in",
    default: { quick: 120, standard: 1_800, soak: 43_200 },
    min: 2,
    max: 604_800,
  },
  marginC: {
    what: "least distance of a component from the temperature at which it protects itself",
    unit: "°C",
    source: "5 °C: heat still rises where a rack is warmer than the repair bench",
    default: 5,
    min: 0,
    max: 50,
  },
  maxTempC: {
    what: "highest temperature of a processor, whatever it would bear",
    unit: "°C",
    source:
      "100 °C: the highest that makers of server processors allow (Tj max, Tctl max), for those that name no limit themselves",
    default: 100,
    min: 30,
    max: 125,
  },
  baseSpeedPercent: {
    what: "least mean speed under load, in parts of the promised one",
    unit: "%",
    source:
      "the maker's base frequency is for all cores at work; 5 % for measuring, wide vector units run a little slower",
    default: 95,
    min: 10,
    max: 100,
  },
  spreadPercent: {
    what: "most by which one socket may compute less than the best one",
    unit: "%",
    source: "10 %: sockets of one server have one kind of processor and one load",
    default: 10,
    min: 1,
    max: 100,
  },
} as const satisfies LimitTable;
