/** Sizes that somebody mistyped: refused before anything is listed on the host, and what is large but right is computed. */
import { describe, expect, it } from 'vitest';
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3d,
  ArgumentError,
  bitcast,
  blackmanWindow,
  DTypeError,
  fft,
  fft2,
  hannWindow,
  interpolate,
  irfft,
  irfftn,
  istft,
  iota,
  kaiserWindow,
  linspace,
  logspace,
  melFilterBank,
  ones,
  repeatInterleave,
  rfft,
  rfftn,
  scan,
  ShapeError,
  stft,
  tensor,
  whileLoop,
  type Tensor,
} from '../src/index.ts';

const sequence = (): Tensor => ones([1, 1, 4]);
const image = (): Tensor => ones([1, 2, 4, 4]);
const volume = (): Tensor => ones([1, 1, 4, 4, 4]);
const complex = (): Tensor => ones([4, 2]);

describe.each([4e9, 2 ** 53, 1e300])('%s', (huge) => {
  it.each<readonly [string, () => unknown, RegExp]>([
    ['adaptiveAvgPool1d', () => adaptiveAvgPool1d(sequence(), huge), /outputSize/],
    ['adaptiveAvgPool2d', () => adaptiveAvgPool2d(image(), huge), /outputSize/],
    ['adaptiveAvgPool3d', () => adaptiveAvgPool3d(volume(), [huge, 1, 1]), /outputSize/],
    ['adaptiveMaxPool1d', () => adaptiveMaxPool1d(sequence(), huge), /outputSize/],
    ['adaptiveMaxPool2d', () => adaptiveMaxPool2d(image(), [null, huge]), /outputSize/],
    ['adaptiveMaxPool2dWithIndices', () => adaptiveMaxPool2dWithIndices(image(), huge), /outputSize/],
    ['adaptiveMaxPool3d', () => adaptiveMaxPool3d(volume(), huge), /outputSize/],
    ['interpolate', () => interpolate(sequence(), { size: huge }), /size/],
    ['interpolate', () => interpolate(sequence(), { size: huge, mode: 'area' }), /size/],
    ['interpolate', () => interpolate(image(), { size: [4, huge], mode: 'bicubic' }), /size/],
    ['interpolate', () => interpolate(sequence(), { scaleFactor: huge, mode: 'linear' }), /scaleFactor/],
    ['fft', () => fft(complex(), { n: huge }), /\bn\b/],
    ['rfft', () => rfft(ones([4]), { n: huge }), /\bn\b/],
    ['irfft', () => irfft(complex(), { n: huge }), /\bn\b/],
    ['fft2', () => fft2(ones([2, 2, 2]), { n: [2, huge] }), /\bn\b/],
    ['rfftn', () => rfftn(ones([2, 2]), { n: [huge, 2] }), /\bn\b/],
    ['irfftn', () => irfftn(ones([2, 2, 2]), { n: [2, huge] }), /\bn\b/],
    ['stft', () => stft(ones([8]), huge, { paddingMode: 'constant' }), /fftLength/],
    ['stft', () => stft(ones([8]), 4, { hopLength: huge }), /hopLength/],
    ['istft', () => istft(stft(ones([8]), 4), 4, { length: huge }), /length/],
    ['hannWindow', () => hannWindow(huge), /length/],
    ['blackmanWindow', () => blackmanWindow(huge, { periodic: false }), /length/],
    ['kaiserWindow', () => kaiserWindow(huge), /length/],
    ['kaiserWindow', () => kaiserWindow(4, { beta: huge }), /beta/],
    ['melFilterBank', () => melFilterBank(huge, 4, 100), /mels/],
    ['melFilterBank', () => melFilterBank(4, huge, 100), /frequencies/],
    ['linspace', () => linspace(0, 1, huge), /count/],
    ['logspace', () => logspace(0, 1, huge), /count/],
    ['repeatInterleave', () => repeatInterleave(tensor([1, 2]), huge), /repeats/],
    ['repeatInterleave', () => repeatInterleave(tensor([1, 2]), [1, huge]), /repeats/],
    [
      'whileLoop',
      () =>
        whileLoop(
          (x) => x.less(3),
          (x: Tensor) => x.add(1),
          tensor(0),
          { maxSteps: huge },
        ),
      /maxSteps/,
    ],
    ['scan', () => scan((x: Tensor) => [x, undefined], tensor(0), undefined, { length: huge }), /length/],
  ])('%s names its argument', (op, body, argument) => {
    const error = errorOf(body);
    expect(error instanceof ArgumentError || error instanceof ShapeError).toBe(true);
    expect(String(error)).toContain(`[${op}]`);
    expect(String(error)).toMatch(argument);
  });
});

it.each<readonly [string, () => unknown, RegExp]>([
  ['a result', () => adaptiveAvgPool2d(image(), 1e8), /\[adaptiveAvgPool2d\] a tensor \w+\[1,2,100000000,100000000\]/],
  ['a table of roots', () => rfft(ones([4]), { n: 1e8 }), /n must be an integer ≥ 1 and ≤ 33554432/],
  ['a table of positions', () => interpolate(sequence(), { size: 1e8 }), /table of 100000000 numbers/],
  ['a table of filters', () => melFilterBank(1e5, 1e5, 100), /table of 10000000000 numbers/],
  ['a table of places', () => repeatInterleave(tensor([1, 2]), [1e8, 1]), /table of 100000001 numbers/],
  ['a signal', () => rfft(ones([1e8])), /\[rfft\] transforms at most 33554432 elements/],
  ['a signal back', () => irfft(ones([2 ** 25, 2])), /\[irfft\] transforms to at most 33554432 elements/],
])('%s that is too large is refused', (_, body, message) => {
  expect(body).toThrow(message);
});

it('records a million windows, and a hundred million, without listing them', async () => {
  expect(adaptiveAvgPool1d(sequence(), 1e8).shape).toEqual([1, 1, 1e8]);
  expect(adaptiveMaxPool1d(sequence(), 1e8).shape).toEqual([1, 1, 1e8]);
  const x = tensor([[[1, 2, 3]]]);
  const many = adaptiveAvgPool1d(x, 1e6 + 1);
  const places = [0, 333_333, 333_334, 500_000, 1e6];
  const expected = places.map((i) => {
    const [begin, end] = [Math.floor((i * 3) / (1e6 + 1)), Math.ceil(((i + 1) * 3) / (1e6 + 1))];
    return (begin + 1 + end) / 2;
  });
  const all = await many.data();
  expect(places.map((i) => all[i])).toEqual(expected);
});

it('pools where positions times parts are no int32', async () => {
  const [extent, parts] = [70_001, 40_000];
  const means = await adaptiveAvgPool1d(iota([1, 1, extent], 2), parts).data();
  const maxima = await adaptiveMaxPool1d(iota([1, 1, extent], 2), parts).data();
  for (const i of [0, 1, 20_000, 30_677, 39_999]) {
    const [begin, end] = [Math.floor((i * extent) / parts), Math.ceil(((i + 1) * extent) / parts)];
    expect(means[i]).toBeCloseTo((begin + end - 1) / 2, 1);
    expect(maxima[i]).toBe(end - 1);
  }
});

it('says what is no dtype', () => {
  expect(() => bitcast(tensor([1]), Object.create(null) as never)).toThrow(DTypeError);
});

function errorOf(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
}
