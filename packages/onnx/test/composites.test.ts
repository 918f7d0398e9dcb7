/** A composite becomes an operator because of what it is, never because of what it is called. */
import { GELU, Linear, Module, Sequential } from '@hebb/layers';
import { linearDefinition } from '@hebb/tensor/graph';
import {
  acosh,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  affineGrid,
  asinh,
  atanh,
  avgPool2d,
  celu,
  cholesky,
  composite,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  cosh,
  determinant,
  eigh,
  einsum,
  elu,
  eye,
  frac,
  glu,
  gridSample,
  hannWindow,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  hypot,
  interpolate,
  irfft,
  irfft2,
  isFinite,
  istft,
  kron,
  leakyRelu,
  lerp,
  logSigmoid,
  lpPool2d,
  groupNorm,
  instanceNorm,
  layerNorm,
  localResponseNorm,
  rmsNorm,
  matmul,
  matrixPower,
  maxPool1d,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxUnpool2d,
  linear,
  mish,
  nanToNum,
  pixelShuffle,
  prelu,
  qr,
  relu6,
  rfft,
  rfft2,
  rrelu,
  scaledDotProductAttention,
  selu,
  setDevice,
  silu,
  sinh,
  softmin,
  softplus,
  softshrink,
  softsign,
  solve,
  stft,
  svd,
  swiglu,
  tan,
  tanhshrink,
  tensor,
  tensordot,
  threshold,
  trace,
  transpose,
  xlogy,
  type CompositeDefinition,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx } from '@hebb/onnx';
import { composites } from '../src/operators/composites.ts';
import { expectSame, expectSameValues, numbers, operatorsOf } from './support/compare.ts';

beforeAll(() => setDevice('reference'));

const batches = [{ batch: 1 }, { batch: 2 }, { batch: 7 }];
const numbersOf = (...shape: number[]): Tensor =>
  tensor(numbers(shape.reduce((product, n) => product * n, 1)), { shape });
/** Three rows of three. */
const corner = (x: Tensor): Tensor => x.slice([0, 0, 0, 0], [Infinity, Infinity, 3, 3]);
const image = { inputs: { x: ['batch', 2, 6, 6] } };

describe("a user's composite with the name of one of ours", () => {
  const names = [
    'gelu',
    'geluTanh',
    'celu',
    'elu',
    'hardsigmoid',
    'hardswish',
    'hardtanh',
    'groupNorm',
    'instanceNorm',
    'layerNorm',
    'localResponseNorm',
    'rmsNorm',
    'leakyRelu',
    'mish',
    'prelu',
    'selu',
    'softplus',
    'softsign',
    'softmax',
    'logSoftmax',
    'linear',
    'conv',
    'maxPool',
    'maxPoolIndices',
    'averagePool',
    'adaptiveAveragePool',
    'adaptiveMaxPool',
    'batchNorm',
    'tan',
    'sinh',
    'cosh',
    'asinh',
    'acosh',
    'atanh',
    'scaledDotProductAttention',
    'einsum',
    'fft',
    'rfft',
    'irfft',
    'interpolate',
    'gridSample',
    'topK',
    'rnn',
    'lstm',
    'gru',
  ];

  it('is tried for all of them', () => {
    expect([...composites.keys()].map(({ name }) => name).sort()).toEqual([...names].sort());
  });

  it.each(names)('%s is written as what its body computes', async (name) => {
    const run = (x: Tensor): Tensor => composite(name, { axis: 1, kernel: [2, 2] }, [x], (input) => input.relu());
    expect(operatorsOf(await expectSame(run, image, batches))).toEqual(['Relu']);
  });

  it('is one also where it is given by a definition', async () => {
    const gelu: CompositeDefinition = { name: 'gelu', body: (_, x) => x.relu() };
    const file = await expectSame((x: Tensor) => composite(gelu, {}, [x]), image, batches);
    expect(operatorsOf(file)).toEqual(['Relu']);
  });

  it('is one also with a gradient of its own', async () => {
    const run = (x: Tensor): Tensor =>
      composite('softmax', { axis: 1 }, [x], (input) => input.exp(), { gradient: (cotangent) => [cotangent] });
    expect(operatorsOf(await expectSame(run, image, batches))).toEqual(['Exp']);
  });

  it('is not mixed up with ours where the model takes one for some sizes and the other for others', async () => {
    const run = (x: Tensor): Tensor =>
      x.shape[0]! % 4 === 1 ? x.gelu() : composite('gelu', {}, [x], (input) => input.relu());
    await expect(exportOnnx(run, { inputs: { x: ['batch', 4] } })).rejects.toThrow(/different things/);
  });
});

describe('a composite of ours', () => {
  it.each<[string, (x: Tensor) => Tensor]>([
    ['Tan', tan],
    ['Sinh', sinh],
    ['Cosh', cosh],
    ['Asinh', asinh],
    ['Acosh', (x) => acosh(x.abs().add(1))],
    ['Atanh', (x) => atanh(x.mul(0.25))],
    ['Elu', (x) => elu(x, { alpha: 0.5 })],
    ['Celu', (x) => celu(x, { alpha: 0.5 })],
    ['Selu', selu],
    ['LeakyRelu', (x) => leakyRelu(x, { negativeSlope: 0.25 })],
    ['LeakyRelu', rrelu],
    ['PRelu', (x) => prelu(x, tensor([0.25, -1]))],
    ['PRelu', (x) => prelu(x, tensor(0.25))],
    ['HardSigmoid', (x) => hardsigmoid(x.mul(3))],
    ['HardSwish', (x) => hardswish(x.mul(3))],
    ['Softsign', softsign],
    ['Softplus', (x) => softplus(x.mul(20))],
    ['Clip', relu6],
    ['Clip', (x) => hardtanh(x, { maxValue: 0.5 })],
  ])('is the operator %s', async (operator, run) => {
    expect(operatorsOf(await expectSame(run, image, batches))).toContain(operator);
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ['hypot', (x) => hypot(x, 2)],
    ['xlogy', (x) => xlogy(x, x.abs())],
    ['logSigmoid', logSigmoid],
    ['softplus', (x) => softplus(x, { beta: 2, threshold: 3 })],
    ['threshold', (x) => threshold(x, 0.5, 2)],
    // ONNX's Shrink and ThresholdedRelu make 0 of NaN.
    ['hardshrink', (x) => hardshrink(x, { lambda: 1 })],
    ['softshrink', softshrink],
    ['silu', silu],
    ['tanhshrink', tanhshrink],
    ['softmin', (x) => softmin(x, 1)],
    ['glu', glu],
    ['swiglu', (x) => swiglu(x, 1)],
    ['frac', frac],
    ['lerp', (x) => lerp(x, 3, x.sigmoid())],
    ['nanToNum', (x) => nanToNum(x.log(), { nan: 2 })],
    ['isFinite', (x) => isFinite(x.log())],
    ['einsum', (x) => einsum('bchw,bciw->bhi', x, x.exp())],
    ['einsum of a diagonal', (x) => einsum('...ii->...i', x)],
    ['tensordot', (x) => tensordot(x, tensor(numbers(6 * 3), { shape: [6, 3] }), 1)],
    ['kron', (x) => kron(x, tensor(numbers(6), { shape: [2, 3] }))],
    ['matrixPower', (x) => matrixPower(x.mul(0.25), 3)],
    ['cholesky', (x) => cholesky(matmul(x, transpose(x, -2, -1)).add(eye(6)))],
    ['solve', (x) => solve(x.add(eye(6)), x)],
    ['qr', (x) => qr(corner(x)).r],
    ['eigh', (x) => eigh(corner(x)).eigenvalues],
    ['svd', (x) => svd(corner(x)).s],
    ['determinant', (x) => determinant(x.mul(0.5))],
    ['trace', trace],
    ['rfft', (x) => rfft(x.flatten(2))],
    ['rfft along another axis, and back', (x) => irfft(rfft(x, { axis: 2, n: 37 }), { axis: 2, n: 37 })],
    ['rfft2, and back', (x) => irfft2(rfft2(x))],
    ['stft', (x) => stft(x.flatten(2), 8, { window: hannWindow(8), hopLength: 3 })],
    [
      'istft',
      (x) => istft(stft(x.flatten(2), 8, { hopLength: 3 }).mul(0.5), 8, { window: hannWindow(8), hopLength: 3 }),
    ],
    ['interpolate, bicubic', (x) => interpolate(x, { size: [8, 9], mode: 'bicubic' })],
    ['interpolate, nearest', (x) => interpolate(x, { scaleFactor: 1.5 })],
    ['pixelShuffle', (x) => pixelShuffle(x.reshape([-1, 8, 3, 3]), 2)],
    ['gridSample', (x) => gridSample(x, x.sin().reshape([-1, 6, 6, 2]), { paddingMode: 'reflection' })],
    ['affineGrid', (x) => x.mul(affineGrid(numbersOf(1, 2, 3), [1, 1, 3, 6]).reshape([6, 6]))],
    ['attention', (x) => scaledDotProductAttention(x, x.exp(), x, { causal: true })],
    ['attention with a mask', (x) => scaledDotProductAttention(x, x, x, { mask: numbersOf(6, 6).greater(0.5) })],
    ['conv2d with a circular border', (x) => conv2d(x, numbersOf(3, 2, 3, 3), { padding: 1, paddingMode: 'circular' })],
    ['conv3d', (x) => conv3d(x.unsqueeze(2), numbersOf(3, 2, 1, 3, 3), { padding: [0, 1, 1] })],
    ['convTranspose2d', (x) => convTranspose2d(x, numbersOf(2, 3, 3, 3), { stride: 2, outputPadding: 1 })],
    [
      'convTranspose1d past a stride',
      (x) => convTranspose1d(x.flatten(2), numbersOf(2, 3, 3), { dilation: 3, outputPadding: 2 }),
    ],
    ['avgPool2d with a divisor', (x) => avgPool2d(x, 2, { divisorOverride: 3 })],
    ['avgPool2d past the padding', (x) => avgPool2d(x, [4, 5], { ceilMode: true })],
    ['indices of maxPool2d', (x) => maxPool2dWithIndices(x, 3, { stride: 2, padding: 1 }).indices],
    [
      'maxUnpool2d',
      (x) => {
        const { values, indices } = maxPool2dWithIndices(x, 2);
        return maxUnpool2d(values, indices, 2);
      },
    ],
    ['lpPool2d', (x) => lpPool2d(x, 2, 2)],
    ['adaptiveMaxPool2d', (x) => adaptiveMaxPool2d(x, 4)],
    ['adaptiveAvgPool2d', (x) => adaptiveAvgPool2d(x, [4, 5])],
  ])('is written as what it computes where there is none: %s', async (_name, run) => {
    await expectSame(run, image, batches);
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ['MaxPool', (x) => maxPool2d(x, 4, { ceilMode: true, padding: 1 })],
    ['MaxPool', (x) => maxPool1d(x.flatten(2), 3, { dilation: 2, ceilMode: true })],
    ['MaxPool', (x) => maxPool3d(x.unsqueeze(2), [1, 2, 2])],
    ['AveragePool', (x) => avgPool2d(x, 3, { padding: 1, stride: 2 })],
    ['AveragePool', (x) => avgPool2d(x, [4, 5], { ceilMode: true, countIncludePad: false, padding: 1 })],
    ['AveragePool', (x) => adaptiveAvgPool2d(x, [3, 2])],
  ])('pools by %s', async (operator, run) => {
    expect(operatorsOf(await expectSame(run, image, batches))).toContain(operator);
  });

  it('activations mean the same of infinities and NaN', async () => {
    const x = tensor([-Infinity, -1e4, -3, -0.5, 0, 0.5, 3, 1e4, Infinity, NaN]);
    const functions = [
      relu6,
      hardtanh,
      elu,
      celu,
      selu,
      leakyRelu,
      hardshrink,
      softshrink,
      hardsigmoid,
      hardswish,
      softplus,
    ];
    await expectSameValues((input) => [...functions, mish, softsign].map((f) => f(input)), [x], { opset: 20 });
    await expectSameValues((input) => [prelu(input, tensor([0.25])), threshold(input, 0.5, 0)], [x]);
  });

  it.each<[string, number, (x: Tensor) => Tensor]>([
    ['LayerNormalization', 17, (x) => layerNorm(x, 6, { weight: numbersOf(6), bias: numbersOf(6), eps: 1e-3 })],
    ['LayerNormalization', 17, (x) => layerNorm(x, [6, 6], { weight: numbersOf(6, 6) })],
    ['RMSNormalization', 23, (x) => rmsNorm(x, [6, 6], { weight: numbersOf(6, 6) })],
    ['InstanceNormalization', 17, (x) => instanceNorm(x, { weight: numbersOf(2), bias: numbersOf(2), eps: 1e-3 })],
    ['GroupNormalization', 21, (x) => groupNorm(x, 2, { weight: numbersOf(2), bias: numbersOf(2) })],
    // Without weights of their own.
    ['LayerNormalization', 17, (x) => layerNorm(x, [6, 6])],
    ['RMSNormalization', 23, (x) => rmsNorm(x, 6)],
    ['InstanceNormalization', 17, (x) => instanceNorm(x, { eps: 1e-3 })],
    ['GroupNormalization', 21, (x) => groupNorm(x, 2)],
    ['LRN', 17, (x) => localResponseNorm(x, 3, { alpha: 0.5, beta: 2, k: 3 })],
  ])('normalises by %s from opset %i on', async (operator, opset, run) => {
    expect(operatorsOf(await expectSame(run, { ...image, opset }, batches))).toEqual([operator]);
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ['rmsNorm', (x) => rmsNorm(x, 6, { weight: numbersOf(6) })],
    ['groupNorm', (x) => groupNorm(x, 2, { weight: numbersOf(2), bias: numbersOf(2) })],
    ['localResponseNorm of an even size', (x) => localResponseNorm(x, 2, { alpha: 0.5 })],
  ])('normalises by what it computes where there is no operator: %s', async (_name, run) => {
    await expectSame(run, { ...image, opset: 17 }, batches);
  });

  it('mish is an operator where the opset has it', async () => {
    for (const opset of [17, 18]) {
      const file = await expectSame(mish, { ...image, opset }, batches);
      expect(operatorsOf(file).includes('Mish')).toBe(opset === 18);
    }
  });

  it('computes what its attributes say, whoever records it', async () => {
    const weight = tensor(numbers(4 * 3), { shape: [4, 3] });
    const file = await expectSame(
      (x: Tensor) => composite(linearDefinition, {}, [x, weight]),
      { inputs: { x: ['batch', 3] } },
      batches,
    );
    expect(operatorsOf(file)).toEqual(['Gemm']);
  });

  it('linear is a Gemm of matrices', async () => {
    const [weight, bias] = [tensor(numbers(4 * 3), { shape: [4, 3] }), tensor(numbers(4))];
    const file = await expectSame((x: Tensor) => linear(x, weight, bias), { inputs: { x: ['batch', 3] } }, batches);
    expect(operatorsOf(file)).toEqual(['Gemm']);
  });

  it('keeps its operator inside of a composite of the user', async () => {
    class Block extends Module {
      readonly inner: Sequential = new Sequential(new Linear(4, 4), new GELU({ approximate: 'tanh' }));
      forward(x: Tensor): Tensor {
        return composite('block', {}, [x], (input) => this.inner.forward(input).add(input));
      }
    }
    const file = await expectSame(new Block().eval(), { inputs: { x: ['batch', 4] } }, batches);
    expect(operatorsOf(file)).toEqual(['Gemm', 'Gelu', 'Add']);
  });
});
