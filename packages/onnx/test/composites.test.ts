/** A composite becomes an operator because of what it is, never because of what it is called. */
import { GELU, Linear, Module, Sequential } from '@hebb/layers';
import { layerComposites } from '@hebb/layers/internal';
import {
  acosh,
  asinh,
  atanh,
  composite,
  cosh,
  einsum,
  frac,
  hypot,
  isFinite,
  kron,
  lerp,
  logSigmoid,
  matrixPower,
  nanToNum,
  setDevice,
  sinh,
  softplus,
  tan,
  tensor,
  tensordot,
  trace,
  xlogy,
  type CompositeDefinition,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx } from '@hebb/onnx';
import { composites } from '../src/operators/composites.ts';
import { expectSame, numbers, operatorsOf } from './support/compare.ts';

beforeAll(() => setDevice('reference'));

const batches = [{ batch: 1 }, { batch: 2 }, { batch: 7 }];
const image = { inputs: { x: ['batch', 2, 6, 6] } };

describe("a user's composite with the name of one of ours", () => {
  const names = [
    'gelu',
    'geluTanh',
    'softmax',
    'logSoftmax',
    'linear',
    'conv',
    'maxPool',
    'averagePool',
    'batchNorm',
    'tan',
    'sinh',
    'cosh',
    'asinh',
    'acosh',
    'atanh',
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
  ])('is the operator %s', async (operator, run) => {
    expect(operatorsOf(await expectSame(run, image, batches))).toContain(operator);
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ['hypot', (x) => hypot(x, 2)],
    ['xlogy', (x) => xlogy(x, x.abs())],
    ['logSigmoid', logSigmoid],
    ['softplus', (x) => softplus(x, { beta: 2, threshold: 3 })],
    ['frac', frac],
    ['lerp', (x) => lerp(x, 3, x.sigmoid())],
    ['nanToNum', (x) => nanToNum(x.log(), { nan: 2 })],
    ['isFinite', (x) => isFinite(x.log())],
    ['einsum', (x) => einsum('bchw,bciw->bhi', x, x.exp())],
    ['einsum of a diagonal', (x) => einsum('...ii->...i', x)],
    ['tensordot', (x) => tensordot(x, tensor(numbers(6 * 3), { shape: [6, 3] }), 1)],
    ['kron', (x) => kron(x, tensor(numbers(6), { shape: [2, 3] }))],
    ['matrixPower', (x) => matrixPower(x.mul(0.25), 3)],
    ['trace', trace],
  ])('is written as what it computes where there is none: %s', async (_name, run) => {
    await expectSame(run, image, batches);
  });

  it('computes what its attributes say, whoever records it', async () => {
    const weight = tensor(numbers(4 * 3), { shape: [4, 3] });
    const file = await expectSame(
      (x: Tensor) => composite(layerComposites.linear, {}, [x, weight]),
      { inputs: { x: ['batch', 3] } },
      batches,
    );
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
