/** An artifact on its way in: straight to a file, hashed and counted as it comes, and gone again unless everything was right. */
import { mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../agent/system/fault.ts";
import { chunksOf, type Read, refuseByHeaders, tooLarge } from "./body.ts";
import { problem } from "./problem.ts";

/** A body that arrived whole and matches its SHA-256. Whoever disposes of it removes the file, unless somebody moved it. */
export interface Upload extends AsyncDisposable {
  readonly path: string;
  readonly sizeBytes: number;
}

const SUFFIX = ".part";

/** Makes the folder, and clears it of what a box that lost power left there. */
export const openUploadDir = async (dir: string): Promise<void> => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const name of await readdir(dir)) if (name.endsWith(SUFFIX)) await rm(join(dir, name), { force: true });
};

const isDiskFull = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");

/** A body's size and digest, or the answer to one that was not copied whole. */
type Copied = { readonly sizeBytes: number; readonly sha256: string } | Response;

const copyBody = async (request: Request, path: string, limitBytes: number): Promise<Copied> => {
  const hash = new Bun.CryptoHasher("sha256");
  const file = await open(path, "wx", 0o600);
  let sizeBytes = 0;
  let writing = false;
  try {
    for await (const chunk of chunksOf(request, limitBytes)) {
      if (chunk === null) return tooLarge(limitBytes);
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
      writing = true;
      await file.writeFile(chunk);
      writing = false;
    }
    writing = true;
    await file.datasync(); // what is acknowledged survives a power cut
    return { sizeBytes, sha256: hash.digest("hex") };
  } catch (cause) {
    if (!writing) return problem("interrupted", "Send the file again.");
    throw new Fault(isDiskFull(cause) ? "disk-full" : "file-unwritable", { path }, { cause });
  } finally {
    await file.close();
  }
};

/** Receives a request's body into a new file of `dir`. The file's name is ours, whatever the artifact is called. */
export const receiveUpload = async (
  request: Request,
  dir: string,
  sha256: string,
  limitBytes: number,
): Promise<Read<Upload>> => {
  const refusal = refuseByHeaders(request, limitBytes);
  if (refusal !== null) return { ok: false, answer: refusal };
  const path = join(dir, `${crypto.randomUUID()}${SUFFIX}`);
  const remove = () => rm(path, { force: true });
  const copied = await copyBody(request, path, limitBytes).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  if (!(copied instanceof Response) && copied.sha256 === sha256)
    return { ok: true, value: { path, sizeBytes: copied.sizeBytes, [Symbol.asyncDispose]: remove } };
  await remove();
  const answer =
    copied instanceof Response
      ? copied
      : problem("digest-mismatch", "The file was damaged on its way; send it again.", { path: "sha256" });
  return { ok: false, answer };
};
