/**
 * The box's certificate: self-signed, pinned by its fingerprint, made once and kept.
 *
 * Written with our own DER encoder (70 lines, encode only, read back by two other implementations in its test) because every alternative costs more
 * than the one structure is worth: `@peculiar/x509` brings 20 packages and a reflection polyfill; the `openssl` program cannot set `notBefore` before
 * version 3.4 except through a certificate authority's folder, and a laptop's LibreSSL differs again. The cryptography is `node:crypto`'s.
 */
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { chmod, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../agent/system/fault.ts";
import * as der from "./certificate/der.ts";

/** The box's certificate and key, both PEM. */
export interface BoxCertificate {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the certificate in DER, lower-case hex: the pin. */
  readonly fingerprintSha256: string;
}

/** Whose certificate it is. */
export interface CertificateNames {
  /** IPv4 address of the box on the rack's network. */
  readonly address: string;
  /** Host name of the box; `NAME.local` is in the certificate too. */
  readonly name: string;
}

const OID = {
  ecPublicKeySha256: "1.2.840.10045.4.3.2", // ecdsa-with-SHA256, RFC 5758
  commonName: "2.5.4.3",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  keyUsage: "2.5.29.15",
  extKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

/** Valid at every clock: a repaired server's may be wrong by decades, and the pin, not the date, is what is trusted. RFC 5280 4.1.2.5 reserves the last. */
const NOT_BEFORE = "700101000000Z";
const NOT_AFTER = "99991231235959Z";

const dnsNames = (name: string): readonly string[] => [name, `${name}.local`, "localhost"];
const addresses = (address: string): readonly string[] => [...new Set([address, "127.0.0.1"])];

const extension = (oid: string, critical: boolean, value: Uint8Array): Uint8Array =>
  der.sequence(der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value));

const extensions = ({ address, name }: CertificateNames): Uint8Array =>
  der.sequence(
    extension(OID.basicConstraints, true, der.sequence()), // not an authority
    extension(OID.keyUsage, true, der.bitString(new Uint8Array([0x80]), 7)), // digitalSignature
    extension(OID.extKeyUsage, false, der.sequence(der.oid(OID.serverAuth))),
    extension(
      OID.subjectAltName,
      false,
      der.sequence(
        ...dnsNames(name).map((dns) => der.implicit(2, new TextEncoder().encode(dns))),
        ...addresses(address).map((ip) => der.implicit(7, new Uint8Array(ip.split(".").map(Number)))),
      ),
    ),
  );

const renderPem = (label: string, bytes: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${(
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? []
  ).join("\n")}\n-----END ${label}-----\n`;

/** A positive serial number of 127 random bits: RFC 5280 wants it non-zero and no longer than 20 octets. */
const serialNumber = (): Uint8Array => {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
};

/** Makes a certificate and key for these names. */
export const createCertificate = (names: CertificateNames): BoxCertificate => {
  const { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
  });
  const algorithm = der.sequence(der.oid(OID.ecPublicKeySha256));
  const subject = der.sequence(der.set(der.sequence(der.oid(OID.commonName), der.utf8(names.name))));
  const toSign = der.sequence(
    der.explicit(0, der.integer(new Uint8Array([2]))), // version 3
    der.integer(serialNumber()),
    algorithm,
    subject, // issuer: itself
    der.sequence(der.utcTime(NOT_BEFORE), der.generalizedTime(NOT_AFTER)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der.explicit(3, extensions(names)),
  );
  const bytes = der.sequence(toSign, algorithm, der.bitString(sign("sha256", toSign, privateKey), 0));
  return {
    cert: renderPem("CERTIFICATE", bytes),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    fingerprintSha256: createHash("sha256").update(bytes).digest("hex"),
  };
};

/** A kept certificate, if it still fits its key and these names. */
const decodeKept = (pem: string, { address, name }: CertificateNames): BoxCertificate | null => {
  const [key, cert] = pem.split(/(?=-----BEGIN CERTIFICATE-----)/);
  if (key === undefined || cert === undefined) return null;
  try {
    const parsed = new X509Certificate(cert);
    const fits =
      parsed.checkPrivateKey(createPrivateKey(key)) &&
      parsed.subjectAltName?.split(", ").includes(`IP Address:${address}`) === true &&
      parsed.subjectAltName.split(", ").includes(`DNS:${name}`);
    return fits ? { cert, key, fingerprintSha256: createHash("sha256").update(parsed.raw).digest("hex") } : null;
  } catch {
    return null; // cut short by a full disk: it is made anew
  }
};

/** Key and certificate in one file, so that a power cut cannot leave the one without the other. */
const FILE = "certificate.pem";

const saveKept = async (dir: string, { key, cert }: BoxCertificate): Promise<void> => {
  const path = join(dir, FILE);
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(`${key}${cert}`);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(`${path}.new`, 0o600); // a leftover of another mode keeps its mode
  await rename(`${path}.new`, path);
};

/** The box's certificate: the kept one, or a new one when there is none or the box's address or name has changed. */
export const openCertificate = async (stateDir: string, names: CertificateNames): Promise<BoxCertificate> => {
  const kept = await readFile(join(stateDir, FILE), "utf8").catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return "";
    throw new Fault("file-unreadable", { path: join(stateDir, FILE) }, { cause });
  });
  const fitting = decodeKept(kept, names);
  if (fitting !== null) return fitting;
  const fresh = createCertificate(names);
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    await saveKept(stateDir, fresh);
  } catch (cause) {
    throw new Fault("file-unwritable", { path: join(stateDir, FILE) }, { cause });
  }
  return fresh;
};
