/** Random graphs over free sizes: whatever they compute, the file computes the same at every size. */
import { concat, iota, pad, setDevice, where, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, it } from 'vitest';
import { expectSame, numbers } from './support/compare.ts';

beforeAll(() => setDevice('reference'));

const graphs = 60;
const steps = 10;

type Step = (x: Tensor, pick: () => Tensor, random: () => number) => Tensor;

/** Keeps values small, so that differences stay roundings. */
const tame = (x: Tensor): Tensor => x.clamp(-3, 3);
/** [batch, time, 4] again from what a step made of it. */
const stepTypes: readonly Step[] = [
  (x, pick) => tame(x.add(pick())),
  (x, pick) => tame(x.mul(pick())),
  (x, pick) => x.maximum(pick().mul(0.5)),
  (x) => x.tanh().sub(0.25),
  (x) => x.sigmoid().neg(),
  (x) => x.softmax(-1),
  (x) => x.logSoftmax(2).mul(0.5),
  (x) => x.gelu(),
  (x) => x.sub(x.mean(-1, { keepDims: true })),
  (x) => x.sub(x.mean(1, { keepDims: true })),
  (x) => x.div(x.abs().max([0, 1], { keepDims: true }).add(1)),
  (x, _, random) => x.flip(random() < 0.5 ? 1 : [0, 2]),
  (x) => x.permute([1, 0, 2]).exp().clamp(0, 3).permute([1, 0, 2]),
  (x) =>
    x
      .reshape([x.shape[0]! * x.shape[1]!, 4])
      .matmul(iota([4, 4], 0).to('float32').mul(0.1))
      .reshape(x.shape),
  (x, pick) => tame(x.matmul(pick().transpose(1, 2)).matmul(x).div(x.shape[1]!)),
  (x, pick) => where(x.less(pick()), x, 0.5),
  (x, pick) => where(x.less(pick()).and(x.notEqual(0)), pick(), x),
  (x, pick) => concat([x, pick()], 2).slice([0, 0, 1], undefined, [1, 1, 2]),
  (x, pick) => concat([x, pick()], 1).narrow(1, 0, x.shape[1]!),
  (x) =>
    pad(x, [
      [0, 0],
      [1, 0],
    ]).narrow(1, 0, x.shape[1]!),
  (x) => x.narrow(1, x.shape[1]! - 1, 1).add(x),
  (x) => x.add(iota([x.shape[1]!, 1], 0).to('float32').mul(0.01)),
  (x) =>
    x
      .reshape([x.shape[0]!, x.shape[1]!, 2, 2])
      .permute([0, 2, 1, 3])
      .reshape([x.shape[0]! * 2, x.shape[1]!, 2])
      .sum(2, { keepDims: true })
      .reshape([x.shape[0]!, 2, x.shape[1]!, 1])
      .permute([0, 2, 1, 3])
      .reshape([x.shape[0]!, x.shape[1]!, 2])
      .mul(0.5)
      .sum(2, { keepDims: true })
      .add(x.mul(0)),
  (x) => x.add(x.argmax(2, { keepDims: true }).to('float32').mul(0.1)),
  (x) => x.mul(3).to('int32').abs().minimum(4).to('float32').mul(0.2),
];

describe('random graphs', () => {
  for (let seed = 0; seed < graphs; seed++) {
    it(`number ${seed}`, async () => {
      const run = (a: Tensor, b: Tensor): Tensor[] => {
        // Seeded anew in every trace: the graph is the same at every size.
        const stream = numbers(200, seed * 7919 + 1).values();
        const random = (): number => ((stream.next().value ?? 0) + 2) / 4;
        const values = [a, b];
        const pick = (): Tensor => values[Math.floor(random() * values.length)]!;
        for (let i = 0; i < steps; i++)
          values.push(stepTypes[Math.floor(random() * stepTypes.length)]!(pick(), pick, random));
        return [values.at(-1)!, values.at(-2)!.sum([0, 2])];
      };
      const inputs = { a: ['batch', 'time', 4], b: ['batch', 'time', 4] } as const;
      await expectSame(
        run,
        { inputs },
        [
          { batch: 2, time: 3 },
          { batch: 1, time: 1 },
          { batch: 3, time: 7 },
          { batch: 1, time: 4 },
          { batch: 4, time: 1 },
        ],
        2e-4,
      );
    });
  }
});
