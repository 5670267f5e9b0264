/** Certificates for tests with real TLS on loopback: made anew for each test file, kept nowhere. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate as a server and a pin need it. */
export interface FakeCertificate {
  readonly key: string;
  readonly cert: string;
  /** SHA-256 of the DER form, hex. */
  readonly pin: string;
}

const SAN = "subjectAltName=IP:127.0.0.1";
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=vetbox"];

const openssl = (cwd: string, ...args: readonly string[]): void => {
  const done = Bun.spawnSync(["openssl", ...args], { cwd, stderr: "pipe" });
  if (done.exitCode !== 0) throw new Error(done.stderr.toString());
};

const load = (dir: string, name: string): FakeCertificate => {
  const cert = readFileSync(join(dir, `${name}.crt`), "utf8");
  const der = Buffer.from(cert.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const pin = createHash("sha256").update(der).digest("hex");
  return { key: readFileSync(join(dir, `${name}.key`), "utf8"), cert, pin };
};

/** Two self-signed ECDSA certificates for 127.0.0.1, as the box makes its own, and one that the first has issued. Needs the package `openssl`. */
export const makeCertificates = (): Record<"ours" | "other" | "issued", FakeCertificate> => {
  const dir = mkdtempSync(join(tmpdir(), "vetbox-cert-"));
  try {
    for (const name of ["ours", "other"])
      openssl(
        dir,
        "req",
        "-x509",
        ...NEW_KEY,
        "-keyout",
        `${name}.key`,
        "-out",
        `${name}.crt`,
        "-days",
        "30",
        "-addext",
        SAN,
      );
    openssl(dir, "req", "-new", ...NEW_KEY, "-keyout", "issued.key", "-out", "issued.csr");
    writeFileSync(join(dir, "san"), SAN);
    const authority = ["-CA", "ours.crt", "-CAkey", "ours.key", "-CAcreateserial"];
    openssl(
      dir,
      "x509",
      "-req",
      "-in",
      "issued.csr",
      ...authority,
      "-days",
      "30",
      "-extfile",
      "san",
      "-out",
      "issued.crt",
    );
    return { ours: load(dir, "ours"), other: load(dir, "other"), issued: load(dir, "issued") };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
