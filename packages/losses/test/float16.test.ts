/** Losses of float16: PyTorch's dtype and numbers, computed in float32 and rounded once. */
import { setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { roundToHalf } from '../../tensor/src/graph/half.ts';
import { devices } from '../../tensor/test/support/devices.ts';
import { golden, toTensor } from '../../tensor/test/support/golden.ts';
import { binaryCrossEntropyWithLogits, crossEntropy, meanAbsoluteError, meanSquaredError } from '../src/index.ts';
import { callLoss, computeLoss, lossName, type FunctionCase, type LossCase } from './support/cases.ts';

const cases = golden(new URL('golden/pytorch.json', import.meta.url)) as LossCase[];
const functionCases = golden(new URL('golden/functions.json', import.meta.url)) as FunctionCase[];
const isEach = (args: readonly unknown[]): boolean => (args.at(-1) as { reduction?: string }).reduction === 'none';
const half = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'float16' });

describe.each(devices)('losses of float16 on %s', (device) => {
  beforeAll(() => setDevice(device));

  it("squares and distances are PyTorch's", async () => {
    // torch 1.13: mse_loss and l1_loss of the same numbers, .half(), on a processor.
    const [predictions, targets] = [half([1.5, -0.3, 300, 0.001]), half([1, 0.2, 100.25, 0.002])];
    const expected = {
      none: [
        [0.25, 0.25, 39904, 17 * 2 ** -24],
        [0.5, 0.5, 199.75, 1049 * 2 ** -20],
      ],
      mean: [9976, 50.1875],
      sum: [39904, 200.75],
    };
    for (const reduction of ['none', 'mean', 'sum'] as const) {
      const losses = [meanSquaredError, meanAbsoluteError].map((loss) => loss(predictions, targets, { reduction }));
      expect(losses.map(({ dtype }) => dtype)).toEqual(['float16', 'float16']);
      expect(await Promise.all(losses.map((x) => x.toArray()))).toEqual(expected[reduction]);
    }
  });

  it.each(cases.map((entry) => [lossName(entry), entry] as const))(
    '%s is that of float32, rounded',
    async (_, entry) => {
      const prediction = toTensor(entry.prediction).to('float16');
      const narrow = computeLoss(entry, prediction);
      const exact = computeLoss(entry, prediction.to('float32'));
      // Targets, and weights, of float32 beside it make the result one.
      const expected =
        narrow.dtype === 'float16' ? Float32Array.from(await exact.data(), roundToHalf) : await exact.data();
      expect(await narrow.data()).toEqual(expected);
    },
  );

  it('every loss is that of float32, rounded', async () => {
    const first = new Map(functionCases.filter(({ args }) => isEach(args)).map((one) => [one.f, one]));
    expect(first.size).toBeGreaterThan(30);
    // The rounding is one operation, of which WebGPU sees two losses: shaders of all take a software adapter a minute.
    for (const one of [...first.values()].slice(0, device === 'webgpu' ? 2 : undefined)) {
      const inputs = one.inputs.map(toTensor).map((x) => (x.dtype === 'float32' ? x.to('float16') : x));
      const narrow = callLoss(one, inputs);
      expect(narrow.dtype, one.f).toBe('float16');
      const exact = callLoss(
        one,
        inputs.map((x) => (x.dtype === 'float16' ? x.to('float32') : x)),
      );
      expect(await narrow.data(), one.f).toEqual(Float32Array.from(await exact.data(), roundToHalf));
    }
  });

  it('float32 beside float16 gives float32, integers do not', () => {
    const [x, labels] = [half([[1, 2]]), tensor([1], { dtype: 'int32' })];
    const wide = tensor([[0.5, 0.5]]);
    const weight = tensor([1, 2]);
    expect(crossEntropy(x, labels).dtype).toBe('float16');
    expect(crossEntropy(x, half([[0.5, 0.5]])).dtype).toBe('float16');
    expect(crossEntropy(x, wide).dtype).toBe('float32');
    expect(crossEntropy(x, labels, { weight }).dtype).toBe('float32');
    expect(crossEntropy(x, labels, { weight: weight.to('float16') }).dtype).toBe('float16');
    expect(meanSquaredError(x, wide).dtype).toBe('float32');
    expect(meanSquaredError(wide, x).dtype).toBe('float32');
    expect(meanSquaredError(x, wide.to('int32')).dtype).toBe('float16');
    expect(binaryCrossEntropyWithLogits(x, wide.to('float16'), { positiveWeight: weight.to('float16') }).dtype).toBe(
      'float16',
    );
    expect(binaryCrossEntropyWithLogits(x, wide.to('float16'), { positiveWeight: weight }).dtype).toBe('float32');
  });
});
