import { afterEach, describe, expect, test } from "bun:test";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { createCertificate, openCertificate } from "./certificate.ts";
import { serveAgentApi } from "./http/edge.ts";

const dirs: string[] = [];
const stateDir = async () => {
  const dir = await mkdtemp(join(tmpdir(), "vetbox-certificate-"));
  dirs.push(dir);
  return dir;
};
afterEach(async () => {
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true, force: true });
});

const NAMES = { address: "10.77.0.1", name: "vetbox" } as const;

describe("createCertificate", () => {
  test("makes a certificate that another implementation reads and verifies", () => {
    const made = createCertificate(NAMES);
    const read = new X509Certificate(made.cert);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
    expect(read.subject).toBe("CN=vetbox");
    expect(read.issuer).toBe("CN=vetbox");
    expect(read.ca).toBe(false);
    expect(read.subjectAltName).toBe(
      "DNS:vetbox, DNS:vetbox.local, DNS:localhost, IP Address:10.77.0.1, IP Address:127.0.0.1",
    );
    expect(read.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
  });

  test("is valid from 1970 to 9999, whatever a server's clock says", () => {
    const read = new X509Certificate(createCertificate(NAMES).cert);
    expect(new Date(read.validFrom).toISOString()).toBe("1970-01-01T00:00:00.000Z");
    expect(new Date(read.validTo).toISOString()).toBe("9999-12-31T23:59:59.000Z");
  });

  test("tells its fingerprint as SHA-256 of the DER in lower hex", () => {
    const made = createCertificate(NAMES);
    expect(made.fingerprintSha256).toBe(
      new X509Certificate(made.cert).fingerprint256.replaceAll(":", "").toLowerCase(),
    );
  });

  test("makes 200 well-formed ones: no serial, key or signature byte breaks the encoding", () => {
    const serials = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const read = new X509Certificate(createCertificate(NAMES).cert);
      if (!read.verify(read.publicKey)) throw new Error(read.toString());
      serials.add(read.serialNumber);
    }
    expect(serials.size).toBe(200);
  });

  test("serves TLS 1.2 and 1.3 that its own pin and names accept, and nothing older", async () => {
    const made = createCertificate({ address: "127.0.0.1", name: "vetbox" });
    const app = { fetch: () => new Response("ok") };
    await using listener = await serveAgentApi({ app, hostname: "127.0.0.1", port: 0, cert: made.cert, key: made.key });
    const connect = (version: tls.SecureVersion) =>
      new Promise<string>((resolve) => {
        const socket = tls.connect(
          { host: "127.0.0.1", port: listener.port, ca: made.cert, minVersion: version, maxVersion: version },
          () => {
            resolve(`${socket.getProtocol()} ${socket.authorized}`);
            socket.destroy();
          },
        );
        socket.on("error", () => resolve("refused"));
      });
    expect(await Promise.all((["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const).map(connect))).toEqual([
      "refused",
      "refused",
      "TLSv1.2 true",
      "TLSv1.3 true",
    ]);
  });
});

describe("openCertificate", () => {
  test("keeps one certificate across starts, readable by its owner alone", async () => {
    const dir = await stateDir();
    const first = await openCertificate(dir, NAMES);
    expect(await openCertificate(dir, NAMES)).toEqual(first);
    expect((await stat(join(dir, "certificate.pem"))).mode & 0o777).toBe(0o600);
  });

  test("makes another one when the address or the name changes", async () => {
    const dir = await stateDir();
    const first = await openCertificate(dir, NAMES);
    const moved = await openCertificate(dir, { ...NAMES, address: "10.77.0.10" });
    expect(moved.fingerprintSha256).not.toBe(first.fingerprintSha256);
    expect((await openCertificate(dir, { ...NAMES, name: "vetbox-2" })).cert).not.toBe(moved.cert);
  });

  test("makes another one in place of a file that was cut short", async () => {
    const dir = await stateDir();
    await openCertificate(dir, NAMES);
    await truncate(join(dir, "certificate.pem"), 300);
    const fresh = await openCertificate(dir, NAMES);
    expect(await readFile(join(dir, "certificate.pem"), "utf8")).toBe(`${fresh.key}${fresh.cert}`);
  });

  test("throws when the place cannot be written", async () => {
    await expect(openCertificate("/proc/vetbox", NAMES)).rejects.toThrow("file-unwritable");
  });
});
