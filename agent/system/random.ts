/** Randomness as a dependency, so that a test's jitter and keys repeat. */
import { randomBytes } from "node:crypto";

/** Where jitter and keys come from. */
export interface Random {
  /** From 0 up to, but not including, 1. For jitter, never for keys. */
  unit(): number;
  /** Unpredictable bytes as lower-case hex. */
  hex(bytes: number): string;
}

/** The operating system's randomness. */
export const systemRandom: Random = {
  unit: () => Math.random(),
  hex: (bytes) => randomBytes(bytes).toString("hex"),
};
