/** Enrol codes and session tokens: how they are made, hashed and compared. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** What the database keeps of a code or a token. */
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** Compares two hashes without telling by its duration where they differ. */
export const sameHash = (a: string, b: string): boolean => {
  const [x, y] = [Buffer.from(a, "hex"), Buffer.from(b, "hex")];
  return x.length === y.length && timingSafeEqual(x, y);
};

/**
 * The session token of a claim. It follows from the claim and the box's own key, so that a claim that is sent again, because its answer was lost, gets the
 * same token although the box keeps only its hash.
 */
export const sessionTokenOf = (boxKey: Uint8Array, enrolHash: string, claimKey: string, bootId: string): string =>
  createHmac("sha256", boxKey)
    .update(JSON.stringify([enrolHash, claimKey, bootId]))
    .digest("hex");
