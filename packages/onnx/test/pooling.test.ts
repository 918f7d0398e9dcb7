/** Pooling of images and series of any size. */
import * as layers from '@hebb/layers';
import { adaptiveAvgPool2d, avgPool2d, maxPool2d, setDevice, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx, OnnxExportError, type OnnxSource } from '@hebb/onnx';
import { expectSame, operatorsOf } from './support/compare.ts';

beforeAll(() => setDevice('reference'));

const spatial = ['length', 'height', 'width'] as const;
const free = (axes: 1 | 2 | 3): { inputs: { x: (string | number)[] } } => ({
  inputs: { x: ['batch', 2, ...spatial.slice(0, axes)] },
});
/** Every extent from `least` on, so that a last window begins in the input, in the padding, and past it. */
const sizesFrom = (least: number): { batch: number; length: number; height: number; width: number }[] =>
  Array.from({ length: 9 }, (_, i) => ({
    batch: 1 + (i % 2),
    length: least + i,
    height: least + ((i * 4) % 9),
    width: least + ((i * 2) % 9),
  }));

describe('whole axes', () => {
  it.each<[string, 1 | 2 | 3, OnnxSource]>([
    ['AdaptiveAvgPool1d', 1, new layers.AdaptiveAvgPool1d(1)],
    ['AdaptiveAvgPool2d', 2, new layers.AdaptiveAvgPool2d(1)],
    ['AdaptiveAvgPool2d along an axis', 2, new layers.AdaptiveAvgPool2d([null, 1])],
    ['AdaptiveAvgPool3d', 3, new layers.AdaptiveAvgPool3d(1)],
    ['AdaptiveAvgPool2d of all as it is', 2, (x: Tensor) => adaptiveAvgPool2d(x, [null, null]).exp()],
  ])('are a mean: %s', async (_name, axes, model) => {
    const used = operatorsOf(await expectSame(model, free(axes), sizesFrom(1)));
    expect(used.filter((name) => ['Gather', 'AveragePool', 'Transpose'].includes(name))).toEqual([]);
  });

  it.each<[string, 1 | 2 | 3, OnnxSource]>([
    ['AdaptiveMaxPool1d', 1, new layers.AdaptiveMaxPool1d(1)],
    ['AdaptiveMaxPool2d', 2, new layers.AdaptiveMaxPool2d(1)],
    ['AdaptiveMaxPool2d along an axis', 2, new layers.AdaptiveMaxPool2d([1, null])],
    ['AdaptiveMaxPool3d', 3, new layers.AdaptiveMaxPool3d(1)],
    ['AdaptiveMaxPool3d along two axes', 3, new layers.AdaptiveMaxPool3d([1, null, 1])],
    [
      'AdaptiveMaxPool2d with positions',
      2,
      (x: Tensor) => ({ ...new layers.AdaptiveMaxPool2d(1, { returnIndices: true }).forward(x) }),
    ],
    [
      'AdaptiveMaxPool2d along an axis with positions',
      2,
      (x: Tensor) => ({ ...new layers.AdaptiveMaxPool2d([null, 1], { returnIndices: true }).forward(x) }),
    ],
  ])('are a maximum: %s', async (name, axes, model) => {
    const used = operatorsOf(await expectSame(model, free(axes), sizesFrom(1)));
    expect(used).toContain('ReduceMax');
    expect(used.includes('ArgMax')).toBe(name.includes('positions'));
  });
});

describe('a last window past the end', () => {
  it.each<[string, 1 | 2 | 3, OnnxSource]>([
    ['MaxPool1d', 1, new layers.MaxPool1d(2, { ceilMode: true })],
    ['MaxPool2d', 2, new layers.MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true })],
    [
      'MaxPool2d that begins in the padding',
      2,
      (x: Tensor) => maxPool2d(x, 2, { stride: [2, 3], padding: 1, ceilMode: true }),
    ],
    ['MaxPool3d', 3, new layers.MaxPool3d([2, 3, 2], { stride: [3, 2, 2], padding: [1, 1, 0], ceilMode: true })],
  ])('of %s', async (_name, axes, model) => {
    expect(operatorsOf(await expectSame(model, free(axes), sizesFrom(3)))).toEqual(['MaxPool']);
  });

  it.each<[string, 1 | 2 | 3, OnnxSource]>([
    ['AvgPool1d', 1, new layers.AvgPool1d(3, { stride: 2, ceilMode: true })],
    ['AvgPool2d', 2, new layers.AvgPool2d(2, { stride: 3, ceilMode: true })],
    [
      'AvgPool2d without its padding',
      2,
      new layers.AvgPool2d(2, { stride: [2, 3], padding: 1, ceilMode: true, countIncludePad: false }),
    ],
    ['AvgPool3d', 3, new layers.AvgPool3d([3, 2, 2], { ceilMode: true })],
    ['LPPool1d', 1, new layers.LPPool1d(2, 3, { stride: 2, ceilMode: true })],
    ['LPPool2d', 2, new layers.LPPool2d(2, 2, { ceilMode: true })],
    ['LPPool3d', 3, new layers.LPPool3d(2, 2, { ceilMode: true })],
  ])('of %s', async (_name, axes, model) => {
    expect(operatorsOf(await expectSame(model, free(axes), sizesFrom(3)))).toContain('AveragePool');
  });

  it.each([17, 19, 22, 26])('means the same at opset %i', async (opset) => {
    const largest = new layers.MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true });
    const mean = new layers.AvgPool2d(2, { stride: [2, 3], padding: 1, ceilMode: true, countIncludePad: false });
    for (const model of [largest, mean]) await expectSame(model, { ...free(2), opset }, sizesFrom(3));
  });

  it('of a size that is given is padding, past what counts', async () => {
    const run = (x: Tensor): Tensor => avgPool2d(x, [2, 3], { ceilMode: true });
    expect(operatorsOf(await expectSame(run, { inputs: { x: ['batch', 2, 5, 7] } }))).toEqual(['AveragePool']);
  });
});

describe('windows that follow from a free size', () => {
  it.each<[string, 1 | 2 | 3, OnnxSource, RegExp]>([
    [
      'dilated ones in ceil mode',
      1,
      new layers.MaxPool1d(2, { stride: 3, dilation: 2, padding: 1, ceilMode: true }),
      /cannot write maxPool float32.*: ONNX has no ceil mode along a free size that runtimes agree on for dilated windows\.\n {2}hint: Give the pooled axes fixed sizes, or pool without ceilMode/,
    ],
    [
      'means that count padding in ceil mode',
      2,
      new layers.AvgPool2d(3, { stride: 2, padding: 1, ceilMode: true }),
      /no ceil mode along a free size where the padding counts in the mean/,
    ],
    [
      // At each of the sizes tried nothing lies past the padding.
      'positions in ceil mode',
      1,
      (x: Tensor) => ({ ...new layers.MaxPool1d(3, { padding: 1, ceilMode: true, returnIndices: true }).forward(x) }),
      /no ceil mode along a free size with positions of maxima/,
    ],
    [
      'sums by a divisor in ceil mode',
      1,
      new layers.AvgPool1d(3, { ceilMode: true, divisorOverride: 2 }),
      /no ceil mode along a free size with a divisor of its own/,
    ],
    [
      'means to a given size',
      1,
      new layers.AdaptiveAvgPool1d(3),
      /no operator that pools an axis of a free size to a given one \(outputSize \[3\]\)\.\n {2}hint: Give the pooled axes fixed sizes, pool to one element/,
    ],
    ['maxima to a given size', 2, new layers.AdaptiveMaxPool2d([2, null]), /\(outputSize \[2, null\]\)/],
  ])('are refused, with what to do: %s', async (_name, axes, model, message) => {
    const refusal = exportOnnx(model, free(axes));
    await expect(refusal).rejects.toBeInstanceOf(OnnxExportError);
    await expect(refusal).rejects.toThrow(message);
  });

  it.each<[string, OnnxSource]>([
    ['means to a given size', new layers.AdaptiveAvgPool2d([3, null])],
    ['means to a given size and one element', new layers.AdaptiveAvgPool2d([3, 1])],
    ['maxima to a given size', new layers.AdaptiveMaxPool2d([4, null])],
    ['positions of maxima', new layers.MaxPool2d(3, { stride: 2, padding: 1, returnIndices: true })],
    ['sums by a divisor', new layers.AvgPool2d(3, { divisorOverride: 2 })],
    ['patches', new layers.Unfold([2, 3], { padding: 1, stride: [3, 2] })],
  ])('are written where another axis is free, or the windows fixed: %s', async (_name, model) => {
    await expectSame(model, { inputs: { x: ['batch', 2, 8, 'width'] } }, sizesFrom(3));
  });

  it('are found again by their positions', async () => {
    const pool = new layers.MaxPool2d(2, { returnIndices: true });
    const back = new layers.MaxUnpool2d(2);
    const run = (x: Tensor): Tensor => {
      const { output, indices } = pool.forward(x);
      return back.forward(output, indices, x);
    };
    await expectSame(run, free(2), sizesFrom(2));
  });
});
