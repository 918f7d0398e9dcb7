/** Recurrent layers as the operators of the same name, with free axes of batch and sequence. */
import { GRU, GRUCell, LSTM, Linear, Module, RNN } from '@hebb/layers';
import { manualSeed, scan, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exportOnnx, parseOnnx, runOnnx } from '@hebb/onnx';
import { expectSame, operatorsOf, sample } from './support/compare.ts';

beforeAll(() => setDevice('reference'));
beforeEach(() => manualSeed(5));

const sizes = [
  { batch: 1, time: 1 },
  { batch: 5, time: 2 },
  { batch: 2, time: 6 },
];
const inputs = { x: ['time', 'batch', 3] } as const;
const count = (operators: readonly string[], opType: string): number =>
  operators.filter((name) => name === opType).length;

describe.each([
  ['RNN', (options: object) => new RNN(3, 4, { nonlinearity: 'relu', ...options })],
  ['GRU', (options: object) => new GRU(3, 4, options)],
  ['LSTM', (options: object) => new LSTM(3, 4, options)],
] as const)('%s in a file', (opType, make) => {
  type Layer = ReturnType<typeof make>;
  const results = (layer: Layer, x: Tensor, given: object = {}): Tensor[] => {
    const { output, state } = layer.forward(x, given);
    return 'hidden' in state ? [output, state.hidden, state.cell] : [output, state];
  };

  it.each([
    ['one layer', {}, 1],
    ['without biases', { bias: false }, 1],
    ['two layers of both directions', { numLayers: 2, bidirectional: true }, 2],
  ] as const)('%s: one operator a layer, and no loop', async (_, options, layers) => {
    const layer = make(options);
    const file = await expectSame((x: Tensor) => results(layer, x), { inputs }, sizes);
    const operators = operatorsOf(file);
    expect([count(operators, opType), count(operators, 'Scan')]).toEqual([layers, 0]);
  });

  it('an initial state, and the batch first', async () => {
    const layer = make({ batchFirst: true, bidirectional: true });
    const run = (x: Tensor, hidden: Tensor, cell: Tensor): Tensor[] =>
      layer instanceof LSTM
        ? results(layer, x, { state: { hidden, cell } })
        : [...results(layer, x, { state: hidden }), cell];
    const file = await expectSame(
      run,
      { inputs: { x: ['batch', 'time', 3], hidden: [2, 'batch', 4], cell: [2, 'batch', 4] } },
      sizes,
    );
    expect(count(operatorsOf(file), opType)).toBe(1);
  });

  it('lengths are its sequence_lens', async () => {
    const layer = make({ bidirectional: true });
    const run = (x: Tensor, lengths: Tensor): Tensor[] => results(layer, x, { lengths });
    const bytes = await exportOnnx(run, { inputs: { ...inputs, lengths: { shape: ['batch'], dtype: 'int32' } } });
    expect(count(operatorsOf(parseOnnx(bytes)), opType)).toBe(1);
    for (const lengths of [[4], [1, 6, 3], [2, 2]]) {
      const x = sample([6, lengths.length, 3]);
      const ends = tensor(Int32Array.from(lengths), { dtype: 'int32' });
      const actual = Object.values(await runOnnx(bytes, { x, lengths: ends }));
      for (const [i, expected] of run(x, ends).entries()) {
        const [a, b] = [await (actual[i] as Tensor).data(), await expected.data()];
        b.forEach((value, j) => expect(Math.abs((a[j] ?? NaN) - value)).toBeLessThan(1e-5));
      }
    }
  });

  it('one sequence without a batch', async () => {
    const layer = make({});
    const options = { inputs: { x: ['time', 3] } } as const;
    expect(
      count(
        operatorsOf(await expectSame((x: Tensor) => results(layer, x), options, [{ time: 1 }, { time: 5 }])),
        opType,
      ),
    ).toBe(1);
  });
});

describe('an LSTM', () => {
  it('with projections is a loop, which ONNX has no operator for', async () => {
    const layer = new LSTM(3, 4, { projectionSize: 2, numLayers: 2 });
    const run = (x: Tensor): Tensor[] => {
      const { output, state } = layer.forward(x);
      return [output, state.hidden, state.cell];
    };
    const operators = operatorsOf(await expectSame(run, { inputs }, sizes));
    expect([count(operators, 'LSTM'), count(operators, 'Scan')]).toEqual([0, 2]);
  });

  it('exported by itself gives its output and the parts of its state by their names', async () => {
    const file = parseOnnx(await exportOnnx(new LSTM(3, 4), { inputs }));
    expect(file.graph?.output?.map(({ name }) => name)).toEqual(['output', 'state.hidden', 'state.cell']);
  });

  it('whose state another call reads is one operator a call, and its weights have their names', async () => {
    class Twice extends Module<[x: Tensor]> {
      lstm = new LSTM(3, 3);
      head = new Linear(3, 2);
      forward(x: Tensor): Tensor {
        const first = this.lstm.forward(x);
        const second = this.lstm.forward(first.output, { state: first.state });
        return this.head.forward(second.output);
      }
    }
    const file = await expectSame(new Twice(), { inputs }, sizes);
    expect(count(operatorsOf(file), 'LSTM')).toBe(2);
    expect(file.graph?.initializer?.map(({ name }) => name)).toContain('lstm.weight_hh_l0');
  });
});

/** Reads a window of a series, and says the next three values one after the other. */
class Forecaster extends Module {
  encoder = new GRU(1, 4, { batchFirst: true, numLayers: 2 });
  cell = new GRUCell(1, 4);
  head = new Linear(4, 1);

  forward(x: Tensor): Tensor {
    const state = this.encoder.lastHidden(this.encoder.forward(x).state);
    const y = x.narrow(1, (x.shape[1] ?? 1) - 1, 1).squeeze(1);
    const step = (before: { state: Tensor; y: Tensor }): readonly [{ state: Tensor; y: Tensor }, Tensor] => {
      const next = this.cell.forward(before.y, before.state);
      const value = this.head.forward(next);
      return [{ state: next, y: value }, value];
    };
    return scan(step, { state, y }, undefined, { length: 3 })[1].transpose(0, 1);
  }
}

it('a forecaster is two operators of layers, and one loop of a cell', async () => {
  const file = await expectSame(new Forecaster(), { inputs: { x: ['batch', 'time', 1] } }, sizes);
  const operators = operatorsOf(file);
  expect([count(operators, 'GRU'), count(operators, 'Scan')]).toEqual([2, 1]);
});
