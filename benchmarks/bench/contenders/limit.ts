/**
 * What WebAssembly can multiply and add at most on this machine: chains of f32x4 in registers, nothing loaded and nothing stored, on every thread; by `mul` and `add`, and by `relaxed_madd` where there is
 * such an instruction. No product of matrices can be faster, so that is what theirs are compared with. Started by `bench.ts` with `FOLDER THREADS`; answers each line with GFLOP/s.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { ByteWriter, encodeModule } from '../../../packages/tensor/src/wasm/encoder.ts';
import { op, SIMD } from '../../../packages/tensor/src/wasm/opcodes.ts';
import { chains } from './chains.mjs';

/** 12 chains fill the registers of a processor with 16; where the engine packs two f32x4 into one of 8, 24 do. */
const chainCounts = [12, 24];
interface Chains {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Floating-point operations of a turn. */
  readonly operations: number;
}

/** f(turns): loads the chains, lets each go x ← x · a + b, stores them. */
function limitModule(chains: number, isFused: boolean): Uint8Array<ArrayBuffer> {
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
function limitModules(): Chains[] {
  const all = chainCounts.flatMap((count) =>
    [false, true].map((isFused) => ({ bytes: limitModule(count, isFused), operations: 8 * count })),
  );
  return all.filter(({ bytes }) => WebAssembly.validate(bytes));
}

async function main(): Promise<void> {
  const modules = limitModules();
  const threads = Number(process.argv[3] ?? 1);
  const helpers = Array.from(
    { length: threads - 1 },
    () => new Worker(new URL('chains.mjs', import.meta.url), { workerData: { modules } }),
  );
  const measure = await chains(modules);
  // V8 compiles what has run for a while again.
  measure();
  await Promise.all(helpers.map((helper) => once(helper, 'message')));
  const say = (answer: object): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
  say({ version: `WebAssembly of V8 ${process.versions.v8}` });
  for await (const _ of createInterface({ input: process.stdin })) {
    const others = helpers.map(async (helper): Promise<number> => {
      const answer = once(helper, 'message');
      helper.postMessage('go', []);
      return ((await answer) as [number])[0];
    });
    const own = measure();
    const all = [own, ...(await Promise.all(others))];
    say({ gflops: all.reduce((sum, each) => sum + each, 0) });
  }
  process.exit(0);
}

await main();
