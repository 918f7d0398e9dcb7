/**
 * What WebAssembly can multiply and add at most on this machine: chains of f32x4 in registers, nothing loaded and nothing stored; by `mul` and `add`, and by `relaxed_madd` where there is
 * such an instruction. No product of matrices can be faster, so that is what theirs are compared with.
 */
import { ByteWriter, encodeModule } from './encoder.ts';
import { op, SIMD } from './opcodes.ts';

/** 12 chains fill the registers of a processor with 16; where the engine packs two f32x4 into one of 8, 24 do. */
const chainCounts = [12, 24];

/** Chains of multiply–adds as a module: `run(turns)` lets each go as often x ← x · a + b, where memory begins with a, b and, from byte 16 on, the chains. */
export interface Chains {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Floating-point operations of a turn. */
  readonly operations: number;
}

/** f(turns): loads the chains, lets each go x ← x · a + b, stores them. */
function chainsModule(chains: number, isFused: boolean): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  const code = (...codes: number[]): void => {
    for (const each of codes) {
      if (each < SIMD) out.byte(each);
      else {
        out.byte(0xfd);
        out.unsigned(each - SIMD);
      }
    }
  };
  const get = (local: number): void => {
    code(op.localGet);
    out.unsigned(local);
  };
  const set = (local: number): void => {
    code(op.localSet);
    out.unsigned(local);
  };
  const access = (instruction: number, offset: number): void => {
    code(instruction);
    out.unsigned(2);
    out.unsigned(offset);
  };
  const zero = (): void => code(op.i32Const, 0);
  const [factor, summand, first] = [1, 2, 3];
  for (const [local, offset] of [
    [factor, 0],
    [summand, 4],
  ] as const) {
    // prettier-ignore
    zero();
    access(op.v128Load32Splat, offset);
    set(local);
  }
  for (let i = 0; i < chains; i++) {
    zero();
    access(op.v128Load, 16 + 16 * i);
    set(first + i);
  }
  code(op.loop, 0x40);
  for (let i = 0; i < chains; i++) {
    get(first + i);
    get(factor);
    if (!isFused) code(op.f32x4Mul);
    get(summand);
    code(isFused ? op.f32x4RelaxedMadd : op.f32x4Add);
    set(first + i);
  }
  get(0);
  code(op.i32Const, 1, op.i32Sub, op.localTee, 0, op.brIf, 0, op.end);
  for (let i = 0; i < chains; i++) {
    zero();
    get(first + i);
    access(op.v128Store, 16 + 16 * i);
  }
  const locals = Array.from({ length: chains + 2 }, () => 'v128' as const);
  return encodeModule([{ parameters: ['i32'], result: undefined, locals, body: out.result() }], new Map([['run', 0]]));
}

/** Those that this engine has. */
export function chainsModules(): Chains[] {
  const all = chainCounts.flatMap((count) =>
    [false, true].map((isFused) => ({ bytes: chainsModule(count, isFused), operations: 8 * count })),
  );
  return all.filter(({ bytes }) => WebAssembly.validate(bytes));
}

/** Turns of one call, and milliseconds that each module is measured for. */
const turns = 1 << 16;
const duration = 12;

/** Multiply–adds a second of one thread: the best of short stretches, since other programs may run. */
export function multiplyAddsPerSecond(): number {
  let best = 0;
  for (const { bytes, operations } of chainsModules()) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    // Values stay where they are: 1 · 0.5 + 0.5.
    new Float32Array(memory.buffer).fill(1);
    new Float32Array(memory.buffer).fill(0.5, 0, 2);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    const run = exports['run'] as (turns: number) => void;
    const end = performance.now() + duration;
    for (let now = performance.now(); now < end;) {
      run(turns);
      const after = performance.now();
      if (after > now) best = Math.max(best, (1000 * turns * operations) / 2 / (after - now));
      now = after;
    }
  }
  return best;
}
