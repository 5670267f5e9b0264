/**
 * The kernels of the GPU's load as PTX, NVIDIA's portable assembly, which the driver compiles for whatever GPU there is. Pure text; what it computes is
 * `arithmetic.ts`, from which its constants come.
 *
 * Language version 4.1 and target sm_50: drivers of 2014 take it, GPUs from Maxwell on run it, and newer drivers compile it for newer GPUs.
 */
import {
  bitsOfFloat,
  CHAIN,
  END_WORD,
  FLOATS,
  FMA_DEPTH,
  LANE_WORDS,
  LANES,
  MIX,
  MULTIPLIER_OF,
} from "./arithmetic.ts";

/** The kernels by what they do. */
export const KERNELS = { compute: "vetbox_compute", fill: "vetbox_fill", verify: "vetbox_verify" } as const;
/** Threads of a block, of every kernel: a divisor of what a multiprocessor holds on every GPU so far. */
export const BLOCK_THREADS = 256;
/** Bytes that a thread of the memory kernels writes or reads at once. */
export const VECTOR_BYTES = 16;

/**
 * Where the kernels note what is wrong: how often (8 bytes), 8 bytes that are spare, then the first places. A place is the thread's number or the word's
 * address (8 bytes), what was expected, what was found, the multiprocessor that found it, and a spare word.
 */
export const REPORT = { headBytes: 16, placeBytes: 24, places: 16, bytes: 16 + 24 * 16 } as const;

const hex = (word: number): string => `0x${(word >>> 0).toString(16).padStart(8, "0")}`;
const float = (value: number): string => `0f${bitsOfFloat(value).toString(16).padStart(8, "0")}`;

const HEAD = `.version 4.1
.target sm_50
.address_size 64
`;

/** Counts one mismatch at %rd60, of %r60 where %r61 was found; the report is at %rd0. Labels are unique by \`name\`. */
const note = (name: string): string => `
  atom.global.add.u64 %rd61, [%rd0], 1;
  setp.ge.u64 %p7, %rd61, ${REPORT.places};
  @%p7 bra ${name};
  mov.u32 %r62, %smid;
  mul.lo.u64 %rd62, %rd61, ${REPORT.placeBytes};
  add.u64 %rd62, %rd62, %rd0;
  st.global.u64 [%rd62+${REPORT.headBytes}], %rd60;
  st.global.u32 [%rd62+${REPORT.headBytes + 8}], %r60;
  st.global.u32 [%rd62+${REPORT.headBytes + 12}], %r61;
  st.global.u32 [%rd62+${REPORT.headBytes + 16}], %r62;
${name}:`;

const REGISTERS = `
  .reg .pred %p<8>;
  .reg .f32 %f<16>;
  .reg .b32 %r<64>;
  .reg .b64 %rd<64>;`;

/** This thread's number, in %rd1; all threads, in %rd2. */
const THREAD = `
  mov.u32 %r0, %ctaid.x;
  mov.u32 %r1, %ntid.x;
  mov.u32 %r2, %tid.x;
  mov.u32 %r3, %nctaid.x;
  mul.wide.u32 %rd1, %r0, %r1;
  cvt.u64.u32 %rd3, %r2;
  add.u64 %rd1, %rd1, %rd3;
  mul.wide.u32 %rd2, %r3, %r1;`;

const floatsOf = (line: (i: number) => string): string => MULTIPLIER_OF.map((_, i) => `\n  ${line(i)}`).join("");

/** The sum of the floats' bits, in %r20. */
const SUM = `
  mov.b32 %r20, %f0;${floatsOf((i) => (i === 0 ? "" : `mov.b32 %r21, %f${i};\n  add.u32 %r20, %r20, %r21;`))}`;

const MULTIPLY_ADDS = Array.from({ length: FMA_DEPTH }, () =>
  floatsOf((i) => `fma.rn.f32 %f${i}, %f${i}, ${float(MULTIPLIER_OF[i] ?? 0)}, %f${FLOATS + (i % 2)};`),
).join("");

/** One chain for each thread, compared at its end with what the table says. */
const COMPUTE = `
.visible .entry ${KERNELS.compute}(.param .u64 report, .param .u64 table, .param .u32 rounds)
{${REGISTERS}
  ld.param.u64 %rd0, [report];
  ld.param.u64 %rd10, [table];
  ld.param.u32 %r10, [rounds];
  cvta.to.global.u64 %rd0, %rd0;
  cvta.to.global.u64 %rd10, %rd10;${THREAD}
  and.b32 %r11, %r2, ${LANES - 1};
  mul.wide.u32 %rd11, %r11, ${LANE_WORDS * 4};
  add.u64 %rd11, %rd11, %rd10;
  ld.global.u32 %r12, [%rd11];${floatsOf((i) => `ld.global.f32 %f${i}, [%rd11+${4 + i * 4}];`)}
  setp.eq.u32 %p1, %r10, 0;
  @%p1 bra END;
ROUND:${SUM}
  mad.lo.u32 %r12, %r12, ${hex(CHAIN.multiply)}, %r20;
  mad.lo.u32 %r13, %r12, ${hex(CHAIN.branch)}, ${hex(CHAIN.offset)};
  shr.u32 %r14, %r12, 9;
  shr.u32 %r15, %r13, 9;
  or.b32 %r14, %r14, ${hex(CHAIN.oneBits)};
  or.b32 %r15, %r15, ${hex(CHAIN.oneBits)};
  mov.b32 %f${FLOATS}, %r14;
  mov.b32 %f${FLOATS + 1}, %r15;${MULTIPLY_ADDS}
  sub.u32 %r10, %r10, 1;
  setp.ne.u32 %p1, %r10, 0;
  @%p1 bra ROUND;
END:${SUM}
  ld.global.u32 %r60, [%rd11+${END_WORD * 4}];
  ld.global.u32 %r24, [%rd11+${END_WORD * 4 + 4}];
  mov.u64 %rd60, %rd1;
  mov.u32 %r61, %r12;
  setp.ne.u32 %p2, %r12, %r60;
  @%p2 bra WRONG;
  mov.u32 %r60, %r24;
  mov.u32 %r61, %r20;
  setp.ne.u32 %p3, %r20, %r24;
  @%p3 bra WRONG;
  ret;
WRONG:${note("NOTED")}
  ret;
}
`;

const MEMORY_PARAMETERS =
  ".param .u64 base, .param .u64 vectors, .param .u32 seed, .param .u32 keep, .param .u32 flip, .param .u32 walk";

const LOAD_MEMORY_PARAMETERS = `
  ld.param.u64 %rd10, [base];
  ld.param.u64 %rd11, [vectors];
  ld.param.u32 %r10, [seed];
  ld.param.u32 %r11, [keep];
  ld.param.u32 %r12, [flip];
  ld.param.u32 %r13, [walk];
  cvta.to.global.u64 %rd12, %rd10;${THREAD}`;

/** Of vector %rd1: its place for loads and stores in %rd13, its address in %rd14, its four words in %r40 to %r43. */
const EXPECTED_WORDS = `
  shl.b64 %rd13, %rd1, 4;
  add.u64 %rd14, %rd10, %rd13;
  add.u64 %rd13, %rd12, %rd13;
  shr.u64 %rd15, %rd14, 2;
  cvt.u32.u64 %r20, %rd15;
  shr.u64 %rd16, %rd15, 32;
  cvt.u32.u64 %r21, %rd16;
  mul.lo.u32 %r22, %r21, ${hex(MIX.high)};
  add.u32 %r22, %r22, %r10;${[0, 1, 2, 3]
    .map(
      (k) => `
  add.u32 %r23, %r20, ${k};
  mad.lo.u32 %r24, %r23, ${hex(MIX.low)}, %r22;
  shr.u32 %r25, %r24, 16;
  xor.b32 %r24, %r24, %r25;
  mul.lo.u32 %r24, %r24, ${hex(MIX.middle)};
  shr.u32 %r25, %r24, 13;
  xor.b32 %r24, %r24, %r25;
  and.b32 %r24, %r24, %r11;
  xor.b32 %r24, %r24, %r12;
  and.b32 %r26, %r23, 31;
  shl.b32 %r26, %r13, %r26;
  xor.b32 %r${40 + k}, %r24, %r26;`,
    )
    .join("")}`;

const NEXT_VECTOR = `
  add.u64 %rd1, %rd1, %rd2;
  setp.lt.u64 %p1, %rd1, %rd11;
  @%p1 bra VECTOR;
END:
  ret;
}
`;

const SKIP_IF_NONE = `
  setp.ge.u64 %p1, %rd1, %rd11;
  @%p1 bra END;
VECTOR:`;

const FILL = `
.visible .entry ${KERNELS.fill}(${MEMORY_PARAMETERS})
{${REGISTERS}${LOAD_MEMORY_PARAMETERS}${SKIP_IF_NONE}${EXPECTED_WORDS}
  st.global.v4.u32 [%rd13], {%r40, %r41, %r42, %r43};${NEXT_VECTOR}`;

const VERIFY = `
.visible .entry ${KERNELS.verify}(.param .u64 report, ${MEMORY_PARAMETERS})
{${REGISTERS}
  ld.param.u64 %rd0, [report];
  cvta.to.global.u64 %rd0, %rd0;${LOAD_MEMORY_PARAMETERS}${SKIP_IF_NONE}${EXPECTED_WORDS}
  ld.volatile.global.v4.u32 {%r50, %r51, %r52, %r53}, [%rd13];${[0, 1, 2, 3]
    .map(
      (k) => `
  setp.eq.u32 %p2, %r${50 + k}, %r${40 + k};
  @%p2 bra RIGHT${k};
  add.u64 %rd60, %rd14, ${k * 4};
  mov.u32 %r60, %r${40 + k};
  mov.u32 %r61, %r${50 + k};${note(`NOTED${k}`)}
RIGHT${k}:`,
    )
    .join("")}${NEXT_VECTOR}`;

/** The module that the driver is given. */
export const PTX = `${HEAD}${COMPUTE}${FILL}${VERIFY}`;
