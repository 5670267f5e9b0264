/**
 * NVIDIA's driver library, as far as the load needs it: no toolkit, no runtime, nothing but what comes with the driver.
 *
 * That the library is not there is data. A call that fails is a fault with the call and the driver's own name for the failure. The calls are those of the
 * CUDA Driver API's reference; where the API gave a call a new version (`_v2`), its header maps the plain name to it, and so does this table.
 */
import { CString, dlopen, FFIType, type Pointer, ptr } from "bun:ffi";
import { busIdOf } from "../probes/nvidia-smi/columns.ts";
import { Fault } from "../system/fault.ts";

const { i32, u32, u64, ptr: pointer } = FFIType;
/** Handles (contexts, modules, functions, device addresses) are 64-bit numbers to us: we only pass them on. */
const SYMBOLS = {
  cuInit: { args: [u32], returns: i32 },
  cuDriverGetVersion: { args: [pointer], returns: i32 },
  cuDeviceGetCount: { args: [pointer], returns: i32 },
  cuDeviceGet: { args: [pointer, i32], returns: i32 },
  cuDeviceGetName: { args: [pointer, i32, i32], returns: i32 },
  cuDeviceGetUuid: { args: [pointer, i32], returns: i32 },
  cuDeviceGetPCIBusId: { args: [pointer, i32, i32], returns: i32 },
  cuDeviceTotalMem_v2: { args: [pointer, i32], returns: i32 },
  cuDeviceGetAttribute: { args: [pointer, i32, i32], returns: i32 },
  cuDevicePrimaryCtxSetFlags: { args: [i32, u32], returns: i32 },
  cuDevicePrimaryCtxRetain: { args: [pointer, i32], returns: i32 },
  cuDevicePrimaryCtxRelease: { args: [i32], returns: i32 },
  cuCtxSetCurrent: { args: [u64], returns: i32 },
  cuCtxSynchronize: { args: [], returns: i32 },
  cuMemGetInfo_v2: { args: [pointer, pointer], returns: i32 },
  cuMemAlloc_v2: { args: [pointer, u64], returns: i32 },
  cuMemFree_v2: { args: [u64], returns: i32 },
  cuMemcpyHtoD_v2: { args: [u64, pointer, u64], returns: i32 },
  cuMemcpyDtoH_v2: { args: [pointer, u64, u64], returns: i32 },
  cuMemsetD32_v2: { args: [u64, u32, u64], returns: i32 },
  cuModuleLoadDataEx: { args: [pointer, pointer, u32, pointer, pointer], returns: i32 },
  cuModuleGetFunction: { args: [pointer, u64, pointer], returns: i32 },
  cuLaunchKernel: { args: [u64, u32, u32, u32, u32, u32, u32, u32, u64, pointer, pointer], returns: i32 },
  cuGetErrorName: { args: [i32, pointer], returns: i32 },
  cuGetErrorString: { args: [i32, pointer], returns: i32 },
} as const;

type Calls = ReturnType<typeof dlopen<typeof SYMBOLS>>["symbols"];

/** Figures of a device by the numbers that `CUdevice_attribute` gives them. */
const ATTRIBUTES = { multiprocessors: 16, threadsPerMultiprocessor: 39, major: 75, minor: 76 } as const;
/** `CU_CTX_SCHED_BLOCKING_SYNC`: a wait sleeps, so that eight loads do not keep eight processors spinning. */
const BLOCKING_SYNC = 4;
const OUT_OF_MEMORY = 2;
const NAME_BYTES = 256;
const UUID_BYTES = 16;

/** A GPU as the driver shows it. */
export interface CudaDevice {
  /** As the kernel writes it: `0000:3b:00.0`. */
  readonly pciAddress: string;
  readonly uuid: string;
  readonly name: string;
  readonly memoryBytes: number;
  readonly multiprocessors: number;
  readonly threadsPerMultiprocessor: number;
  /** `9.0`. */
  readonly computeCapability: string;
}

/** A device address. */
export type DeviceAddress = bigint;

/** A GPU at work. Everything that it holds is let go when it is disposed. */
export interface CudaContext extends Disposable {
  freeBytes(): number;
  /** Null when there is not as much memory left. Every other refusal is a fault. */
  allocate(bytes: number): DeviceAddress | null;
  zero(address: DeviceAddress, bytes: number): void;
  upload(address: DeviceAddress, content: Uint8Array<ArrayBuffer>): void;
  download(address: DeviceAddress, bytes: number): DataView<ArrayBuffer>;
  /** Compiles a module's text and answers its kernels by name. */
  loadKernels<Name extends string>(ptx: string, names: readonly Name[]): Readonly<Record<Name, bigint>>;
  /** Queues a kernel; parameters are of 32 or 64 bits, in the kernel's order. */
  launch(kernel: bigint, blocks: number, threads: number, parameters: readonly bigint[]): void;
  /** Waits for everything that was queued. A kernel that failed shows here. */
  synchronize(): void;
}

/** The driver. */
export interface CudaDriver {
  /** The newest API that it knows: `12.4`. */
  readonly version: string;
  readonly devices: readonly CudaDevice[];
  open(device: CudaDevice): CudaContext;
}

/** Memory whose address stays: an array buffer of its own. Bun moves small typed arrays that have none when somebody asks for it. */
const fixedBytes = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(new ArrayBuffer(size));
const textBytes = (text: string): Uint8Array<ArrayBuffer> => {
  const encoded = new TextEncoder().encode(text);
  const bytes = fixedBytes(encoded.length + 1); // the last one stays zero
  bytes.set(encoded);
  return bytes;
};
const textOf = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
};
const viewOf = (bytes: Uint8Array<ArrayBuffer>): DataView<ArrayBuffer> => new DataView(bytes.buffer);

/** Asks a call for one value: it writes into 8 bytes that it is given. */
const answerOf = (call: (place: Pointer) => number, check: (result: number) => void): DataView<ArrayBuffer> => {
  const bytes = fixedBytes(8);
  check(call(ptr(bytes)));
  return viewOf(bytes);
};

const said = (calls: Calls, which: "cuGetErrorName" | "cuGetErrorString", code: number): string => {
  const place = fixedBytes(8);
  if (calls[which](code, ptr(place)) !== 0) return "";
  const address = Number(viewOf(place).getBigUint64(0, true));
  return address === 0 ? "" : new CString(address as Pointer).toString();
};

/** Throws what a call answered unless it is 0. */
type Check = (call: keyof typeof SYMBOLS) => (code: number) => void;
const checkWith =
  (calls: Calls): Check =>
  (call) =>
  (code) => {
    if (code === 0) return;
    const name = said(calls, "cuGetErrorName", code);
    throw new Fault("driver-failed", { call, code, name, text: said(calls, "cuGetErrorString", code) });
  };

const uuidOf = (bytes: Uint8Array): string => {
  const hex = Buffer.from(bytes).toString("hex");
  return `GPU-${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")}`;
};

const deviceOf = (calls: Calls, check: Check, handle: number): CudaDevice => {
  const text = (call: "cuDeviceGetName" | "cuDeviceGetPCIBusId"): string => {
    const bytes = fixedBytes(NAME_BYTES);
    check(call)(calls[call](ptr(bytes), NAME_BYTES, handle));
    return textOf(bytes);
  };
  const attribute = (which: number): number =>
    answerOf((place) => calls.cuDeviceGetAttribute(place, which, handle), check("cuDeviceGetAttribute")).getInt32(
      0,
      true,
    );
  const address = text("cuDeviceGetPCIBusId");
  const uuid = fixedBytes(UUID_BYTES);
  check("cuDeviceGetUuid")(calls.cuDeviceGetUuid(ptr(uuid), handle));
  const total = answerOf((place) => calls.cuDeviceTotalMem_v2(place, handle), check("cuDeviceTotalMem_v2"));
  return {
    pciAddress: busIdOf(address) ?? address,
    uuid: uuidOf(uuid),
    name: text("cuDeviceGetName"),
    memoryBytes: Number(total.getBigUint64(0, true)),
    multiprocessors: attribute(ATTRIBUTES.multiprocessors),
    threadsPerMultiprocessor: attribute(ATTRIBUTES.threadsPerMultiprocessor),
    computeCapability: `${attribute(ATTRIBUTES.major)}.${attribute(ATTRIBUTES.minor)}`,
  };
};

class Context implements CudaContext {
  readonly #calls: Calls;
  readonly #check: Check;
  readonly #device: number;
  /** Written anew for each launch; the driver reads it before the call returns. */
  readonly #parameters = fixedBytes(8 * 16);
  readonly #places = fixedBytes(8 * 16);

  constructor(calls: Calls, check: Check, device: number) {
    this.#calls = calls;
    this.#check = check;
    this.#device = device;
    // A context that somebody else holds already keeps its own way of waiting: no reason to stop.
    calls.cuDevicePrimaryCtxSetFlags(device, BLOCKING_SYNC);
    const retain = (place: Pointer) => calls.cuDevicePrimaryCtxRetain(place, device);
    const context = answerOf(retain, check("cuDevicePrimaryCtxRetain")).getBigUint64(0, true);
    check("cuCtxSetCurrent")(calls.cuCtxSetCurrent(context));
    const at = ptr(this.#parameters);
    for (let i = 0; i < 16; i += 1) viewOf(this.#places).setBigUint64(i * 8, BigInt(at + i * 8), true);
  }

  freeBytes(): number {
    const total = fixedBytes(8);
    const free = answerOf((place) => this.#calls.cuMemGetInfo_v2(place, ptr(total)), this.#check("cuMemGetInfo_v2"));
    return Number(free.getBigUint64(0, true));
  }

  allocate(bytes: number): DeviceAddress | null {
    const place = fixedBytes(8);
    const code = this.#calls.cuMemAlloc_v2(ptr(place), BigInt(bytes));
    if (code === OUT_OF_MEMORY) return null;
    this.#check("cuMemAlloc_v2")(code);
    return viewOf(place).getBigUint64(0, true);
  }

  zero(address: DeviceAddress, bytes: number): void {
    this.#check("cuMemsetD32_v2")(this.#calls.cuMemsetD32_v2(address, 0, BigInt(bytes / 4)));
  }

  upload(address: DeviceAddress, content: Uint8Array<ArrayBuffer>): void {
    const bytes = fixedBytes(content.length);
    bytes.set(content);
    this.#check("cuMemcpyHtoD_v2")(this.#calls.cuMemcpyHtoD_v2(address, ptr(bytes), BigInt(bytes.length)));
  }

  download(address: DeviceAddress, size: number): DataView<ArrayBuffer> {
    const bytes = fixedBytes(size);
    this.#check("cuMemcpyDtoH_v2")(this.#calls.cuMemcpyDtoH_v2(ptr(bytes), address, BigInt(size)));
    return viewOf(bytes);
  }

  loadKernels<Name extends string>(ptx: string, names: readonly Name[]): Readonly<Record<Name, bigint>> {
    const text = textBytes(ptx);
    const load = (place: Pointer) => this.#calls.cuModuleLoadDataEx(place, ptr(text), 0, null, null);
    const module = answerOf(load, this.#check("cuModuleLoadDataEx")).getBigUint64(0, true);
    const kernel = (name: Name): bigint => {
      const bytes = textBytes(name);
      const find = (place: Pointer) => this.#calls.cuModuleGetFunction(place, module, ptr(bytes));
      return answerOf(find, this.#check("cuModuleGetFunction")).getBigUint64(0, true);
    };
    // Each name has its kernel: that is how the pairs were made.
    return Object.fromEntries(names.map((name) => [name, kernel(name)])) as Record<Name, bigint>;
  }

  launch(kernel: bigint, blocks: number, threads: number, parameters: readonly bigint[]): void {
    const view = viewOf(this.#parameters);
    for (const [i, value] of parameters.entries()) view.setBigUint64(i * 8, value, true);
    const code = this.#calls.cuLaunchKernel(kernel, blocks, 1, 1, threads, 1, 1, 0, 0n, ptr(this.#places), null);
    this.#check("cuLaunchKernel")(code);
  }

  synchronize(): void {
    this.#check("cuCtxSynchronize")(this.#calls.cuCtxSynchronize());
  }

  [Symbol.dispose](): void {
    // It takes modules and memory with it. After a failed kernel it fails, too, and the process ends anyway.
    this.#calls.cuDevicePrimaryCtxRelease(this.#device);
  }
}

const bind = (path: string): Calls | string => {
  try {
    return dlopen(path, SYMBOLS).symbols;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** The driver behind a library, or why there is none. `libcuda.so.1` comes with NVIDIA's driver. */
export const openCuda = (path: string): { ok: true; driver: CudaDriver } | { ok: false; reason: string } => {
  const calls = bind(path);
  if (typeof calls === "string") return { ok: false, reason: calls };
  const check = checkWith(calls);
  check("cuInit")(calls.cuInit(0));
  const version = answerOf((place) => calls.cuDriverGetVersion(place), check("cuDriverGetVersion")).getInt32(0, true);
  const count = answerOf((place) => calls.cuDeviceGetCount(place), check("cuDeviceGetCount")).getInt32(0, true);
  const handles = Array.from({ length: count }, (_, ordinal) =>
    answerOf((place) => calls.cuDeviceGet(place, ordinal), check("cuDeviceGet")).getInt32(0, true),
  );
  const handleOf = new Map(handles.map((handle) => [deviceOf(calls, check, handle), handle]));
  const driver: CudaDriver = {
    version: `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`,
    devices: [...handleOf.keys()],
    open: (device) => {
      const handle = handleOf.get(device);
      if (handle === undefined) throw new Fault("bad-input", { gpu: device.pciAddress, detail: "not of this driver" });
      return new Context(calls, check, handle);
    },
  };
  return { ok: true, driver };
};
