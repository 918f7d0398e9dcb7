/** Attention in files: the operator where there is one, else products and a softmax, never a loop; batches and sequences of any length. */
import {
  MultiheadAttention,
  Transformer,
  TransformerEncoder,
  TransformerEncoderLayer,
  type AttendOptions,
} from '@hebb/layers';
import { manualSeed, scaledDotProductAttention, setDevice, type Tensor } from '@hebb/tensor';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exportOnnx, parseOnnx } from '@hebb/onnx';
import { expectSame, operatorsOf } from './support/compare.ts';

beforeAll(() => setDevice('wasm'));
beforeEach(() => manualSeed(7));

const sizes = [{ batch: 1, length: 1 }, { batch: 1, length: 5 }, { batch: 3, length: 4 }, { batch: 2, length: 17 }]; // prettier-ignore
const layer = { dimFeedforward: 12, batchFirst: true } as const;

describe('attention in files', () => {
  it.each([
    ['of everything', {}],
    ['causal', { isCausal: true }],
  ] as const)('is one operator from opset 23 on, %s', async (_, options: AttendOptions) => {
    const attention = new MultiheadAttention(8, 2, { batchFirst: true }).eval();
    const model = (x: Tensor): Tensor => attention.forward(x, x, x, options).output;
    const file = await expectSame(model, { inputs: { x: ['batch', 'length', 8] }, opset: 23 }, sizes);
    expect(operatorsOf(file).filter((name) => name === 'Attention')).toHaveLength(1);
    expect(operatorsOf(file)).not.toContain('Softmax');
  });

  it.each(['Encoder', 'Encoder and decoder'])(
    'is products and a softmax before, in stacks of layers: %s',
    async (kind) => {
      const isEncoder = kind === 'Encoder';
      const encoder = new TransformerEncoder(
        new TransformerEncoderLayer(8, 2, { ...layer, normFirst: true }),
        2,
      ).eval();
      const both = new Transformer(8, 2, { ...layer, numEncoderLayers: 1, numDecoderLayers: 1 }).eval();
      const model = isEncoder
        ? (x: Tensor): Tensor => encoder.forward(x, { isCausal: true })
        : (x: Tensor): Tensor => both.forward(x, x, { tgtIsCausal: true });
      const file = await expectSame(model, { inputs: { x: ['batch', 'length', 8] }, opset: 20 }, sizes);
      const operators = operatorsOf(file);
      expect(operators.filter((name) => name === 'Softmax')).toHaveLength(isEncoder ? 2 : 3);
      expect(operators.filter((name) => name === 'Scan' || name === 'Loop')).toEqual([]);
    },
  );

  it('has no loop where it is long, with a mask or without', async () => {
    // Of 8 · 1024² scores, which are computed block by block here.
    const shape = ['batch', 8, 1024, 4] as const;
    const model = (q: Tensor, mask: Tensor): Tensor => scaledDotProductAttention(q, q, q, { mask });
    const inputs = { q: shape, mask: { shape: [1024, 1024], dtype: 'bool' } } as const;
    const operators = operatorsOf(parseOnnx(await exportOnnx(model, { inputs })));
    expect(operators).toContain('Softmax');
    expect(operators.filter((name) => name === 'Scan' || name === 'Loop')).toEqual([]);
  });
});
