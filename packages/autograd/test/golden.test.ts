import { readFileSync } from 'node:fs';
import * as api from '@hebb/tensor';
import { avgPool2d, conv2d, matmul, maxPool2d, norm, polygamma, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { vjp } from '../src/index.ts';

type Number = number | '-0' | 'NaN' | 'Infinity' | '-Infinity';

interface Stored {
  readonly shape: number[];
  readonly data: Number[];
}

type Options = Readonly<Record<string, unknown>>;

interface Case {
  readonly op: string;
  readonly options: Options;
  readonly inputs: Stored[];
  readonly output: Stored;
  readonly cotangent?: Stored;
  readonly gradients?: Stored[];
}

const axis = (options: Options): number => options['axis'] as number;
const axes = (options: Options): number[] => options['axes'] as number[];

const operations: Readonly<Record<string, (inputs: Tensor[], options: Options) => Tensor>> = {
  conv2d: ([x, w, bias], options) => conv2d(x as Tensor, w as Tensor, { ...options, bias }),
  max_pool2d: ([x], { kernelSize, ...options }) => maxPool2d(x as Tensor, kernelSize as number, options),
  avg_pool2d: ([x], { kernelSize, ...options }) => avgPool2d(x as Tensor, kernelSize as number, options),
  softmax: ([x], options) => (x as Tensor).softmax(axis(options)),
  log_softmax: ([x], options) => (x as Tensor).logSoftmax(axis(options)),
  amax: ([x], options) => (x as Tensor).max(axes(options)),
  amin: ([x], options) => (x as Tensor).min(axes(options)),
  argmax: ([x], options) => (x as Tensor).argmax(axes(options)[0]),
  variance: ([x], options) => (x as Tensor).variance(axis(options), { correction: options['correction'] as number }),
  std: ([x], options) => (x as Tensor).std(axis(options), { correction: options['correction'] as number }),
  norm: ([x], options) => norm(x as Tensor, axes(options)),
  polygamma: ([x], options) => polygamma(options['n'] as number, x as Tensor),
  matmul: ([a, b]) => matmul(a as Tensor, b as Tensor),
  powNumber: ([x], options) => (x as Tensor).pow(options['exponent'] as number),
  clamp: ([x], options) => (x as Tensor).clamp(options['low'] as number, options['high'] as number),
};

/** All others are methods of the same name, or else functions of it. */
function operate({ op, options }: Case, inputs: Tensor[]): Tensor {
  const adapted = operations[op];
  if (adapted !== undefined) return adapted(inputs, options);
  const method = api.Tensor.prototype[op as 'add'] as ((...others: Tensor[]) => Tensor) | undefined;
  const [first, ...rest] = inputs;
  if (method !== undefined) return method.call(first as Tensor, ...rest);
  const known = (api as unknown as Record<string, (...given: unknown[]) => Tensor>)[op];
  if (known === undefined) throw new Error(`there is no operation ${op}`);
  return known(...inputs, ...(Object.keys(options).length > 0 ? [options] : []));
}

const stored = ({ shape, data }: Stored): Tensor => tensor(Float32Array.from(data, Number), { shape });

async function expectClose(actual: Tensor, expected: Stored, what: string): Promise<void> {
  expect(actual.shape, what).toEqual(expected.shape);
  const data = await actual.data();
  const wrong = expected.data.flatMap((text, i) => {
    const reference = Math.fround(Number(text));
    const value = data[i] ?? NaN;
    const close =
      Object.is(value, reference) ||
      value === reference ||
      Math.abs(value - reference) <= 2e-5 * Math.max(1, Math.abs(reference));
    return close ? [] : [`${what}[${i}] is ${value}, not ${reference}`];
  });
  expect(wrong).toEqual([]);
}

const files = ['convolution', 'pooling', 'reduction', 'product', 'elementwise', 'elementary', 'spread', 'not-a-number'];

describe.each(devices)('PyTorch has the same numbers as %s', (device) => {
  beforeAll(() => setDevice(device));

  describe.each(files)('%s', (file) => {
    const cases = JSON.parse(readFileSync(new URL(`./golden/${file}.json`, import.meta.url), 'utf8')) as Case[];
    it.each(
      cases.map(
        (one) =>
          [
            one.op,
            one.inputs.map(({ shape }) => `[${shape.join(',')}]`).join(' '),
            JSON.stringify(one.options),
            one,
          ] as const,
      ),
    )('%s %s %s', async (_op, _shapes, _options, one) => {
      const inputs = one.inputs.map(stored);
      const { cotangent, gradients } = one;
      if (cotangent === undefined || gradients === undefined) {
        await expectClose(operate(one, inputs), one.output, 'output');
        return;
      }
      const { value, pullback } = vjp((...x: Tensor[]) => operate(one, x), ...inputs);
      const actual = pullback(stored(cotangent));
      await expectClose(value, one.output, 'output');
      for (const [i, gradient] of gradients.entries())
        await expectClose(actual[i] as Tensor, gradient, `gradient of input ${i}, `);
    });
  });
});
