/** Steps through float16 and uint8, with leaves of both; what they give is float32 again. */
import {
  bitwiseAnd,
  bitwiseXor,
  concat,
  cumsum,
  gather,
  sort,
  tensor,
  type Tensor,
} from '../../../packages/tensor/src/index.ts';
import type { Random } from './random.ts';
import type { Step } from './step.ts';

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const bytes = (shape: readonly number[], random: Random): Tensor =>
  tensor(
    Uint8Array.from({ length: sizeOf(shape) }, () => random(256)),
    { shape },
  );

/** Multiples of 2⁻⁸ in −2 … 2. */
const halves = (shape: readonly number[], random: Random): Tensor =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => random(1024) / 256 - 2),
    { shape, dtype: 'float16' },
  );

const ofHalves: readonly ((x: Tensor, axis: number, random: Random) => Tensor)[] = [
  (x) => x.mul(0.3).add(x.tanh()),
  (x, _, random) => x.mul(halves(x.shape, random)).add(0.5),
  (x, _, random) => x.sub(halves(x.shape, random)).sigmoid(),
  (x) => x.div(x.abs().add(1)),
  (x, axis) => x.softmax(axis),
  (x, axis) => x.sum(axis),
  (x, axis) => x.sub(x.mean(axis, { keepDims: true })),
  (x, axis) => x.max(axis),
  (x, axis) => cumsum(x.mul(0.2), axis),
  (x, axis) => concat([x, x.mul(0.5)], axis),
  (x, axis) => x.transpose(axis, 0),
  (x) => (x.ndim === 2 ? x.matmul(x.transpose(0, 1)).mul(0.2) : x.gelu()),
  (x) => x.to('float32').add(x).to('float16').exp().log1p(),
];

const ofBytes: readonly ((x: Tensor, axis: number, random: Random) => Tensor)[] = [
  (x) => x.add(200),
  (x, _, random) => x.mul(bytes(x.shape, random)),
  (x, _, random) => bitwiseXor(x, bytes(x.shape, random)),
  (x) => bitwiseAnd(x, 15).mul(20),
  (x, axis) => x.max(axis),
  (x, axis) => x.sum(axis),
  (x, axis) => sort(x, axis).values,
  (x, axis, random) => concat([x, bytes(x.shape, random)], axis),
  (x, _, random) => x.less(bytes(x.shape, random)).where(x, bytes(x.shape, random)),
  (x, axis, random) => gather(x, axis, bytes(x.shape, random).mul(0).to('int32')),
];

const one = <T>(list: readonly T[], random: Random): T => list[random(list.length)] as T;

const half: Step = (x, _, axis, random) => {
  if (x.ndim === 0) return undefined;
  let value = one(ofHalves, random)(x.tanh().to('float16'), axis, random);
  if (value.ndim > 0 && random(2) === 0) value = one(ofHalves, random)(value, random(value.ndim), random);
  return value.to('float32').tanh();
};

/** Bytes that small differences of x do not change. */
const byte: Step = (x, _, axis, random) => {
  if (x.ndim === 0) return undefined;
  const whole = x.mul(3).add(0.123).to('int32').to('uint8');
  let value = one(ofBytes, random)(random(2) === 0 ? whole : bytes(x.shape, random), axis, random);
  if (value.dtype === 'uint8' && value.ndim > 0 && random(2) === 0)
    value = one(ofBytes, random)(value, random(value.ndim), random);
  return value.to('float32').mul(0.005).tanh();
};

const image: Step = (x, _, _axis, random) => x.mul(bytes(x.shape, random).to('float32').div(255));

export const narrowSteps: readonly Step[] = [half, half, byte, image];
