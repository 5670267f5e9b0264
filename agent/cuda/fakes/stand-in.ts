/** Builds the stand-in for NVIDIA's driver library (`fixtures/stand-in.c`). It wants gcc and the C library's headers. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The library, healthy or with faults. */
export interface StandIn extends Disposable {
  /** The folder of all of them. */
  readonly dir: string;
  /** Its path; the faults are those at the head of the C file. */
  libraryWith(faults: string): string;
}

/** CUDA's devices 0 and 1 in the stand-in, which counts down. */
export const STAND_IN_GPUS = ["0000:af:00.0", "0000:9f:00.0"] as const;
/** What the driver calls them. */
export const STAND_IN_UUIDS = [
  "GPU-00102030-4050-6070-8090-a0b0c0d0e0f0",
  "GPU-01112131-4151-6171-8191-a1b1c1d1e1f1",
] as const;

/** Compiles it into a folder of its own. */
export const buildStandIn = (): StandIn => {
  const dir = mkdtempSync(join(tmpdir(), "vetbox-cuda-"));
  const [source, healthy] = [join(import.meta.dir, "../fixtures/stand-in.c"), join(dir, "healthy.so")];
  const argv = ["gcc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", healthy, source, "-lm", "-ldl"];
  const built = Bun.spawnSync(argv, { stderr: "pipe" });
  if (!built.success) throw new Error(built.stderr.toString());
  return {
    dir,
    libraryWith: (faults) => {
      const path = join(dir, `${faults.replaceAll(/[^a-z0-9]/g, "-")}.so`);
      copyFileSync(healthy, path);
      writeFileSync(`${path}.faults`, `${faults}\n`);
      return path;
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
};
