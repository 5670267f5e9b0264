/** Field schemas that several messages share. */
import * as v from "valibot";

/** Text without control characters (tab is allowed), up to `max` characters. */
export const text = (max: number) =>
  v.pipe(
    v.string(),
    v.maxLength(max),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the purpose
    v.regex(/^[^\u0000-\u0008\u000a-\u001f\u007f]*$/, "must not hold control characters"),
  );

/** A whole number from 0 up that JSON and JavaScript agree on. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Milliseconds since 1970 UTC, by whichever clock the field names. */
export const epochMs = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(8.64e15));

/** A MAC address as six lower-case hexadecimal pairs with colons. */
export const macAddress = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, "must be a MAC address"),
);

/** The boot-session id: `/proc/sys/kernel/random/boot_id`. It tells a reboot from a restarted agent. */
export const bootId = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "must be a boot id"),
);

/** A file name that is shown, never used as a path. */
export const fileName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "must be a plain file name"));
