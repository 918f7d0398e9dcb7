/** Random graphs: a seed and a number of steps always give the same one. */
import {
  avgPool2d,
  acos,
  argSort,
  asin,
  atan,
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseRightShift,
  bitwiseXor,
  concat,
  cond,
  conv2d,
  copySign,
  cummax,
  cummin,
  cumprod,
  cumsum,
  diagonal,
  digamma,
  erfinv,
  exp2,
  floorDivide,
  fmod,
  lgamma,
  log10,
  log2,
  fold,
  gather,
  indexAdd,
  indexCopy,
  indexSelect,
  iota,
  logCumSumExp,
  logSumExp,
  maxPool2d,
  maxWithIndices,
  norm,
  oneHot,
  pad,
  scatterAdd,
  scatterReduce,
  segmentMean,
  segmentSoftmax,
  segmentSum,
  setAt,
  prod,
  repeatInterleave,
  roll,
  slice,
  scan,
  softplus,
  stack,
  tensor,
  topK,
  tril,
  trunc,
  unfold,
  whileLoop,
  Tensor,
} from '../../../packages/tensor/src/index.ts';
import type { BinaryPrimitive, UnaryPrimitive } from '../../../packages/tensor/src/graph.ts';
import { unchanged } from '../../../packages/tensor/src/handle.ts';
import { catalogueSteps } from './catalogue.ts';
import { narrowSteps } from './narrow.ts';
import { makeRandom, type Random } from './random.ts';
import { rowSteps } from './rows.ts';
import type { Step } from './step.ts';

/** Values in −2 … 2 that float32 holds exactly, without small fractions that would tie. */
function randomData(size: number, random: Random): Float32Array {
  return Float32Array.from({ length: size }, () => (random(1 << 20) + 0.5) / (1 << 18) - 2);
}

const leafShapes: readonly (readonly number[])[] = [[3, 4], [2, 3, 4], [4], [5, 5], [1, 2, 6, 6], [3, 1], []];

export interface Leaf {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export function randomLeaves(random: Random): Leaf[] {
  const count = 2 + random(3);
  return Array.from({ length: count }, () => {
    const shape = leafShapes[random(leafShapes.length)] ?? [];
    return {
      shape,
      data: randomData(
        shape.reduce((a, b) => a * b, 1),
        random,
      ),
    };
  });
}

const sameShape = (x: Tensor, y: Tensor): boolean => x.shape.join() === y.shape.join();
const broadcasts = (x: Tensor, y: Tensor): boolean =>
  x.shape.every((n, i) => {
    const other = y.shape[y.ndim - x.ndim + i] ?? 1;
    return n === other || n === 1 || other === 1;
  });

const binary =
  (f: (x: Tensor, y: Tensor) => Tensor): Step =>
  (x, y) =>
    broadcasts(x, y) && broadcasts(y, x) ? f(x, y) : f(x, y.mean());
const unary =
  (f: (x: Tensor) => Tensor): Step =>
  (x) =>
    f(x);
const withAxis =
  (f: (x: Tensor, axis: number, random: Random) => Tensor | undefined): Step =>
  (x, _, axis, random) =>
    x.ndim === 0 ? undefined : f(x, axis, random);
const image =
  (f: (x: Tensor, random: Random) => Tensor): Step =>
  (x, _, _axis, random) => {
    if (x.size < 32) return undefined;
    return f(x.reshape([x.size]).slice([0], [32]).reshape([1, 2, 4, 4]), random);
  };
const constant = (shape: readonly number[], random: Random): Tensor =>
  tensor(
    randomData(
      shape.reduce((a, b) => a * b, 1),
      random,
    ),
    { shape },
  );

/** An int32 that small differences of x do not change. */
const whole = (x: Tensor): Tensor => x.mul(3).add(0.123).to('int32');

/** One for each elementwise primitive; the record is exhaustive, so that a new one without a rule does not compile. */
const elementwise: Readonly<Record<UnaryPrimitive | BinaryPrimitive, Step>> = {
  neg: unary((x) => x.neg()),
  abs: unary((x) => x.abs()),
  sign: unary((x) => x.sub(0.0371).sign().add(x)),
  exp: unary((x) => x.tanh().exp()),
  expm1: unary((x) => x.tanh().expm1()),
  exp2: unary((x) => exp2(x.tanh())),
  log: unary((x) => x.abs().add(1).log()),
  log1p: unary((x) => x.abs().log1p()),
  log2: unary((x) => log2(x.abs().add(1))),
  log10: unary((x) => log10(x.abs().add(1))),
  sqrt: unary((x) => x.abs().add(0.5).sqrt()),
  sin: unary((x) => x.sin()),
  cos: unary((x) => x.cos()),
  asin: unary((x) => asin(x.tanh().mul(0.9))),
  acos: unary((x) => acos(x.tanh().mul(0.9))),
  atan: unary((x) => atan(x)),
  tanh: unary((x) => x.tanh()),
  sigmoid: unary((x) => x.sigmoid()),
  erf: unary((x) => x.erf()),
  erfc: unary((x) => x.erfc()),
  normalCdf: unary((x) => x.gelu()),
  log1pExp: unary((x) => softplus(x)),
  erfinv: unary((x) => erfinv(x.tanh().mul(0.9))),
  lgamma: unary((x) => lgamma(x.abs().add(0.5)).tanh()),
  digamma: unary((x) => digamma(x.abs().add(0.5)).tanh()),
  relu: unary((x) => x.relu()),
  floor: unary((x) => x.mul(0.7).add(0.0123).floor().sub(x)),
  ceil: unary((x) => x.mul(0.7).add(0.0123).ceil().sub(x)),
  round: unary((x) => x.mul(0.7).add(0.0123).round().sub(x)),
  trunc: unary((x) => trunc(x.mul(0.7).add(0.0123)).sub(x)),
  not: unary((x) => x.greater(0.0213).not().where(x, x.mul(-0.5))),

  add: binary((x, y) => x.add(y)),
  sub: binary((x, y) => x.sub(y)),
  mul: binary((x, y) => x.mul(y.tanh())),
  div: binary((x, y) => x.div(y.abs().add(1))),
  pow: binary((x, y) => x.abs().add(0.5).pow(y.sigmoid())),
  copySign: binary((x, y) => copySign(x, y.add(0.0137))),
  fmod: binary((x, y) => fmod(x.add(0.0137), y.abs().add(7))),
  floorDivide: binary((x, y) =>
    x.mul(0.5).add(floorDivide(x.mul(9).add(0.123).to('int32'), y.to('int32').abs().add(2)).to('float32').mul(0.1)),
  ),
  maximum: binary((x, y) => x.maximum(y)),
  minimum: binary((x, y) => x.minimum(y)),
  equal: binary((x, y) => x.to('int32').equal(y.add(0.0137).to('int32')).where(x, y.mul(0.5))),
  notEqual: binary((x, y) => x.add(0.0137).to('bool').notEqual(y.less(0.0219)).where(x, y.mul(0.5))),
  less: binary((x, y) => x.less(y.add(0.0137)).where(x.mul(0.5), y)),
  lessEqual: binary((x, y) => x.lessEqual(y.add(0.0137)).where(x.mul(0.5), y)),
  and: (x, y) => (sameShape(x, y) ? x.greater(0.0123).and(y.lessEqual(0.5123).not()).where(x, y.neg()) : undefined),
  or: (x, y) => (sameShape(x, y) ? x.greater(0.7123).or(y.lessEqual(-0.5123)).where(x, y.neg()) : undefined),
  xor: binary((x, y) => bitwiseXor(x.greater(0.7123), y.lessEqual(-0.5123)).where(x, y.neg())),
  shiftLeft: unary((x) =>
    bitwiseAnd(bitwiseLeftShift(whole(x), 3), 31)
      .to('float32')
      .mul(0.05)
      .add(x),
  ),
  shiftRight: unary((x) =>
    bitwiseXor(bitwiseRightShift(whole(x), 2), 5)
      .to('float32')
      .mul(0.05)
      .add(x),
  ),
};

/** Positions along an axis of `extent`, up to `beyond` outside at both ends. */
const positions = (shape: readonly number[], extent: number, beyond: number, random: Random): Tensor =>
  tensor(
    Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random(extent + 2 * beyond) - beyond),
    { shape },
  ).add(0);

/** Everything keeps numbers of moderate size, so that float32 and float64 stay close. */
const plainSteps: readonly Step[] = [
  ...Object.values(elementwise),
  unary((x) => x.gelu()),
  unary((x) => x.clamp(-1, 1.5)),
  unary((x) => x.mul(3).add(0.123).to('int32').to('float32').add(x)),
  unary((x) => x.detach().mul(x)),
  withAxis((x, axis) => x.sum(axis)),
  withAxis((x, axis) => prod(x.tanh().add(0.5), axis)),
  withAxis((x, axis) => x.mean(axis, { keepDims: true })),
  withAxis((x, axis) => x.max(axis)),
  withAxis((x, axis) => x.sub(x.min(axis, { keepDims: true }))),
  withAxis((x, axis) => norm(x, axis)),
  withAxis((x, axis) => ((x.shape[axis] ?? 1) > 1 ? x.std(axis) : undefined)),
  withAxis((x, axis) => x.variance(axis, { correction: 0 }).tanh()),
  withAxis((x, axis) => x.softmax(axis)),
  withAxis((x, axis) => x.logSoftmax(axis)),
  withAxis((x, axis) =>
    x.sub(x.mean(axis, { keepDims: true })).div(x.variance(axis, { keepDims: true, correction: 0 }).add(0.1).sqrt()),
  ),
  withAxis((x, axis) =>
    oneHot(x.argmax(axis), x.shape[axis] ?? 1)
      .sum(-1)
      .mul(x.sum(axis)),
  ),
  // Positions from data, some outside; of two that are alike the first, so that no rounding decides.
  withAxis((x, axis, random) => {
    const shape = x.shape.map((n, i) => (i === axis ? 1 + random(5) : n));
    return gather(x, axis, positions(shape, x.shape[axis] ?? 1, 0, random));
  }),
  withAxis((x, axis, random) => {
    const list = positions([1 + random(6)], x.shape[axis] ?? 1, 0, random);
    return indexSelect(x, axis, list.add(list.sub(list)));
  }),
  withAxis((x, axis, random) => {
    const index = positions(x.shape, x.shape[axis] ?? 1, 1, random).mul(1);
    return scatterAdd(x.mul(0.5), axis, index, x.flip(axis)).mul(0.5);
  }),
  withAxis((x, axis, random) => {
    const list = positions([x.shape[axis] ?? 1], x.shape[axis] ?? 1, 0, random);
    return [indexCopy(x, axis, list, x.mul(0.3)), indexAdd(x, axis, list, x.tanh())][random(2)];
  }),
  (x, y, axis, random) =>
    x.ndim > 0 && sameShape(x, y)
      ? scatterReduce(
          x,
          axis,
          positions(x.shape, x.shape[axis] ?? 1, 0, random),
          y.add(0.0173),
          (['prod', 'amax', 'amin', 'mean'] as const)[random(4)] ?? 'mean',
        ).tanh()
      : undefined,
  (x, _, _axis, random) => {
    if (x.ndim === 0) return undefined;
    const ids = positions([x.shape[0] ?? 1], 3, 0, random);
    return [segmentSum, segmentSoftmax, segmentMean][random(3)]?.(x.tanh(), ids, 3);
  },
  withAxis((x, axis) => gather(x, axis, x.argmax(axis).unsqueeze(axis)).sub(0.5)),
  withAxis((x, axis, random) =>
    setAt(
      x,
      x.shape.map((n, i) => (i === axis ? [random(n), n] : [0, n, 2])),
      random(2),
    ),
  ),
  withAxis((x, axis) => x.mul(iota(x.shape, axis).to('float32').mul(0.1))),
  // Whole numbers that float32 holds, so that both take the sine of the same large angle.
  withAxis((x, axis) => iota(x.shape, axis).to('float32').mul(4099).add(1e6).sin().mul(x)),
  withAxis((x, axis, random) => x.transpose(axis, random(x.ndim))),
  withAxis((x, axis) => x.flip(axis)),
  withAxis((x, axis, random) => roll(x, random(9) - 4, axis)),
  withAxis((x, axis, random) => {
    const extent = x.shape[axis] ?? 1;
    const mode = (['reflect', 'replicate', 'circular'] as const)[random(3)] ?? 'circular';
    const most = Math.min(mode === 'reflect' ? extent - 1 : extent, 3);
    const pair = [random(most + 1), random(most + 1)] as const;
    return pad(
      x,
      x.shape.map((_, i) => (i === axis ? pair : [0, 0])),
      { mode },
    );
  }),
  withAxis((x, axis, random) =>
    x.size < 400
      ? repeatInterleave(
          x,
          Array.from({ length: x.shape[axis] ?? 1 }, (_, i) => (i === 0 ? 1 : random(3))),
          axis,
        )
      : undefined,
  ),
  (x, _, _axis, random) => (x.ndim < 2 ? undefined : tril(x, random(4) - 2)),
  (x, _, _axis, random) => (x.ndim < 2 ? undefined : diagonal(x, random(2), random(x.ndim - 1), -1)),
  withAxis((x, axis, random) =>
    slice(
      x,
      x.shape.map(() => Infinity),
      undefined,
      x.shape.map((_, i) => (i === axis ? -1 - random(2) : -1)),
    ),
  ),
  withAxis((x, axis) => logSumExp(x, axis)),
  withAxis((x, axis) => maxWithIndices(x, axis).values.mul(0.5)),
  // By whole numbers, so that no rounding decides what comes first.
  withAxis((x, axis, random) => {
    const order = argSort(x.mul(3).add(0.123).to('int32'), axis, { descending: random(2) === 1 });
    return gather(x, axis, order);
  }),
  withAxis((x, axis, random) => {
    const key = x.mul(3).add(0.123).to('int32').to('float32');
    const { values, indices } = topK(key, 1 + random(x.shape[axis] ?? 1), { axis, largest: random(2) === 1 });
    return [values.mul(0.2), gather(x, axis, indices)][random(2)];
  }),
  withAxis((x, axis, random) => cumsum(x.mul(0.3), axis, { reverse: random(2) === 1 }).tanh()),
  withAxis((x, axis, random) => cumprod(x.tanh().add(0.5), axis, { reverse: random(2) === 1 })),
  withAxis((x, axis, random) => logCumSumExp(x, axis, { reverse: random(2) === 1 }).sub(1)),
  withAxis((x, axis, random) => {
    const { values, indices } = [cummax, cummin][random(2)]?.(x, axis) ?? cummax(x, axis);
    return [values, indices.to('float32').mul(0.1)][random(2)];
  }),
  withAxis((x, axis) => norm(x, axis, { p: 3 })),
  withAxis((x, axis, random) =>
    pad(
      x,
      x.shape.map((_, i) => (i === axis ? [random(3), random(3)] : [0, 0])),
      { value: random(2) },
    ),
  ),
  withAxis((x, _, random) =>
    x.slice(
      x.shape.map((n) => random(Math.min(n, 2))),
      undefined,
      x.shape.map(() => 1 + random(2)),
    ),
  ),
  withAxis((x, axis, random) => concat([x, x.mul(2), x].slice(0, 2 + random(2)), axis)),
  // More parts than are chosen from inside of a kernel: recorded on x, views of x, and the same ones twice.
  withAxis((x, axis, random) => {
    const part = (i: number): Tensor => [() => x.mul(i / 8), () => x.narrow(axis, 0, 1)][random(3)]?.() ?? x;
    return concat(
      Array.from({ length: 7 + random(8) }, (_, i) => part(i)),
      axis,
    );
  }),
  withAxis((x, axis, random) => {
    const rows = Array.from({ length: x.shape[axis] ?? 1 }, (_, i) => x.narrow(axis, i, 1).squeeze(axis));
    const parts = Array.from({ length: 9 + random(4) }, (_, i) => rows[i % rows.length] ?? x);
    return stack(parts, random(x.ndim)).mul(0.5);
  }),
  unary((x) => x.reshape([x.size])),
  (x, _, _axis, random) => (x.ndim < 4 ? x.unsqueeze(random(x.ndim + 1)) : undefined),
  (x, _, _axis, random) => (x.ndim < 4 ? x.unsqueeze(0).broadcastTo([2 + random(2), ...x.shape]) : undefined),
  (x, _, _axis, random) =>
    x.ndim === 2 ? x.matmul(constant([x.shape[1] ?? 1, 1 + random(6)], random)).mul(0.3) : undefined,
  (x, y) =>
    x.ndim === 2 && y.ndim === 2 && x.shape[1] === y.shape[1] ? x.matmul(y.transpose(0, 1)).mul(0.3) : undefined,
  (x, y) =>
    x.ndim === 3 &&
    y.ndim >= 2 &&
    x.shape[2] === y.shape.at(-2) &&
    (y.ndim === 2 || y.shape[0] === x.shape[0]) &&
    y.ndim < 4
      ? x.matmul(y).mul(0.3)
      : undefined,
  (x) => (x.ndim === 3 ? x.matmul(x.transpose(1, 2)).mul(0.3) : undefined),
  (x, _, _axis, random) =>
    x.ndim > 0 && (x.shape.at(-1) ?? 0) >= 3 ? unfold(x, [2], { stride: 1 + random(2) }) : undefined,
  (x, _, _axis, random) => {
    if (x.ndim < 2) return undefined;
    const [count = 1, window = 1] = x.shape.slice(-2);
    const stride = 1 + random(2);
    return fold(x, [(count - 1) * stride + window + random(stride)], { stride }).mul(0.5);
  },
  image((x, random) =>
    conv2d(x, constant([2, 2, 3, 3], random), { bias: constant([2], random), padding: 1, stride: 1 + random(2) }).mul(
      0.3,
    ),
  ),
  image((x, random) =>
    conv2d(x, constant([4, 1, 2, 3], random), { groups: 2, padding: random(2), dilation: 1 }).mul(0.3),
  ),
  image((x, random) => maxPool2d(x, 2, { padding: random(2), stride: 1 + random(2) })),
  image((x, random) => avgPool2d(x, [2, 3], { padding: [random(2), 1], stride: 1 + random(2) })),
  (x, y) => {
    if (x.size < 32 || y.size < 36) return undefined;
    const pixels = x.reshape([x.size]).slice([0], [32]).reshape([2, 1, 4, 4]);
    return conv2d(pixels, y.reshape([y.size]).slice([0], [36]).reshape([4, 1, 3, 3]), { padding: 1 }).mul(0.2);
  },
];

/**
 * A loop over an axis of x, whose body is a random graph over its carries, a part of x, one of y where that has as many, and y itself. It gives
 * what it stacks, or a carry; one carry takes part in the step, the other takes its place.
 */
const loop =
  (inside: () => readonly Step[]): Step =>
  (x, y, axis, random) => {
    const length = x.shape[axis];
    if (length === undefined) return undefined;
    const rows = x.transpose(0, axis);
    const both = y.ndim > 0 && y.shape[0] === length ? [rows, y] : [rows];
    const start = [rows.mean(0), rows.narrow(0, 0, 1).squeeze(0), tensor(0, { dtype: 'int32' })] as const;
    const reverse = random(2) === 0;
    const bodySeed = random(1 << 20);
    // What is carried, read and stacked may be half as wide.
    const dtype = random(3) === 0 ? 'float16' : 'float32';
    const [wide, stored] = [(v: Tensor) => v.to('float32'), (v: Tensor) => v.to(dtype)];
    const [carries, stack] = scan(
      ([narrowA, narrowB, count]: readonly [Tensor, Tensor, Tensor], parts: readonly Tensor[]) => {
        const own = makeRandom(bodySeed);
        const [a, b] = [wide(narrowA), wide(narrowB)];
        const seen = [a, b, ...parts.map(wide), y.mul(0.25)];
        const grown = growPool(seen, 1 + own(5), own, inside(), 2000 / length).slice(seen.length);
        const last = grown.at(-1) ?? a.mul(0.5);
        const next = a.mul(0.5).add(last.tanh().mean()).add(count.to('float32').mul(0.01));
        const [one, other] = [own(2) === 0 ? next : b, own(2) === 0 ? a : next];
        return [[stored(one), stored(other), count.add(1)], dtype === 'float16' ? stored(last.tanh()) : last] as const;
      },
      [stored(start[0]), stored(start[1]), start[2]] as const,
      both.map(stored),
      { reverse },
    );
    const [first, second, stacked] = [wide(carries[0]), wide(carries[1]), wide(stack)];
    return [stacked, stacked, first, second][random(4)];
  };

/** A choice between two random graphs over x and y, of which both are computed, read from outside or handed in; what is not chosen may be NaN. */
const choice =
  (inside: () => readonly Step[]): Step =>
  (x, y, _, random) => {
    const seeds = [random(1 << 20), random(1 << 20)];
    const branch =
      (which: 0 | 1) =>
      (v: Tensor): Tensor => {
        const own = makeRandom(seeds[which] ?? 0);
        const seen = [v, y.mul(0.5)];
        const last = growPool(seen, 1 + own(3), own, inside(), 500).at(-1) ?? v;
        return v.mul(0.5).add(last.tanh().mean());
      };
    if (random(3) > 0) return cond(x.mean().greater(y.mean().add(0.0137)), branch(0), branch(1), x);
    const isPositive = x.min().greater(0.1137);
    return cond(isPositive, (v) => v.log().sub(y.mean()), branch(1), x);
  };

/** A loop that ends by its values. */
const search: Step = (x, y, _, random) => {
  const limit = 0.2137 + random(3) * 0.4;
  const [carry, steps] = whileLoop(
    ({ v }) => v.abs().mean().greater(limit),
    ({ v, w }) => ({ v: v.mul(0.6).add(w.mean().mul(0.05)), w: w.sin() }),
    { v: x, w: y },
    { maxSteps: 1 + random(6) },
  );
  return [carry.v, carry.w, steps.to('float32').mul(0.1)][random(3)];
};

const innerSteps: readonly Step[] = [...plainSteps, ...rowSteps, ...narrowSteps, ...catalogueSteps];

const steps: readonly Step[] = [
  ...innerSteps,
  choice(() => innerSteps),
  choice(() => [...innerSteps, choice(() => innerSteps), loop(() => innerSteps)]),
  loop(() => [...innerSteps, ...[1, 2, 3].map(() => choice(() => innerSteps)), search]),
  search,
  ...[1, 2, 3].map(() => loop(() => innerSteps)),
  loop(() => [...innerSteps, ...[1, 2, 3, 4].map(() => loop(() => innerSteps))]),
];

/** Grows a graph over `leaves` and returns some of its values, the last always among them. */
export function grow(leaves: readonly Tensor[], stepCount: number, random: Random): Tensor[] {
  const grown = growPool(leaves, stepCount, random, steps, 2000).slice(leaves.length);
  return grown.filter((_, i) => i === grown.length - 1 || random(4) === 0);
}

/** `leaves`, and behind them what a number of random steps made of them and of each other. */
export function growPool(
  leaves: readonly Tensor[],
  stepCount: number,
  random: Random,
  steps: readonly Step[],
  largest: number,
): Tensor[] {
  const pool = [...leaves];
  for (let step = 0; step < stepCount; step++) {
    const x = pool[random(pool.length)] as Tensor;
    const y = pool[random(pool.length)] as Tensor;
    const axis = x.ndim === 0 ? 0 : random(x.ndim);
    const next = steps[random(steps.length)]?.(x, y, axis, random);
    // Also what is x itself: of a variable it is the value before the update, and a seed has to give the same graph over both.
    for (const result of next === undefined ? [] : next instanceof Tensor ? [next] : next)
      if (result.size > 0 && result.size <= largest) pool.push(unchanged(result));
  }
  return pool;
}
