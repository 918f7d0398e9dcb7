/**
 * Threefry-2x32 with 13 rounds on four counters at a time (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011); the scalar counterpart is graph/threefry.ts.
 */
import { RANDOM_KEY } from '../graph/threefry.ts';
import type { FunctionBuilder } from './function-builder.ts';
import type { Value } from './ir.ts';
import { op } from './opcodes.ts';

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/** float32 in [0, 1) of a word that counter words (index, counter) give under key (seed, RANDOM_KEY); all operands are i32x4. */
export function randomUniform(fb: FunctionBuilder, word: 0 | 1, index: Value, seed: Value, counter: Value): Value {
  const key1 = fb.i32x4(RANDOM_KEY);
  const keys = [seed, key1, fb.op(op.v128Xor, seed, fb.i32x4(0x1bd11bda ^ RANDOM_KEY))];
  let x0 = fb.op(op.i32x4Add, index, seed);
  let x1 = fb.op(op.i32x4Add, counter, key1);
  for (let round = 0; round < 13; round++) {
    x0 = fb.op(op.i32x4Add, x0, x1);
    const rotation = ROTATIONS[round % 8] ?? 0;
    const rotated = fb.op(
      op.v128Or,
      fb.op(op.i32x4Shl, x1, fb.i32(rotation)),
      fb.op(op.i32x4ShrU, x1, fb.i32(32 - rotation)),
    );
    x1 = fb.op(op.v128Xor, rotated, x0);
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = fb.op(op.i32x4Add, x0, keys[injection % 3] ?? seed);
      x1 = fb.op(op.i32x4Add, x1, fb.op(op.i32x4Add, keys[(injection + 1) % 3] ?? seed, fb.i32x4(injection)));
    }
  }
  // 24 bits: the conversion to float32 is exact.
  const high = fb.op(op.i32x4ShrU, word === 0 ? x0 : x1, fb.i32(8));
  return fb.op(op.f32x4Mul, fb.op(op.f32x4ConvertI32x4S, high), fb.f32x4(2 ** -24));
}
