/**
 * What NVIDIA's numbered errors say of the hardware: a table. The meanings are those of NVIDIA's "XID errors" document; which of them take a GPU out is the
 * list by which Azure's fleet does it (hardware-health checks of azurehpc), with the uncontained memory errors of newer boards. Pure.
 */

/** What an Xid says. */
export interface XidMeaning {
  readonly what: string;
  readonly verdict: "FAIL" | "WARN";
}

const fail = (what: string): XidMeaning => ({ what, verdict: "FAIL" });
const warn = (what: string): XidMeaning => ({ what, verdict: "WARN" });

/** By number. */
const MEANINGS: ReadonlyMap<number, XidMeaning> = new Map([
  // Programs cause these four as well; the load's own kernels do not, so they are worth a look.
  [13, warn("the graphics engine met an instruction or address that it refuses")],
  [31, warn("a memory access went to an address that is not mapped")],
  [43, warn("a program's channel stopped")],
  [45, warn("a program's work was taken off the GPU")],
  [48, fail("a memory error that could not be corrected")],
  [56, fail("the display engine failed")],
  [57, fail("the memory interface could not be set up")],
  [58, fail("the memory interface is unstable")],
  [62, fail("the GPU's own controller halted")],
  [63, fail("a bad place in memory was put on the list for replacement")],
  [64, fail("a bad place in memory could not be put on the list for replacement")],
  [65, fail("the video processor failed")],
  [68, fail("the video decoder failed")],
  [69, fail("the graphics engine got a command that it does not know")],
  [73, fail("the video encoder failed")],
  [74, fail("an NVLink failed")],
  [79, fail("the GPU has fallen off the bus")],
  [80, fail("data on its way to the GPU was corrupt")],
  [81, fail("the VGA part failed")],
  [92, fail("corrected memory errors come too fast")],
  [94, warn("a memory error that could not be corrected was contained in one program")],
  [95, fail("a memory error that could not be corrected was not contained")],
  [119, fail("the GPU's system processor did not answer in time")],
  [120, fail("the GPU's system processor failed")],
  [140, fail("a memory error was not recovered from")],
]);

/** What an Xid says; one that the table does not know is worth a look. */
export const meaningOf = (number: number): XidMeaning =>
  MEANINGS.get(number) ?? warn("an error that is not in the list");
