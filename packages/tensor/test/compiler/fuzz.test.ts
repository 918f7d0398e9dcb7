import { expect, test } from 'vitest';
import { concat, conv2d, fold, maxPool2d, pad, softmax, tensor, unfold, type Tensor } from '../../src/index.ts';
import { compileTensors } from '../support/programs.ts';

/** A linear congruential generator: the graphs of a seed never change. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 12345;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

function leaf(shape: readonly number[], random: (below: number) => number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, () => random(4096) / 1024 - 2),
    { shape },
  );
}

/** One more node on top of `pool`: elementwise, view, reduction, window or contraction, whichever fits. */
function extend(pool: Tensor[], random: (below: number) => number): Tensor {
  const x = pool[random(pool.length)] as Tensor;
  const y = pool[random(pool.length)] as Tensor;
  const axis = x.ndim === 0 ? 0 : random(x.ndim);
  switch (random(17)) {
    case 0:
      return x.add(y.shape.join() === x.shape.join() ? y : 0.5);
    case 1:
      return x.mul(y.shape.join() === x.shape.join() ? y : -0.75);
    case 2:
      return x.relu();
    case 3:
      return x.tanh();
    case 4:
      return x.abs().add(1).log();
    case 5:
      return x.ndim === 0 ? x.neg() : x.sum(axis);
    case 6:
      return x.ndim === 0 ? x.neg() : x.sub(x.max(axis, { keepDims: true }));
    case 7:
      return x.ndim < 2 ? x : x.transpose(axis, random(x.ndim));
    case 8:
      return x.reshape([x.size]);
    case 9:
      return x.ndim === 0
        ? x
        : pad(
            x,
            x.shape.map((_, i) => (i === axis ? [random(2), random(3)] : [0, 0])),
            { value: 1 },
          );
    case 10:
      return x.ndim === 0
        ? x
        : x.slice(
            x.shape.map(() => random(2)),
            undefined,
            x.shape.map(() => 1 + random(2)),
          );
    case 11:
      return x.ndim === 0 ? x : x.flip(axis);
    case 12:
      return x.ndim === 2
        ? x.matmul(leaf([x.shape[1] ?? 1, 1 + random(4)], random))
        : softmax(x.reshape([1, x.size]), -1);
    case 13:
      return x.ndim === 0 || x.size > 400 ? x : concat([x, x.mul(2)], axis);
    case 14:
      return x.ndim > 0 && (x.shape[x.ndim - 1] ?? 0) >= 3 && x.size < 400
        ? unfold(x, [2], { stride: 1 + random(2) })
        : x.sin();
    case 15: {
      if (x.ndim < 2 || x.size > 400) return x.exp();
      const [count = 1, window = 1] = x.shape.slice(-2);
      const stride = 1 + random(2);
      return fold(x, [(count - 1) * stride + window + random(stride)], { stride });
    }
    default: {
      if (x.size < 16 || x.size > 400) return x.sigmoid();
      const image = x.reshape([x.size]).slice([0], [16]).reshape([1, 1, 4, 4]);
      return random(2) === 0
        ? conv2d(image, leaf([2, 1, 3, 3], random), { padding: 1, stride: 1 + random(2) }).relu()
        : maxPool2d(image, 2, { padding: random(2), stride: 1 + random(2) });
    }
  }
}

/** Random graphs, a few values of each asked for: fused plans against the interpreter, which knows no fusion. */
test('fused plans compute what the graph says, on 300 random graphs', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = makeRandom(seed);
    const pool = [leaf([3, 4], random), leaf([2, 3, 4], random), leaf([4], random), leaf([5, 5], random)];
    const steps = 3 + random(14);
    for (let step = 0; step < steps; step++) {
      const next = extend(pool, random);
      if (next.size > 0 && next.size < 3000) pool.push(next);
    }
    const outputs = pool.slice(4).filter((_, i, all) => i >= all.length - 2 || random(4) === 0);
    // Leaves take new values in place, from whatever was computed in their shape; each at most once.
    const updates = pool.slice(0, 4).flatMap((target): [Tensor, Tensor][] => {
      const candidates = [...pool.slice(4), ...pool.slice(0, 4)].filter((t) => t.shape.join() === target.shape.join());
      const value = candidates[random(candidates.length)];
      return value === undefined || random(2) === 0
        ? []
        : [[target, random(3) === 0 ? value : target.mul(0.5).add(value)]];
    });
    if (outputs.length + updates.length === 0) continue;
    const { expected, actual, plan } = compileTensors(outputs, updates);
    expected.forEach((values, i) => {
      const got = actual[i] ?? [];
      for (let j = 0; j < values.length; j++) {
        const want = values[j] ?? NaN;
        const difference = Math.abs((got[j] ?? NaN) - want);
        if (!(difference <= 1e-5 * Math.max(1, Math.abs(want))) && !(Number.isNaN(want) && Number.isNaN(got[j]))) {
          expect.fail(
            `seed ${seed}, output ${i} ${outputs[i]?.toString()}, element ${j}: ${got[j]} instead of ${want}\n${plan.kernels.map((k) => k.name).join('\n')}`,
          );
        }
      }
    });
  }
}, 60_000);
