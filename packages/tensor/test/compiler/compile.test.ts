import { describe, expect, test } from 'vitest';
import {
  bernoulli,
  concat,
  conv2d,
  eye,
  fold,
  full,
  gelu,
  iota,
  logSoftmax,
  maxPool2d,
  oneHot,
  pad,
  scalar,
  softmax,
  tensor,
  unfold,
  where,
  type Tensor,
} from '../../src/index.ts';
import { compileTensors } from '../support/programs.ts';

/** Distinct, exactly representable values without ties. */
function sample(shape: readonly number[], shift = 0): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => ((i * 37 + shift * 11) % 101) / 16 - 3),
    { shape },
  );
}

function check(outputs: Tensor[], updates: [Tensor, Tensor][] = []): { kernels: number; names: string[] } {
  const { plan, expected, actual } = compileTensors(outputs, updates);
  expected.forEach((values, i) => {
    const got = actual[i] ?? [];
    expect(got.length).toBe(values.length);
    for (let j = 0; j < values.length; j++) expect(Math.abs((got[j] ?? NaN) - (values[j] ?? NaN))).toBeLessThan(1e-5);
  });
  return { kernels: plan.kernels.length, names: plan.kernels.map((kernel) => kernel.name) };
}

describe('fusion', () => {
  test('a product takes an activation along also where something else reads what it is of', () => {
    const [x, w, b, v] = [sample([6, 10]), sample([10, 7], 1), sample([7], 2), sample([7, 5], 3)];
    const h = x.matmul(w).add(b);
    const y = h.tanh();
    // Both are in memory: one for the second product, the other for whoever asks.
    expect(check([y.matmul(v), h.cos()]).names).toEqual(['dot + cos float32[6,7]', 'dot float32[6,5]']);
    expect(check([y.matmul(v).mul(1 / 64), h.sum(1)]).kernels).toBe(3);
    // What is read elsewhere than at its own place is another kernel's.
    expect(check([h.transpose(0, 1).add(1), h]).kernels).toBe(2);
  });

  test('views cost no kernel: one kernel for a chain of views and sums of them', () => {
    const x = sample([4, 6]);
    expect(check([x.transpose(0, 1).reshape([3, 8]).flip(1).slice([1, 2]).add(1)]).kernels).toBe(1);
    expect(
      check([
        pad(
          x,
          [
            [1, 2],
            [0, 3],
          ],
          { value: 7 },
        )
          .reshape([-1])
          .mul(2),
      ]).kernels,
    ).toBe(1);
    expect(check([concat([x, x.mul(2)], 1).transpose(0, 1)]).kernels).toBe(1);
  });

  test('elementwise chains are one kernel', () => {
    const x = sample([5, 7]);
    const y = sample([7], 3);
    expect(check([x.add(y).mul(2).relu().sub(y).exp()]).kernels).toBe(1);
    expect(check([gelu(x)]).kernels).toBe(1);
  });

  test('matmul + bias + relu is one kernel, and the sum of it a second', () => {
    const x = sample([5, 7]);
    const w = sample([3, 7], 1);
    const b = sample([3], 2);
    expect(check([x.matmul(w.transpose(0, 1)).add(b).relu()]).kernels).toBe(1);
    expect(check([x.matmul(w.transpose(0, 1)).add(b).relu().sum()]).kernels).toBe(2);
    expect(check([gelu(x.matmul(w.transpose(0, 1)).add(b))]).kernels).toBe(1);
  });

  test('convolution + bias + relu is one kernel; pooling another', () => {
    const x = sample([2, 3, 6, 6]);
    const w = sample([4, 3, 3, 3], 1);
    const b = sample([4], 2);
    expect(check([conv2d(x, w, { bias: b, padding: 1 }).relu()]).kernels).toBe(1);
    expect(check([maxPool2d(conv2d(x, w, { bias: b, padding: 1 }).relu(), 2)]).kernels).toBe(2);
    expect(check([conv2d(x, w, { stride: 2, padding: 2, dilation: 2 })]).kernels).toBe(1);
  });

  test('the transpose of a product is a product', () => {
    const x = sample([5, 7]);
    const w = sample([7, 3], 1);
    expect(check([x.matmul(w).transpose(0, 1).mul(2)]).kernels).toBe(1);
    expect(
      check([
        sample([2, 3, 4])
          .matmul(sample([2, 4, 5], 2))
          .transpose(1, 2),
        sample([2, 3, 4])
          .matmul(sample([2, 4, 5], 2))
          .transpose(0, 1),
      ]).kernels,
    ).toBe(3);
  });

  test('softmax along rows is 1 kernel, log-softmax too; along columns they are 4 and 3', () => {
    const x = sample([6, 10]);
    expect(check([softmax(x, -1)]).kernels).toBe(1);
    expect(check([logSoftmax(x, -1)]).kernels).toBe(1);
    expect(check([softmax(x, 0)]).kernels).toBe(4);
    expect(check([logSoftmax(x, 0)]).kernels).toBe(3);
  });

  test('an AdamW-like update of a parameter and its moments is one kernel, in place', () => {
    const p = sample([5, 4]);
    const m = sample([5, 4], 1);
    const v = tensor(
      Float32Array.from({ length: 20 }, (_, i) => 0.25 + i / 8),
      { shape: [5, 4] },
    );
    const g = sample([5, 4], 3);
    const m2 = m.mul(0.9).add(g.mul(0.1));
    const v2 = v.mul(0.99).add(g.mul(g).mul(0.01));
    const p2 = p.mul(0.999).sub(m2.mul(scalar(0.01)).div(v2.sqrt().add(1e-8)));
    const { plan } = compileTensors(
      [],
      [
        [m, m2],
        [v, v2],
        [p, p2],
      ],
    );
    expect(plan.kernels.length).toBe(1);
    expect(plan.arenaBytes).toBe(0);
    check(
      [],
      [
        [m, m2],
        [v, v2],
        [p, p2],
      ],
    );
  });
});

describe('in-place updates', () => {
  test('readers of the old value run before it goes', () => {
    const p = sample([4, 4]);
    const x = sample([3, 4], 1);
    check([x.matmul(p), p.sum()], [[p, p.mul(2)]]);
  });
  test('a value that reads its target elsewhere goes through a copy', () => {
    const p = sample([4, 4]);
    check([], [[p, p.transpose(0, 1).add(1)]]);
    check([], [[p, p.matmul(p)]]);
  });
  test('two parameters may change places', () => {
    const p = sample([4, 4]);
    const q = sample([4, 4], 5);
    check(
      [p.add(q)],
      [
        [p, q],
        [q, p],
      ],
    );
  });
  test('a reduction may update running statistics in its epilogue', () => {
    const running = sample([3]);
    const x = sample([5, 3, 4], 2);
    check([], [[running, running.mul(0.9).add(x.mean([0, 2]).mul(0.1))]]);
  });
  test('an output that uses both old and new values', () => {
    const p = sample([6]);
    const next = p.mul(0.5);
    check([p.sub(next), next.sum().add(p)], [[p, next]]);
  });
});

describe('values', () => {
  test('outputs that are leaves, constants or the same node twice', () => {
    const x = sample([3, 2]);
    const y = x.add(1);
    check([x, full([2, 3], 4), y, y, x.reshape([6]), y.detach(), iota([2, 3], 1), eye(3)]);
  });
  test('windows: unfold, fold, overlapping and not', () => {
    const x = sample([2, 7, 7]);
    check([
      unfold(x, [3, 3], { stride: 2 }),
      unfold(x, [2, 2], { stride: 2 }),
      unfold(x, [3], { dilation: 2 }).sum(-1),
    ]);
    const w = unfold(x, [3, 3], { stride: 2 });
    check([fold(w.mul(2), [7, 7], { stride: 2 }), fold(unfold(x, [2, 2], { stride: 2 }), [7, 7], { stride: 2 })]);
  });
  test('padding under reductions and products', () => {
    const x = sample([3, 4]);
    check([
      pad(x, [
        [1, 1],
        [2, 0],
      ]).matmul(sample([6, 5], 4)),
      pad(
        x,
        [
          [1, 1],
          [2, 0],
        ],
        { value: 2 },
      ).max(0),
      pad(x, [[2, 2]]).sum(1),
    ]);
  });
  test('softmax, cross-entropy by one-hot, argmax', () => {
    const x = sample([6, 10]);
    const y = tensor(Int32Array.from([1, 2, 3, 9, 0, 5]));
    check([logSoftmax(x, -1).mul(oneHot(y, 10)).sum(-1).mean().neg(), x.argmax(-1), x.argmax(), softmax(x, 0)]);
  });
  test('empty tensors', () => {
    const x = tensor(new Float32Array(0), { shape: [0, 3] });
    check([x.sum(0), x.add(1), x.matmul(sample([3, 2])), sample([2, 0 + 3]).add(x.sum())]);
  });
  test('random numbers depend on the position in their own draw only', () => {
    const mask = bernoulli([4, 6], 0.5);
    check([where(mask, 1, 0).transpose(0, 1).reshape([24]), mask.to('float32').sum()]);
  });
  test('batched and broadcast products', () => {
    check([
      sample([2, 3, 4]).matmul(sample([4, 5], 1)),
      sample([2, 1, 3, 4]).matmul(sample([3, 4, 5], 1)),
      sample([4]).matmul(sample([4, 2])),
    ]);
  });
});
