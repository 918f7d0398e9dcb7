/** Recurrent layers and cells against PyTorch's: outputs, last states and all gradients. Their loops, and derivatives of other kinds. */
import { grad, valueAndGrad, vmap } from '@hebb/autograd';
import { GRU, LSTM, RNN } from '@hebb/layers';
import { iota, manualSeed, randn, realize, setDevice, variable, type Tensor } from '@hebb/tensor';
import { isOp, linearize, nodeOf } from '@hebb/tensor/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { gradientErrors, input } from '../../../autograd/test/support/finite-differences.ts';
import { gru, lstm, recordLayer, rnn } from '../../../layers/src/recurrent/recurrence.ts';
import { caseName, cases, moduleOf, resultsOf } from '../../../layers/test/support/recurrent.ts';
import { devices } from '../../../tensor/test/support/devices.ts';
import { expectClose, toTensor, type Stored } from '../../../tensor/test/support/golden.ts';

const parameterOf = (stored: Stored): Tensor => variable(toTensor(stored), { requiresGrad: true });

describe.each(devices)('recurrent layers on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(cases.map((entry) => [caseName(entry), entry] as const))('%s', async (name, entry) => {
    const module = moduleOf(entry);
    module.loadStateDict(Object.fromEntries(Object.entries(entry.state).map(([key, value]) => [key, toTensor(value)])));
    const x = parameterOf(entry.input);
    const initial = entry.initial?.map(parameterOf);
    const inputs = [['input', x], ...(initial ?? []).map((part, i) => [`initial ${['hidden', 'cell'][i]}`, part])] as [
      string,
      Tensor,
    ][];
    const run = (): { value: Tensor; aux: Tensor[] } => {
      const results = resultsOf(module, x, initial, entry.lengths ?? undefined);
      const parts = results.map((result, i) => result.mul(toTensor(entry.cotangents[i] as Stored)).sum());
      return { value: parts.reduce((sum, part) => sum.add(part)), aux: results };
    };
    let results: Tensor[] = [];
    const { grads } = valueAndGrad(
      () => {
        const { value, aux } = run();
        results = aux;
        return value;
      },
      new Map([...module.namedParameters(), ...inputs]),
    );
    await realize([...results, ...grads.values()]);
    for (const [i, result] of results.entries())
      await expectClose(result, entry.results[i] as Stored, `${name}: result ${i}`);
    for (const [key, value] of Object.entries(entry.gradients))
      await expectClose(grads.get(key) as Tensor, value, `${name}: ${key}`);
  });
});

/** How many loops compute the tensors. */
function loopsOf(tensors: readonly Tensor[]): number {
  return linearize(tensors.map(nodeOf)).nodes.filter((node) => isOp(node, 'scan')).length;
}

describe('loops', () => {
  const gradients = (layer: LSTM | GRU | RNN, x: Tensor): Tensor[] => {
    const parameters = [...layer.parameters(), x];
    const { grads } = valueAndGrad(() => layer.forward(x).output.square().sum(), parameters);
    return [...grads];
  };

  it('an LSTM layer is one scan forward, one backward', () => {
    const layer = new LSTM(3, 4);
    const x = variable(randn([6, 2, 3]), { requiresGrad: true });
    const { output, state } = layer.forward(x);
    expect(loopsOf([output, state.hidden, state.cell])).toBe(1);
    expect(loopsOf(gradients(layer, x))).toBe(2);
  });

  it.each([
    ['GRU', new GRU(3, 4, { numLayers: 2, bidirectional: true }), 4],
    ['RNN', new RNN(3, 4, { numLayers: 3 }), 3],
  ] as const)('a %s is one scan a layer and direction, and as many backwards', (_, layer, count) => {
    const x = variable(randn([6, 2, 3]), { requiresGrad: true });
    const { output, state } = layer.forward(x);
    expect(loopsOf([output, state])).toBe(count);
    expect(loopsOf(gradients(layer, x))).toBe(2 * count);
  });

  it.each([lstm, gru, rnn])('of $name multiply inputs, and gradients of weights, once for all steps', (recurrence) => {
    const products = (length: number): number => {
      const x = variable(randn([length, 2, 3]), { requiresGrad: true });
      const Layer = { lstm: LSTM, gru: GRU, rnn: RNN }[recurrence.name];
      const nodes = linearize(gradients(new Layer(3, 4), x).map(nodeOf)).nodes;
      return nodes.filter((node) => isOp(node, 'dot')).length;
    };
    // W x, what it gives to x and W, and the gradient of the recurrent weights; all else lies in the loops.
    expect([products(2), products(50)]).toEqual([4, 4]);
  });
});

describe('derivatives', () => {
  it.each([lstm, gru, rnn].map((recurrence) => [recurrence.name, recurrence] as const))(
    'of %s in both directions with lengths are finite differences in float64, three times over',
    (name, recurrence) => {
      const [hidden, output] = [2, name === 'lstm' ? 1 : 2];
      const rows = recurrence.gates * hidden;
      const shapes = [
        [2, 2, 2],
        ...[output, hidden].slice(0, recurrence.states).map((size) => [2, 2, size]),
        ...[0, 1].flatMap(() => [
          [rows, 2],
          [rows, output],
          [rows],
          [rows],
          ...(name === 'lstm' ? [[output, hidden]] : []),
        ]),
      ];
      const f = (x: Tensor, ...rest: Tensor[]): Tensor => {
        const initial = rest.slice(0, recurrence.states);
        const weights = rest.slice(recurrence.states);
        const count = weights.length / 2;
        const results = recordLayer(
          recurrence,
          {
            directions: 2,
            hiddenSize: hidden,
            outputSize: output,
            bias: true,
            projection: name === 'lstm',
            initial: true,
            lengths: true,
            nonlinearity: 'tanh',
          },
          {
            x,
            initial,
            // One and two steps of two.
            lengths: iota([2], 0).add(1),
            weights: [weights.slice(0, count), weights.slice(count)],
          },
        );
        return results.map((result) => result.sum()).reduce((a, b, i) => a.add(b.mul(i + 1)));
      };
      const { first, second, third, tangent } = gradientErrors(
        f,
        shapes.map((shape, i) => input(shape, { seed: i + 1, low: -1, high: 1 })),
      );
      expect(Math.max(first, tangent)).toBeLessThan(1e-7);
      expect(second).toBeLessThan(1e-6);
      expect(third).toBeLessThan(1e-5);
    },
  );

  it('of every example, by vmap, are those of the example alone', async () => {
    setDevice('reference');
    manualSeed(2);
    const layer = new LSTM(2, 3, { batchFirst: true, bidirectional: true });
    const loss = (x: Tensor): Tensor => layer.forward(x).output.square().sum();
    const xs = randn([3, 4, 2]);
    const all = vmap(grad(loss))(xs);
    const each = [0, 1, 2].map((i) => grad(loss)(xs.narrow(0, i, 1).squeeze(0)));
    for (const [i, one] of each.entries()) {
      const difference = await all.narrow(0, i, 1).squeeze(0).sub(one).abs().max().item();
      expect(difference).toBeLessThan(1e-6);
    }
  });
});
