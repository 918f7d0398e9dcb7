/** `backward`, `.grad`, `step()` and `zeroGrad()` in compiled functions do what they do outside, at every batch size. */
import { backward } from '@hebb/autograd';
import { compile, setDevice, tensor, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { contracts, devices } from '../../tensor/test/support/devices.ts';
import { AdamW, SGD, type Optimizer } from '../src/index.ts';

interface Net {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly optimizer: Optimizer;
}

const lossOf = ({ weight, bias }: Net, x: Tensor): Tensor => x.matmul(weight).add(bias).square().mean();
/** Bodies of a step: what is called in which order. */
const bodies: Readonly<Record<string, (net: Net, x: Tensor) => Tensor>> = {
  'zeroGrad last': (net, x) => {
    const loss = lossOf(net, x);
    backward(loss);
    net.optimizer.step();
    net.optimizer.zeroGrad();
    return loss;
  },
  'zeroGrad first': (net, x) => {
    net.optimizer.zeroGrad();
    const loss = lossOf(net, x);
    backward(loss);
    net.optimizer.step();
    return loss;
  },
  'without zeroGrad': (net, x) => {
    const loss = lossOf(net, x);
    backward(loss);
    net.optimizer.step();
    return loss;
  },
  'backward alone': (net, x) => {
    const loss = lossOf(net, x);
    backward(loss);
    return loss;
  },
  'two losses': (net, x) => {
    const loss = lossOf(net, x);
    backward(loss);
    backward(lossOf(net, x.mul(2)));
    net.optimizer.step();
    net.weight.grad = undefined;
    return loss;
  },
  'a gradient of one’s own': (net, x) => {
    const loss = lossOf(net, x);
    backward(loss);
    net.weight.grad = net.weight.grad?.mul(0.5);
    net.optimizer.step();
    return loss;
  },
};

/** Nested arrays of numbers that agree to float32's last digits. */
function expectNear(actual: unknown, expected: unknown): void {
  if (!Array.isArray(expected)) {
    if (typeof expected === 'number') expect(actual).toBeCloseTo(expected, 5);
    else expect(actual).toEqual(expected);
    return;
  }
  expect(actual).toHaveLength(expected.length);
  expected.forEach((each, i) => expectNear((actual as unknown[])[i], each));
}

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));
  const batches = [3, 3, 5, 3, 5, 2, 2, 7].map((rows, i) =>
    tensor(
      Float32Array.from({ length: rows * 2 }, (_, k) => Math.sin(k + i)),
      { shape: [rows, 2] },
    ),
  );
  const make = (kind: typeof SGD | typeof AdamW): Net => {
    const weight = variable(tensor([[0.5, -1], [2, 0.25]]), { requiresGrad: true }); // prettier-ignore
    const bias = variable(tensor([0.125, 0]), { requiresGrad: true });
    return { weight, bias, optimizer: new kind({ weight, bias }, { learningRate: 0.0625 }) };
  };
  const valuesOf = (tensors: readonly (Tensor | undefined)[]): Promise<unknown> =>
    Promise.all(tensors.map((each) => (each === undefined ? Promise.resolve(undefined) : each.toArray())));

  describe.each(Object.entries(bodies))('%s', (_, body) => {
    it.each([
      ['SGD', SGD],
      ['AdamW', AdamW],
    ] as const)('compiled as recorded, step by step: %s', async (_, kind) => {
      const [plain, compiled] = [make(kind), make(kind)];
      const step = compile((x: Tensor) => body(compiled, x));
      for (const x of batches) {
        const expected = body(plain, x);
        const actual = step(x);
        const read = ({ weight, bias }: Net, loss: Tensor): Promise<unknown> =>
          valuesOf([loss, weight, bias, weight.grad, bias.grad]);
        const [got, want] = [await read(compiled, actual), await read(plain, expected)];
        if (await contracts()) expectNear(got, want);
        else expect(got).toEqual(want);
      }
    });
  });

  it('a compiled step takes the gradients that were left outside, and forgets them there', async () => {
    const [plain, compiled] = [make(AdamW), make(AdamW)];
    const finish = (net: Net): void => {
      net.optimizer.step();
      net.optimizer.zeroGrad();
    };
    const step = compile(() => finish(compiled));
    for (const x of batches) {
      for (const net of [plain, compiled]) backward(lossOf(net, x));
      finish(plain);
      step();
      expect(compiled.weight.grad).toBeUndefined();
      expect(await valuesOf([compiled.weight, compiled.bias])).toEqual(await valuesOf([plain.weight, plain.bias]));
    }
  });

  it('gradients that were read stay readable after later calls', async () => {
    const [plain, compiled] = [make(SGD), make(SGD)];
    const body = bodies['zeroGrad first'] as (typeof bodies)[string];
    const step = compile((x: Tensor) => body(compiled, x));
    const kept: (Tensor | undefined)[] = [];
    const expected: unknown[] = [];
    for (const x of batches) {
      body(plain, x);
      step(x);
      kept.push(compiled.weight.grad);
      expected.push(await plain.weight.grad?.toArray());
    }
    expect(await valuesOf(kept)).toEqual(expected);
  });

  it('is recorded once for each size', () => {
    const net = make(AdamW);
    let recordings = 0;
    const step = compile((x: Tensor) => {
      recordings++;
      return (bodies['zeroGrad last'] as (typeof bodies)[string])(net, x);
    });
    for (const x of batches) step(x);
    expect(recordings).toBe(4);
  });
});
