/** Recurrent layers: names, initial weights, states handed on, lengths, dropout, and what is refused; PyTorch's numbers are in `@hebb/training`. */
import { concat, manualSeed, ones, randn, setDevice, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GRU, GRUCell, LSTM, LSTMCell, Module, RNN, RNNCell } from '../src/index.ts';
import { names } from './support/recurrent.ts';

beforeAll(() => setDevice('reference'));
beforeEach(() => manualSeed(3));

async function distance(a: Tensor, b: Tensor): Promise<number> {
  expect(a.shape).toEqual(b.shape);
  return a.sub(b).abs().max().item();
}

describe('parameters', () => {
  it.each([
    ['LSTM', new LSTM(2, 3, { numLayers: 2, bidirectional: true, projectionSize: 2 })],
    ['GRU', new GRU(2, 3, { numLayers: 2, bidirectional: true })],
    ['RNN', new RNN(2, 3, { numLayers: 2, bias: false })],
  ] as const)("of %s have PyTorch's names, shapes and order", (name, layer) => {
    expect([...layer.stateDict()].map(([key, { shape }]) => [key, shape])).toEqual(names[name]);
  });

  it.each([
    ['LSTM', () => new LSTM(50, 64, { projectionSize: 16 })],
    ['GRU', () => new GRU(50, 64)],
    ['RNNCell', () => new RNNCell(50, 64)],
    ['LSTMCell', () => new LSTMCell(50, 64)],
    ['GRUCell', () => new GRUCell(50, 64)],
  ] as const)('of %s are uniform in ±1 / √hiddenSize', async (_, make) => {
    manualSeed(5);
    const module = make();
    for (const [name, value] of module.namedParameters()) {
      const data = Array.from(await value.data(), Number);
      const [low, high] = [Math.min(...data), Math.max(...data)];
      expect(high, name).toBeLessThanOrEqual(1 / 8);
      expect(low, name).toBeGreaterThanOrEqual(-1 / 8);
      if (data.length < 1000) continue;
      const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
      const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length;
      // (1 / 8)² / 3, and five standard deviations of what is estimated.
      const expected = 1 / 192;
      expect(Math.abs(mean), name).toBeLessThan(5 * Math.sqrt(expected / data.length));
      expect(Math.abs(variance / expected - 1), name).toBeLessThan(5 * Math.sqrt(0.8 / data.length));
      expect(high - low, name).toBeGreaterThan(0.24);
    }
  });
});

describe('a state', () => {
  it.each([1, 2, 5])('handed on from piece to piece of %d steps gives what the whole gives', async (size) => {
    const x = randn([10, 3, 2]);
    const pieces = Array.from({ length: Math.ceil(10 / size) }, (_, i) =>
      x.narrow(0, i * size, Math.min(size, 10 - i * size)),
    );
    const lstm = new LSTM(2, 4, { numLayers: 2 });
    const gru = new GRU(2, 4, { numLayers: 2 });
    let [outputs, state]: [Tensor[], ReturnType<LSTM['forward']>['state'] | undefined] = [[], undefined];
    for (const piece of pieces) {
      const step = lstm.forward(piece, { state });
      outputs.push(step.output);
      state = step.state;
    }
    const whole = lstm.forward(x);
    expect(await distance(concat(outputs, 0), whole.output)).toBeLessThan(1e-5);
    expect(await distance(state?.cell ?? zeros([1]), whole.state.cell)).toBeLessThan(1e-5);
    let hidden: Tensor | undefined;
    outputs = [];
    for (const piece of pieces) {
      const step = gru.forward(piece, { state: hidden });
      outputs.push(step.output);
      hidden = step.state;
    }
    expect(await distance(concat(outputs, 0), gru.forward(x).output)).toBeLessThan(1e-5);
  });

  it('of cells, step by step, gives what the layer gives', async () => {
    const x = randn([4, 3, 2]);
    const layer = new LSTM(2, 5);
    const cell = new LSTMCell(2, 5);
    cell.loadStateDict(new Map([...layer.stateDict()].map(([name, value]) => [name.replace('_l0', ''), value])));
    let state = cell.forward(x.narrow(0, 0, 1).squeeze(0));
    for (let t = 1; t < 4; t++) state = cell.forward(x.narrow(0, t, 1).squeeze(0), state);
    const last = layer.forward(x).state;
    expect(await distance(state.hidden.unsqueeze(0), last.hidden)).toBeLessThan(1e-6);
    expect(await distance(state.cell.unsqueeze(0), last.cell)).toBeLessThan(1e-6);
  });
});

describe('the last hidden state', () => {
  it('is that of the top layer at the end of each sequence, both directions side by side', async () => {
    const x = randn([5, 3, 2]);
    const layer = new LSTM(2, 4, { numLayers: 2, bidirectional: true });
    const { output, state } = layer.forward(x);
    const last = layer.lastHidden(state);
    expect(last.shape).toEqual([3, 8]);
    expect(await distance(last.narrow(1, 0, 4), output.narrow(0, 4, 1).squeeze(0).narrow(1, 0, 4))).toBe(0);
    expect(await distance(last.narrow(1, 4, 4), output.narrow(0, 0, 1).squeeze(0).narrow(1, 4, 4))).toBe(0);
    const single = new GRU(2, 4, { numLayers: 3 });
    expect(single.lastHidden(single.forward(zeros([5, 2])).state).shape).toEqual([4]);
    expect(() => single.lastHidden(zeros([2, 3, 4]))).toThrow(/must be one of this layer, 3 states/);
  });
});

describe('lengths', () => {
  it('make each sequence what it is alone, whatever lies behind its end', async () => {
    const layer = new GRU(2, 3, { numLayers: 2, bidirectional: true });
    const lengths = [4, 1, 3];
    const x = randn([5, 3, 2]);
    const { output, state } = layer.forward(x, { lengths: tensor(lengths, { dtype: 'int32' }) });
    for (const [i, length] of lengths.entries()) {
      const alone = layer.forward(x.narrow(0, 0, length).narrow(1, i, 1));
      expect(await distance(output.narrow(0, 0, length).narrow(1, i, 1), alone.output)).toBeLessThan(1e-6);
      expect(await distance(state.narrow(1, i, 1), alone.state)).toBeLessThan(1e-6);
      expect(
        await output
          .narrow(0, length, 5 - length)
          .narrow(1, i, 1)
          .abs()
          .max()
          .item(),
      ).toBe(0);
    }
    // Of no steps at all outputs are 0, and the state is that before.
    const before = randn([4, 3, 3]);
    const none = layer.forward(x, { lengths: [0, 5, 2], state: before });
    expect(await none.output.narrow(1, 0, 1).abs().max().item()).toBe(0);
    expect(await distance(none.state.narrow(1, 0, 1), before.narrow(1, 0, 1))).toBe(0);
    // What lies behind is not even NaN times zero.
    const spoilt = concat([x.narrow(0, 0, 4), x.narrow(0, 4, 1).mul(NaN)], 0);
    const same = layer.forward(spoilt, { lengths });
    expect(await distance(same.output, output)).toBe(0);
  });
});

describe('dropout', () => {
  it('drops between layers while training, and nothing else', async () => {
    const x = randn([5, 8, 4]);
    const layer = new RNN(4, 16, { numLayers: 2, dropout: 0.5 });
    const dry = layer.eval().forward(x);
    layer.train();
    const [first, second] = [layer.forward(x), layer.forward(x)];
    expect(await distance(first.state.narrow(0, 0, 1), dry.state.narrow(0, 0, 1))).toBe(0);
    expect(await distance(first.output, second.output)).toBeGreaterThan(0.01);
    expect(await first.output.equal(0).sum().item()).toBe(0);
    layer.dropout = 1;
    const silent = layer.forward(x).output;
    layer.eval();
    expect(await distance(layer.forward(x).output, dry.output)).toBe(0);
    expect(await distance(silent, dry.output)).toBeGreaterThan(0.01);
  });
});

class Tagger extends Module<[x: Tensor, options?: object]> {
  encoder: LSTM | GRU = new LSTM(3, 4, { bidirectional: true });
  forward(x: Tensor, options: object = {}): Tensor {
    return this.encoder.forward(x, options).output;
  }
}

describe('what is wrong', () => {
  const model = new Tagger();
  model.namedModules();
  const message = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing was thrown';
  };
  const x = zeros([5, 2, 3]);

  it.each<[string, () => unknown, RegExp]>([
    [
      'features',
      () => model.forward(zeros([5, 2, 4])),
      /last axis of the input float32\[5,2,4\] has 4 features; the layer takes inputSize = 3/,
    ],
    [
      'axes',
      () => model.forward(zeros([5])),
      /must be sequences \[length, batch, inputSize\], or one, \[length, inputSize\]/,
    ],
    [
      'a state of another batch',
      () => model.forward(x, { state: { hidden: zeros([2, 3, 4]), cell: zeros([2, 2, 4]) } }),
      /state\.hidden must be \[numLayers · 2, batch, hiddenSize\] = \[2, 2, 4\], not float32\[2,3,4\]/,
    ],
    ['half a state', () => model.forward(x, { state: { hidden: zeros([2, 2, 4]) } }), /state\.cell must be a tensor/],
    [
      'a tensor for the state',
      () => model.forward(x, { state: zeros([2, 2, 4]) }),
      /the state \{ hidden, cell \} must be a plain object/,
    ],
    [
      'a length below 0',
      () => model.forward(x, { lengths: [5, -1] }),
      /lengths\[1\] is -1, which is no length of a sequence here: there are 0 to 5/,
    ],
    [
      'a length beyond the sequence',
      () => model.forward(x, { lengths: tensor([6, 1], { dtype: 'int32' }) }),
      /lengths\[0\] is 6/,
    ],
    [
      'too many lengths',
      () => model.forward(x, { lengths: [1, 2, 3] }),
      /one length for each of the 2 sequences, \[2\], not int32\[3\]/,
    ],
    [
      'lengths of steps',
      () => model.forward(x, { lengths: [1, 1, 1, 1, 1] }),
      /The batch is the second axis of the input, unless/,
    ],
    [
      'lengths that are no integers',
      () => model.forward(x, { lengths: ones([2]) }),
      /lengths must be int32, not float32\[2\]/,
    ],
    ['a name', () => model.forward(x, { length: [5, 5] }), /length\b.*lengths/s],
  ])('%s: says so, with the path of the layer', (_, run, expected) => {
    const text = message(run);
    expect(text).toMatch(expected);
    expect(text).toMatch(/module: encoder \(LSTM 3 → 4, bidirectional\)/);
  });

  it('in constructors', () => {
    expect(message(() => new LSTM(2, 4, { projectionSize: 4 }))).toMatch(
      /projectionSize must lie below hiddenSize = 4/,
    );
    expect(message(() => new GRU(2, 0))).toMatch(/hiddenSize must be an integer ≥ 1, not 0/);
    expect(message(() => new GRU(2, 4, { dropout: 2 }))).toMatch(/dropout must lie in 0 … 1, not 2/);
    expect(message(() => new RNN(2, 4, { nonlinearity: 'gelu' as 'relu' }))).toMatch(/'tanh' or 'relu'/);
    expect(message(() => new GRU(2, 4, { numLayers: 1e6 }))).toMatch(/numLayers is 1000000/);
    expect(message(() => new GRUCell(2, 4).forward(zeros([5, 3, 2])))).toMatch(/A cell makes one step: give it x\[t\]/);
  });
});
