/** A rack with a box on it, for one end-to-end test. Everything it made is gone when it is disposed of. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunOptions } from "../box/operator-api.ts";
import { BOX_PACKAGES, RACK_PACKAGES } from "../box/packages.ts";
import { type BoxOptions, type BoxProcess, BUILT, openBox } from "../box/process.ts";
import type { VirtualServer } from "../box/virtual-server.ts";
import type { Roms } from "../rack/qemu-argv.ts";
import { openRack, type Rack } from "../rack/rack.ts";
import type { Segment } from "../rack/segment.ts";
import type { Server } from "../rack/server.ts";
import { needPackages } from "../setup/packages.ts";

/** Longest time of one step of a boot: eight times what a quiet machine takes, since guests of two tests share two cores. */
export const BOOT_LIMIT_MS = 360_000;
/** Time limit of a whole test with virtual servers. */
export const TEST_LIMIT_MS = 900_000;

/** What a test stands on. */
export interface Place extends AsyncDisposable {
  readonly dir: string;
  readonly rack: Rack;
  readonly segment: Segment;
  readonly box: BoxProcess;
  /** Starts the box anew on its own state, after `box.kill9()`. */
  restartBox(): Promise<BoxProcess>;
  /** Puts a server into the rack; it is off. */
  place(server: VirtualServer): Promise<Server>;
  /** Registers a server's host and starts a run of it, of Inventory alone unless told otherwise; answers with the run's id. */
  run(server: VirtualServer, specYaml?: string, options?: RunOptions): Promise<string>;
}

/** How the rack of a place is. */
interface RackKind {
  /** Whether magic packets power its servers. */
  readonly wakes?: boolean;
  /**
   * Network cards boot by the image's own iPXE, which the box takes for good. By QEMU's, or the firmware's, it comes first to the old loader and then over the
   * network to a newer one: what servers do, and some 8 s more of each boot.
   */
  readonly roms?: Roms;
}

/** Option ROMs of the built image. */
const IMAGE_ROMS: Roms = { bios: join(BUILT.loaders, "pxe-virtio.rom"), uefi: join(BUILT.loaders, "efi-virtio.rom") };

/** Opens a rack and a box on it. */
export const openPlace = async (
  options: Partial<Omit<BoxOptions, "dir" | "namespace">> = {},
  { wakes = true, roms = IMAGE_ROMS }: RackKind = {},
): Promise<Place> => {
  await needPackages([...BOX_PACKAGES, ...RACK_PACKAGES]);
  await using undo = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "vetbox-e2e-"));
  await chmod(dir, 0o755); // dnsmasq runs as another user and has its files below
  undo.defer(() => rm(dir, { recursive: true, force: true }));
  const rack = undo.use(await openRack({ dir: join(dir, "rack"), roms }));
  const segment = await rack.segment();
  const boxOptions: BoxOptions = { dir: join(dir, "box"), namespace: segment.box, ...options };
  const openedBoxes = [undo.use(await openBox(boxOptions))];
  if (wakes) undo.use(await rack.powerByWake());
  const kept = undo.move();
  const box = (): BoxProcess => {
    const last = openedBoxes.at(-1);
    if (last === undefined) throw new Error("no box was opened");
    return last;
  };
  return {
    dir,
    rack,
    segment,
    get box() {
      return box();
    },
    restartBox: async () => {
      openedBoxes.push(kept.use(await openBox(boxOptions)));
      return box();
    },
    place: (server) => rack.create(server.declaration),
    run: async (server, specYaml = server.specYaml, options = { stages: ["InventoryCheck"] }) => {
      const { id } = await box().api.addHost({ name: server.declaration.name, mac: server.mac, specYaml });
      return (await box().api.startRun(id, options)).id;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
};
