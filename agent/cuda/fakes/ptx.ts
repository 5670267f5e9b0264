/**
 * Runs PTX on the processor, one thread after the other: enough of the language for the load's kernels, so that a test sees what their text really
 * computes. What it does not know, it refuses. A fused multiply-add is done in whole numbers of any length and rounded once: another way than the one of
 * `arithmetic.ts`.
 */
import { bitsOfFloat } from "../arithmetic.ts";

/** Memory that kernels see: bytes from an address on. */
export interface PtxMemory {
  readonly base: bigint;
  readonly bytes: DataView;
}

/** A launch: blocks and threads in one dimension, and the parameters by their order. */
export interface PtxLaunch {
  readonly blocks: number;
  readonly threads: number;
  readonly parameters: readonly bigint[];
  readonly memory: readonly PtxMemory[];
  /** Told the result of every multiply-add; what it gives back is written instead: a broken unit. */
  readonly onMultiplyAdd?: (thread: number, bits: number) => number;
}

interface Instruction {
  readonly guard: string | undefined;
  readonly operation: string;
  readonly operands: readonly string[];
}

interface Kernel {
  readonly parameters: ReadonlyMap<string, number>;
  readonly code: readonly Instruction[];
  readonly labels: ReadonlyMap<string, number>;
}

const parseBody = (body: string): Pick<Kernel, "code" | "labels"> => {
  const code: Instruction[] = [];
  const labels = new Map<string, number>();
  for (const line of body.split("\n").map((one) => one.trim())) {
    if (line === "" || line.startsWith(".reg")) continue;
    const label = /^(\w+):$/.exec(line)?.[1];
    if (label !== undefined) {
      if (labels.has(label)) throw new Error(`label twice: ${label}`);
      labels.set(label, code.length);
      continue;
    }
    const match = /^(?:@(%p\d+) )?([a-z][\w.]*)(?: (.+))?;$/.exec(line);
    if (match === null) throw new Error(`no instruction: ${line}`);
    const operands = (match[3] ?? "").match(/\{[^}]*\}|\[[^\]]*\]|[^,\s]+/g) ?? [];
    code.push({ guard: match[1], operation: match[2] ?? "", operands });
  }
  return { code, labels };
};

/** The kernel of this name in a module's text. */
const parseKernel = (module: string, name: string): Kernel => {
  const start = module.indexOf(`.visible .entry ${name}(`);
  if (start === -1) throw new Error(`no kernel ${name}`);
  const open = module.indexOf("\n{", start);
  const head = module.slice(start, open);
  const body = module.slice(open + 2, module.indexOf("\n}", open));
  const parameters = new Map(
    [...head.matchAll(/\.param \.u\d\d (\w+)/g)].map((match, place) => [match[1] ?? "", place]),
  );
  return { parameters, ...parseBody(body) };
};

/** A float as whole number times 2^exponent. */
const wholeOf = (bits: number): readonly [value: bigint, exponent: number] => {
  const exponent = (bits >>> 23) & 0xff;
  if (exponent === 0 || exponent === 255) throw new Error("neither zero nor odd floats occur in these kernels");
  const whole = BigInt((bits & 0x7f_ffff) | 0x80_0000);
  return [bits >>> 31 === 0 ? whole : -whole, exponent - 150];
};

/** a × b + c, rounded once to the nearest float, ties to even. */
export const multiplyAdd = (a: number, b: number, c: number): number => {
  const [av, ae] = wholeOf(a);
  const [bv, be] = wholeOf(b);
  const [cv, ce] = wholeOf(c);
  const low = Math.min(ae + be, ce);
  const sum = ((av * bv) << BigInt(ae + be - low)) + (cv << BigInt(ce - low));
  const size = sum < 0n ? -sum : sum;
  const drop = size.toString(2).length - 24;
  if (drop <= 0) return bitsOfFloat(Number(sum) * 2 ** low);
  const unit = 1n << BigInt(drop);
  const rest = size % unit;
  const kept = size / unit;
  const up = rest * 2n > unit || (rest * 2n === unit && kept % 2n === 1n);
  return bitsOfFloat((sum < 0n ? -1 : 1) * Number(up ? kept + 1n : kept) * 2 ** (low + drop));
};

const mask = (width: number): bigint => (1n << BigInt(width)) - 1n;
const widthOf = (operation: string): number => Number(/(\d\d)$/.exec(operation)?.[1] ?? 32);

/** Arithmetic by name, on whole numbers of the operation's width. */
const ARITHMETIC: Readonly<Record<string, (a: bigint, b: bigint, c: bigint) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  mad: (a, b, c) => a * b + c,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => a << b,
  shr: (a, b) => a >> b,
  mov: (a) => a,
  cvt: (a) => a,
  cvta: (a) => a,
};
const COMPARISONS: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  ge: (a, b) => a >= b,
};

class Thread {
  readonly #kernel: Kernel;
  readonly #launch: PtxLaunch;
  readonly #registers = new Map<string, bigint>();
  readonly #number: number;

  constructor(kernel: Kernel, launch: PtxLaunch, block: number, thread: number) {
    this.#kernel = kernel;
    this.#launch = launch;
    this.#number = block * launch.threads + thread;
    const special = {
      "%ctaid.x": block,
      "%tid.x": thread,
      "%ntid.x": launch.threads,
      "%nctaid.x": launch.blocks,
      "%smid": block,
    };
    for (const [name, value] of Object.entries(special)) this.#registers.set(name, BigInt(value));
  }

  run(): void {
    for (let at = 0; ; ) {
      const one = this.#kernel.code[at];
      if (one === undefined || one.operation === "ret") return;
      at += 1;
      if (one.guard !== undefined && this.#read(one.guard) === 0n) continue;
      if (one.operation === "bra") {
        const target = this.#kernel.labels.get(one.operands[0] ?? "");
        if (target === undefined) throw new Error(`no label ${one.operands[0]}`);
        at = target;
      } else this.#do(one);
    }
  }

  #do({ operation, operands }: Instruction): void {
    const [to = "", ...from] = operands;
    if (/^(?:ld\.(?:volatile\.)?global|st|atom)\./.test(operation)) this.#access(operation, operands);
    else this.#set(to, this.#valueOf(operation, from));
  }

  #valueOf(operation: string, from: readonly string[]): bigint {
    const [name = "", kind = ""] = operation.split(".");
    if (operation.startsWith("ld.param.")) return this.#parameter(from[0] ?? "");
    const [a = 0n, b = 0n, c = 0n] = from.map((operand) => this.#read(operand));
    if (operation === "fma.rn.f32") {
      const result = multiplyAdd(Number(a), Number(b), Number(c));
      return BigInt(this.#launch.onMultiplyAdd?.(this.#number, result) ?? result);
    }
    if (name === "setp") return COMPARISONS[kind]?.(a, b) ? 1n : 0n;
    const compute = ARITHMETIC[name];
    if (compute === undefined) throw new Error(`unknown operation ${operation}`);
    const width = kind === "wide" ? 64 : operation.startsWith("cvt.u32") ? 32 : widthOf(operation);
    return compute(a, b, c) & mask(width);
  }

  #access(operation: string, operands: readonly string[]): void {
    const isStore = operation.startsWith("st.");
    const bytes = widthOf(operation) / 8;
    const [one = "", two = "", three = ""] = operands;
    const place = this.#address(isStore ? one : two);
    if (operation.startsWith("atom.")) {
      const old = this.#cell(place, bytes);
      this.#set(one, old);
      this.#put(place, bytes, old + this.#read(three));
      return;
    }
    const registers = (isStore ? two : one).replace(/[{}\s]/g, "").split(",");
    for (const [i, register] of registers.entries()) {
      const cell = place + BigInt(i * bytes);
      if (isStore) this.#put(cell, bytes, this.#read(register));
      else this.#set(register, this.#cell(cell, bytes));
    }
  }

  #region(address: bigint, bytes: number): readonly [DataView, number] {
    if (address % BigInt(bytes) !== 0n) throw new Error(`misaligned: ${address}`);
    for (const { base, bytes: view } of this.#launch.memory)
      if (address >= base && address + BigInt(bytes) <= base + BigInt(view.byteLength))
        return [view, Number(address - base)];
    throw new Error(`no memory at ${address}`);
  }

  #cell(address: bigint, bytes: number): bigint {
    const [view, offset] = this.#region(address, bytes);
    return bytes === 8 ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true));
  }

  #put(address: bigint, bytes: number, value: bigint): void {
    const [view, offset] = this.#region(address, bytes);
    if (bytes === 8) view.setBigUint64(offset, value, true);
    else view.setUint32(offset, Number(value), true);
  }

  #address(operand: string): bigint {
    const match = /^\[(%rd\d+)(?:\+(\d+))?\]$/.exec(operand);
    if (match === null) throw new Error(`no address: ${operand}`);
    return this.#read(match[1] ?? "") + BigInt(match[2] ?? 0);
  }

  #parameter(operand: string): bigint {
    const place = this.#kernel.parameters.get(operand.slice(1, -1));
    const value = place === undefined ? undefined : this.#launch.parameters[place];
    if (value === undefined) throw new Error(`no parameter ${operand}`);
    return value;
  }

  #read(operand: string): bigint {
    if (/^(?:0x[0-9a-f]+|\d+)$/.test(operand)) return BigInt(operand);
    if (operand.startsWith("0f")) return BigInt(`0x${operand.slice(2)}`);
    const value = this.#registers.get(operand);
    if (value === undefined) throw new Error(`${operand} is read before it is written`);
    return value;
  }

  #set(register: string, value: bigint): void {
    if (!register.startsWith("%")) throw new Error(`no register: ${register}`);
    this.#registers.set(register, value);
  }
}

/** Runs a kernel of a module to its end. */
export const runPtx = (module: string, name: string, launch: PtxLaunch): void => {
  const kernel = parseKernel(module, name);
  for (let block = 0; block < launch.blocks; block += 1)
    for (let thread = 0; thread < launch.threads; thread += 1) new Thread(kernel, launch, block, thread).run();
};
