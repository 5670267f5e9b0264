/** The syntax of QEMU's options. */

/** `a=b,c=d` with QEMU's escape: a comma in a value is written twice. Undefined values are left out. */
export const renderOptions = (head: string, options: Readonly<Record<string, string | number | undefined>>): string =>
  [
    head,
    ...Object.entries(options).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${doubleCommas(String(value))}`],
    ),
  ].join(",");

/** A value with its commas written twice. */
export const doubleCommas = (value: string): string => value.replaceAll(",", ",,");
