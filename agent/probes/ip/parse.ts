/** Addresses of interfaces, of `ip -j address show`. Pure, total, one pass. */
import { countAt, rowsAt, textAt } from "../json-values.ts";
import { cleanText } from "../label.ts";
import { parseLenientJson } from "../lenient-json.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** One address. */
export interface IpAddress {
  readonly family: "inet" | "inet6";
  readonly address: string;
  readonly prefixBits: number;
  /** `global`, `link`, `host`. */
  readonly scope: string;
}

/** One interface with its addresses, in the kernel's order: the one that it sends from comes first. */
export interface IpInterface {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
}

const ADDRESS = /^[0-9a-f.:]{2,45}$/;

/** Reads what `ip -j address show` printed. An interface without an address of the asked family is left out by `ip` itself. */
export const parseIp = (text: string): Parsed<readonly IpInterface[]> => {
  const parsed = parseLenientJson(text);
  if (!parsed.ok) return parsed;
  const [document] = parsed.facts;
  if (!Array.isArray(document)) return notUnderstood("line 1", "No list of interfaces.");
  // Some releases print an empty object for each interface that was not asked for.
  return understood(
    rowsAt({ document }, "document").flatMap((row): readonly IpInterface[] => {
      const name = textAt(row, "ifname", 64);
      if (name === undefined) return [];
      const addresses = rowsAt(row, "addr_info").flatMap((info): readonly IpAddress[] => {
        const [family, address] = [textAt(info, "family"), textAt(info, "local")];
        const prefixBits = countAt(info, "prefixlen");
        if ((family !== "inet" && family !== "inet6") || address === undefined || prefixBits === undefined) return [];
        if (!ADDRESS.test(address) || prefixBits > 128) return [];
        return [{ family, address, prefixBits, scope: textAt(info, "scope", 64) ?? "unknown" }];
      });
      return [{ name: cleanText(name, 64), addresses }];
    }),
  );
};
