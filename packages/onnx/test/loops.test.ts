/** Loops as operators of a file: one step however many there are, numbers of steps that stay free, and what onnxruntime makes of them. */
import { checkpoint, grad, vmap } from '../../autograd/src/index.ts';
import { Linear, Module } from '@hebb/layers';
import { cond, ones, scan, setDevice, tensor, whileLoop, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx, parseOnnx, type OnnxGraph, type OnnxModel } from '@hebb/onnx';
import { expectSame, numbers, operatorsOf } from './support/compare.ts';

beforeAll(() => setDevice('reference'));

const grid = [1, 2, 3, 7].flatMap((batch) => [1, 2, 5].map((time) => ({ batch, time })));
const steps = { inputs: { x: ['time', 'batch', 4] } } as const;
const weights = (rows: number, columns: number, seed: number): Tensor =>
  tensor(numbers(rows * columns, seed), { shape: [rows, columns] }).mul(0.5);

/** The graph inside of the only loop among the operators of a graph. */
function stepOf(graph: OnnxGraph | undefined): OnnxGraph {
  const loops = (graph?.node ?? []).filter(({ opType }) => opType === 'Scan');
  expect(loops.length).toBe(1);
  return loops[0]?.attribute?.find(({ name }) => name === 'body')?.g as OnnxGraph;
}

describe('a loop in a file', () => {
  it.each<[string, (x: Tensor) => Tensor | Tensor[]]>([
    ['adds up', (x) => scan((s, row) => [s.add(row), s.mul(2)], zeros([4]).broadcastTo([x.shape[1]!, 4]), x)],
    [
      'is a recurrent layer, forwards and backwards',
      (x) => {
        const [w, u] = [weights(4, 3, 5), weights(3, 3, 6)];
        const layer = (reverse: boolean): [Tensor, Tensor] =>
          scan(
            (h, row) => {
              const next = row.matmul(w).add(h.matmul(u)).tanh();
              return [next, next];
            },
            zeros([x.shape[1]!, 3]),
            x,
            { reverse },
          );
        return [...layer(false), ...layer(true)];
      },
    ],
    [
      'carries several values of several types',
      (x) => {
        const first = { sum: zeros([4]), count: tensor(0, { dtype: 'int32' }), flag: tensor(0, { dtype: 'bool' }) };
        const [last, ys] = scan(
          ({ sum, count, flag }, row) => [
            { sum: sum.add(row.mean(0)), count: count.add(1), flag: flag.or(row.max().greater(1.5)) },
            [count, flag.where(row, row.neg())],
          ],
          first,
          x,
        );
        return [last.sum, last.count, last.flag, ...ys];
      },
    ],
    [
      'reads beside its step what is outside: the input, what is computed of it, and sizes',
      (x) => scan((s, row) => [s.add(row.mul(x.mean())).div(row.shape[0]!), s], x.max(0), x.exp())[1],
    ],
    ['reads nothing step by step', (x) => scan((s) => [s.mul(0.5).add(1), s], x, undefined, { length: 4 })],
    [
      'as many times as there are rows',
      (x) => scan((s) => [s.mul(0.5).add(1), undefined], x.mean(0), undefined, { length: x.shape[0]! })[0],
    ],
    [
      'lies in a loop',
      (x) =>
        scan(
          (s, row) => [s.add(scan((t, y) => [t.mul(0.5).add(y), t.mul(s.sum())], zeros([4]), row)[1].sum(0)), s],
          zeros([4]),
          x,
        ),
    ],
    [
      'gives its carry before each step, and the same value twice',
      (x) => scan((s, row) => [row, [s, s, row]], x.sum(0), x)[1],
    ],
    [
      'hands on what it never changes, and what does not depend on the step',
      (x) => scan(([a, b], row) => [[b, a] as const, row.mul(0).add(3)], [x.sum(0), x.mean(0)] as const, x).flat(),
    ],
    [
      'has a gradient',
      (x) =>
        grad((y: Tensor) =>
          scan((s, row) => [s.mul(row).sin(), s], ones([4]), y.mean(1))[1]
            .square()
            .sum(),
        )(x),
    ],
    [
      'has a gradient of a gradient',
      (x) =>
        grad((y: Tensor) =>
          grad((z: Tensor) => scan((s, row) => [s.mul(row).sin(), undefined], ones([4]), z.mean(1))[0].sum())(y)
            .square()
            .sum(),
        )(x),
    ],
    [
      'is mapped over examples',
      (x) => vmap((y: Tensor) => scan((s, row) => [s.mul(row).tanh(), undefined], ones([4]), y)[0], { inAxes: 1 })(x),
    ],
    [
      'is a part that is computed again',
      (x) => grad((y: Tensor) => checkpoint((z: Tensor) => z.tanh().exp())(y).sum())(x),
    ],
    [
      'ends where its condition does',
      (x) =>
        whileLoop(
          (s) => s.abs().max().greater(0.1),
          (s) => s.mul(0.5),
          x,
          { maxSteps: 8 },
        ),
    ],
    [
      'is the gradient of a choice of which the other branch has none',
      (x) =>
        vmap(
          grad((row: Tensor) =>
            cond(
              row.sum().greater(0),
              () => row.pow(3).sum(),
              () => row.abs().max().neg().sqrt().add(row.square().sum()),
            ),
          ),
        )(x.abs()),
    ],
    [
      'chooses',
      (x) =>
        scan(
          (s, row) => [
            cond(
              row.sum().greater(0),
              (t: Tensor) => t.add(1),
              (t) => t.mul(2),
              s,
            ),
            s,
          ],
          ones([4]),
          x,
        )[0],
    ],
  ])('%s', async (_, model) => {
    await expectSame(model, steps, grid);
  });

  it('is as large for a thousand steps as for ten, and its weights lie in the file once', async () => {
    class Recurrent extends Module {
      readonly input = new Linear(4, 8);
      readonly hidden = new Linear(8, 8);
      forward(x: Tensor): Tensor {
        const step = (h: Tensor, row: Tensor): [Tensor, undefined] => [
          this.input.forward(row).add(this.hidden.forward(h)).tanh(),
          undefined,
        ];
        return scan(step, zeros([x.shape[1]!, 8]), x)[0];
      }
    }
    const model = new Recurrent();
    const sizes = await Promise.all([10, 1000].map((time) => exportOnnx(model, { inputs: { x: [time, 'batch', 4] } })));
    expect(Math.abs((sizes[1]?.length ?? 0) - (sizes[0]?.length ?? 0))).toBeLessThan(32);
    const structure = parseOnnx(await exportOnnx(model, steps));
    expect(operatorsOf(structure)).toContain('Scan');
    const step = stepOf(structure.graph);
    expect(step.initializer ?? []).toEqual([]);
    expect(structure.graph?.initializer?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['input.weight', 'hidden.weight', 'input.bias', 'hidden.bias']),
    );
    // Operators of a step know their modules.
    expect(step.node?.some(({ name }) => name?.startsWith('hidden/'))).toBe(true);
    await expectSame(model, steps, grid);
  });

  it('computes outside of the step what is the same at every step', async () => {
    const structure: OnnxModel = await expectSame(
      (x: Tensor) => scan((s, row) => [s.add(row.mul(x.mean().exp())), undefined], zeros([4]), x.mean(1))[0],
      steps,
      grid,
    );
    expect(stepOf(structure.graph).node?.map(({ opType }) => opType)).toEqual(['Mul', 'Add']);
  });

  it.each([17, 19, 21, 23, 26])('is one in operator set %i', async (opset) => {
    const model = (x: Tensor): Tensor[] => scan((s, row) => [s.add(row).tanh(), s], x.max(0), x, { reverse: true });
    await expectSame(model, { ...steps, opset }, [{ batch: 3, time: 4 }]);
  });

  it('says where a step draws random numbers', async () => {
    const { rand } = await import('@hebb/tensor');
    const draws = (x: Tensor): Tensor =>
      scan((s, row) => [s.add(row).add(rand([4])), undefined], zeros([4]), x.mean(1))[0];
    await expect(exportOnnx(draws, steps)).rejects.toThrow(/cannot write random .*it draws random numbers/);
  });
});
