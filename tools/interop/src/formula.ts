/** Weights and inputs by a formula of their name and the positions of their elements; ../formula.py says which. */
import type { AnyModule } from '../../../packages/layers/src/index.ts';
import { assign, tensor, type Tensor } from '../../../packages/tensor/src/index.ts';

/** Words that look random, one for each position. */
function words(name: string, count: number): Uint32Array {
  let seed = 2166136261;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 16777619);
  const result = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    let h = (Math.imul(i, 2654435769) + seed) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    result[i] = h ^ (h >>> 16);
  }
  return result;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

function made(name: string, shape: readonly number[], factor = 1, offset = 0): Tensor {
  const all = words(name, sizeOf(shape));
  const values = new Float32Array(all.length);
  for (let i = 0; i < all.length; i++) values[i] = ((all[i] ?? 0) / 2 ** 31 - 1) * factor + offset;
  return tensor(values, { shape });
}

/** Numbers in −1 … 1. */
export const numbers = (name: string, ...shape: number[]): Tensor => made(name, shape);

/** Integers from 0 to below `below`. */
export const integers = (name: string, below: number, ...shape: number[]): Tensor =>
  tensor(
    Int32Array.from(words(name, sizeOf(shape)), (word) => word % below),
    { shape },
  );

function weights(name: string, shape: readonly number[]): Tensor {
  if (name.endsWith('running_var')) return made(name, shape, 1 / 2, 1);
  if (shape.length >= 2) return made(name, shape, Math.sqrt(3 / sizeOf(shape.slice(1))));
  return made(name, shape, 1 / 8, name.endsWith('weight') ? 1 : 0);
}

/** Gives all floating parameters and buffers the values of the formula. */
export function fill<M extends AnyModule>(model: M): M {
  for (const [name, value] of model.stateDict())
    if (value.dtype === 'float32') assign(value, weights(name, value.shape));
  return model;
}
