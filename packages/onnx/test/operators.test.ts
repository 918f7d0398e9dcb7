/** Functions that are one operator of ONNX, which takes sizes that their formulas in primitives do not. */
import {
  cummax,
  cumprod,
  einsum,
  fft,
  fft2,
  gridSample,
  ifft,
  interpolate,
  irfft,
  logCumSumExp,
  repeat,
  rfft,
  scaledDotProductAttention,
  setDevice,
  stft,
  tensor,
  topK,
  type GridSampleOptions,
  type InterpolateOptions,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExportOptions } from '@hebb/onnx';
import { expectSame, expectSameValues, numbers, operatorsOf } from './support/compare.ts';

beforeAll(() => setDevice('reference'));

const tried = [
  { batch: 3, time: 6, height: 5, width: 4 },
  { batch: 1, time: 5, height: 3, width: 8 },
  { batch: 2, time: 4, height: 4, width: 3 },
];

interface Case {
  readonly inputs: ExportOptions['inputs'];
  readonly run: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
  readonly opset?: number;
  /** Undefined: written by its formula. */
  readonly operator: string | undefined;
  readonly without?: string;
  readonly tolerance?: number;
}

async function expectOperator({ inputs, run, opset = 20, operator, without, tolerance }: Case): Promise<void> {
  const file = await expectSame(run, { inputs, opset }, tried, tolerance);
  if (operator !== undefined) expect(operatorsOf(file)).toContain(operator);
  if (without !== undefined) expect(operatorsOf(file)).not.toContain(without);
}

describe('Einsum', () => {
  it.each<[string, ExportOptions['inputs']]>([
    ['bij,bjk->bik', { a: ['batch', 3, 4], b: ['batch', 4, 2] }],
    ['bij, jk -> bik', { a: ['batch', 3, 4], b: [4, 2] }],
    ['...qd,...kd->...qk', { a: ['batch', 2, 'time', 4], b: ['batch', 2, 3, 4] }],
    ['bij,ij', { a: ['batch', 3, 4], b: [3, 4] }],
    ['zi,ib', { a: ['batch', 3], b: [3, 4] }],
    ['Zi,ib', { a: ['batch', 3], b: [3, 4] }],
    ['bii->bi', { a: ['batch', 3, 3] }],
    ['bii', { a: ['batch', 3, 3] }],
    ['...ij->...ji', { a: ['batch', 3, 4] }],
    ['bi,ij,bj->b', { a: ['batch', 3], b: [3, 4], c: ['batch', 4] }],
    ['bi,bj->bij', { a: ['batch', 3], b: ['batch', 'time'] }],
    ['bij,bj->', { a: ['batch', 3, 4], b: ['batch', 4] }],
    ['bi,bi->bi', { a: ['batch', 3], b: [1, 3] }],
    ['bi,ij->bj', { a: ['batch', 1], b: [3, 4] }],
  ])('%s', (equation, inputs) =>
    expectOperator({ inputs, run: (...operands) => einsum(equation, ...operands), operator: 'Einsum' }),
  );

  it.each<[string, ExportOptions['inputs']]>([
    ['...qd,...kd->...qk', { a: ['batch', 2, 'time', 4], b: [2, 3, 4] }],
    ['...k,...k->...', { a: ['batch', 1, 4], b: ['batch', 3, 4] }],
  ])('%s is written by its formula where the ellipsis broadcasts', (equation, inputs) =>
    expectOperator({
      inputs,
      run: (...operands) => einsum(equation, ...operands),
      operator: undefined,
      without: 'Einsum',
    }),
  );
});

describe('Resize', () => {
  const image = { x: ['batch', 2, 'height', 'width'] } as const;
  it.each<[string, InterpolateOptions]>([
    ['nearest', { scaleFactor: 2 }],
    ['nearest', { scaleFactor: [3, 0.5] }],
    ['nearest-exact', { scaleFactor: [2, 1.5], mode: 'nearest-exact' }],
    ['bilinear', { scaleFactor: 2, mode: 'bilinear' }],
    ['bilinear', { scaleFactor: 1.7, mode: 'bilinear' }],
    ['bilinear with corners', { scaleFactor: [2, 3], mode: 'bilinear', alignCorners: true }],
    ['bilinear to a size', { size: [7, 1], mode: 'bilinear' }],
    ['bilinear to a size with corners', { size: [7, 1], mode: 'bilinear', alignCorners: true }],
    ['bicubic', { scaleFactor: [2, 0.6], mode: 'bicubic' }],
    ['bicubic with corners', { size: 6, mode: 'bicubic', alignCorners: true }],
  ])('%s of images of any size', (_, options) =>
    expectOperator({ inputs: image, run: (x) => interpolate(x, options), operator: 'Resize', without: 'Gather' }),
  );

  it.each<[string, InterpolateOptions]>([
    ['nearest', { scaleFactor: 2 }],
    ['linear', { scaleFactor: 2.5, mode: 'linear' }],
  ])('%s of sequences', (_, options) =>
    expectOperator({ inputs: { x: ['batch', 2, 'time'] }, run: (x) => interpolate(x, options), operator: 'Resize' }),
  );

  it.each<[string, InterpolateOptions]>([
    ['nearest', { scaleFactor: 2 }],
    ['trilinear', { size: [3, 5, 4], mode: 'trilinear' }],
  ])('%s of volumes', (_, options) =>
    expectOperator({
      inputs: { x: ['batch', 2, 'height', 'width', 3] },
      run: (x) => interpolate(x, options),
      operator: 'Resize',
    }),
  );

  it('is not used for the nearest pixels of sizes that float32 does not hold as a ratio', () =>
    expectOperator({
      inputs: { x: ['batch', 2, 7, 10] },
      run: (x) => interpolate(x, { size: [10, 7] }),
      operator: 'Gather',
      without: 'Resize',
    }));
});

describe('GridSample', () => {
  const modes = ['bilinear', 'nearest', 'bicubic'] as const;
  const paddings = ['zeros', 'border', 'reflection'] as const;
  const cases = modes.flatMap((mode) =>
    paddings.flatMap((paddingMode) =>
      [false, true].flatMap((alignCorners) =>
        [16, 20].map((opset): [string, GridSampleOptions, number] => [
          `${mode}, ${paddingMode}, ${alignCorners ? 'corners' : 'edges'}, opset ${Math.max(opset, 17)}`,
          { mode, paddingMode, alignCorners },
          Math.max(opset, 17),
        ]),
      ),
    ),
  );
  it.each(cases)('%s', (_, options, opset) =>
    expectOperator({
      inputs: { x: ['batch', 2, 'height', 'width'], grid: ['batch', 3, 4, 2] },
      run: (x, grid) => gridSample(x, grid.mul(0.8), options),
      operator: 'GridSample',
      without: 'GatherElements',
      opset,
    }),
  );

  it('of volumes', () =>
    expectOperator({
      inputs: { x: ['batch', 2, 'height', 'width', 3], grid: ['batch', 3, 4, 2, 3] },
      run: (x, grid) => gridSample(x, grid),
      operator: 'GridSample',
    }));
});

describe('Attention', () => {
  const inputs = (keyHeads: number, keys: string | number): ExportOptions['inputs'] => ({
    q: ['batch', 4, 'time', 6],
    k: ['batch', keyHeads, keys, 6],
    v: ['batch', keyHeads, keys, 5],
  });
  it.each([
    ['of all keys', 4, 7, {}],
    ['of itself, causal', 4, 'time', { causal: true }],
    ['causal, of fewer keys', 4, 3, { causal: true }],
    ['causal, of more keys', 4, 9, { causal: true }],
    ['of grouped queries', 2, 7, { scale: 0.3 }],
    ['of one head of keys', 1, 'time', { causal: true }],
  ])('%s', (_, heads, keys, options) =>
    expectOperator({
      inputs: inputs(heads, keys),
      run: (q, k, v) => scaledDotProductAttention(q, k, v, options),
      operator: 'Attention',
      without: 'Softmax',
      opset: 23,
    }),
  );

  it('is written by its formula before, and with a mask', async () => {
    const plain = (q: Tensor, k: Tensor, v: Tensor): Tensor => scaledDotProductAttention(q, k, v);
    await expectOperator({ inputs: inputs(4, 7), run: plain, operator: 'Softmax', without: 'Attention' });
    const mask = tensor([true, false, true, true, true, false, true]);
    const masked = (q: Tensor, k: Tensor, v: Tensor): Tensor => scaledDotProductAttention(q, k, v, { mask });
    await expectOperator({ inputs: inputs(4, 7), run: masked, operator: 'Softmax', opset: 23 });
  });
});

describe('TopK', () => {
  it.each([
    ['largest', true],
    ['smallest', false],
  ])('of the %s, along an axis of any size', (_, largest) =>
    expectOperator({
      inputs: { x: ['batch', 'time', 3] },
      run: (x) => {
        const { values, indices } = topK(x.mul(2).round(), 3, { axis: 1, largest });
        return [values, indices];
      },
      operator: 'TopK',
      without: 'Slice',
    }),
  );
});

describe('DFT', () => {
  const complex = { x: ['batch', 'time', 2] } as const;
  const real = { x: ['batch', 'time'] } as const;
  it.each<[string, Case['inputs'], (x: Tensor) => Tensor]>([
    ['fft', complex, (x) => fft(x)],
    ['ifft', complex, (x) => ifft(x)],
    ['fft, ortho', complex, (x) => fft(x, { norm: 'ortho' })],
    ['ifft, forward', complex, (x) => ifft(x, { norm: 'forward' })],
    ['fft along the first axis', complex, (x) => fft(x, { axis: 0 })],
    ['fft of both axes', complex, (x) => fft2(x)],
    ['fft of another length', complex, (x) => fft(x, { n: 8 })],
    ['fft of a shorter length', { x: ['batch', 6, 2] }, (x) => fft(x, { n: 4 })],
    ['rfft', { x: ['batch', 8] }, (x) => rfft(x)],
    ['rfft, ortho', { x: ['batch', 8] }, (x) => rfft(x, { norm: 'ortho' })],
    ['rfft along an axis of any size', { x: ['batch', 8] }, (x) => rfft(x.transpose(0, 1), { axis: 0 })],
    ['irfft', { x: ['batch', 5, 2] }, (x) => irfft(x)],
    ['rfft of an axis of any size', real, (x) => rfft(x)],
    ['irfft, ortho', { x: ['batch', 5, 2] }, (x) => irfft(x, { n: 8, norm: 'ortho' })],
    ['irfft of an axis of any size', complex, (x) => irfft(x)],
    ['spectra of frames', real, (x) => stft(repeat(x, [1, 8]), 16, { hopLength: 4, window: tensor(numbers(16)) })],
  ])('%s', (_, inputs, run) => expectOperator({ inputs, run, operator: 'DFT', tolerance: 1e-5 }));

  it('is not used for a half that is not one of the length', () =>
    expectOperator({
      inputs: { x: ['batch', 5, 2] },
      run: (x) => irfft(x, { n: 16 }),
      operator: 'MatMul',
      without: 'DFT',
    }));

  it('is not used for fixed lengths of which onnxruntime loses digits', () =>
    expectOperator({
      inputs: { x: ['batch', 100, 2] },
      run: (x) => fft(x),
      operator: 'MatMul',
      without: 'DFT',
      tolerance: 1e-5,
    }));
});

describe('CumProd and Scan', () => {
  it.each([
    [26, 'CumProd', 'Scan'],
    [20, 'Scan', 'CumProd'],
  ])('products so far of opset %i', (opset, operator, without) =>
    expectOperator({
      inputs: { x: ['batch', 'time'] },
      run: (x) => [cumprod(x, 1), cumprod(x, 1, { reverse: true })],
      opset,
      operator,
      without,
    }),
  );

  it('the largest so far, of which there may be several, and where they are', () =>
    expectOperator({
      inputs: { x: ['batch', 'time'] },
      run: (x) => {
        const { values, indices } = cummax(x, 0);
        return [values, indices, logCumSumExp(x, 0)];
      },
      operator: 'Scan',
    }));
});

describe('float16', () => {
  const half = (...shape: number[]): Tensor =>
    tensor(numbers(shape.reduce((product, n) => product * n, 1)), { shape, dtype: 'float16' });
  it.each<[string, number, readonly Tensor[], (x: Tensor, y: Tensor) => readonly Tensor[]]>([
    ['Einsum', 20, [half(3, 4), half(4, 2)], (x, y) => [einsum('ij,jk->ik', x, y)]],
    ['Resize', 20, [half(1, 1, 3, 3)], (x) => [interpolate(x, { scaleFactor: 2, mode: 'bilinear' })]],
    ['GridSample', 20, [half(1, 1, 3, 3), half(1, 2, 2, 2)], (x, grid) => [gridSample(x, grid)]],
    ['Attention', 23, [half(1, 2, 3, 4)], (x) => [scaledDotProductAttention(x, x, x)]],
    ['TopK', 20, [half(3, 5)], (x) => Object.values(topK(x, 2))],
    ['DFT', 20, [half(3, 8)], (x) => [rfft(x)]],
    ['CumProd', 26, [half(3, 8)], (x) => [cumprod(x, 1)]],
  ])('%s computes in float32 and rounds once', async (operator, opset, inputs, run) => {
    const file = await expectSameValues((x, y = x) => run(x, y), inputs, { opset, tolerance: 1e-3 });
    expect(operatorsOf(file)).toContain(operator);
  });
});
