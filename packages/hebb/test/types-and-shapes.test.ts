/**
 * Every public function of tensors on float16 and uint8, on tensors of shape [], without elements and of eight axes: a result, or a typed error. Of
 * float16 the result is that of float32, rounded. Arguments are the right ones of the walk of wrong arguments.
 *
 * @module-tag long: every function, in many forms.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import * as hebb from '../src/index.ts';
import type { Kind } from './support/kinds.ts';
import { functions } from './support/public-functions.ts';
import { tensorsIn, withTensors } from './support/tensors.ts';

const exports: Readonly<Record<string, unknown>> = hebb;
const kindsOf = functions as unknown as Readonly<Record<string, readonly Kind[]>>;

/** Calls of a function with its right arguments; tensors are replaced. */
function call(name: string, count: 'few' | 'many', replace: (x: hebb.Tensor) => hebb.Tensor): unknown {
  const kinds = kindsOf[name] ?? [];
  const args = kinds.map(({ right, takes }) => (count === 'few' && takes.includes('undefined') ? undefined : right()));
  return (exports[name] as (...args: unknown[]) => unknown)(...(withTensors(args, replace) as unknown[]));
}

/** What changes the world, or draws. */
const others = new Set(['alphaDropout', 'dropout', 'dropout1d', 'dropout2d', 'dropout3d', 'dropPath', 'featureAlphaDropout', 'assign', 'backward', 'gumbelSoftmax', 'multinomial', 'variable', 'parameter', 'buffer', 'runOnnx', 'verifyOnnx', 'writeSafetensors', 'writeShardedSafetensors', 'maskedSelect', 'nonZero', 'unique', 'equals', 'allClose', 'formatTensor', 'realize', 'scaledDotProductAttention']); // prettier-ignore
const names = Object.keys(kindsOf).filter(
  (name) => !others.has(name) && (kindsOf[name] ?? []).some(({ right }) => tensorsIn(right()).length > 0),
);

const isTyped = (error: unknown): boolean => error instanceof hebb.HebbError;

/** The values of a call, or its typed error. Anything else fails. */
async function outcome(make: () => unknown): Promise<{ tensors: hebb.Tensor[]; data: hebb.TensorData[] } | undefined> {
  try {
    const tensors = tensorsIn(await make());
    return { tensors, data: await Promise.all(tensors.map((x) => x.data())) };
  } catch (error) {
    if (!isTyped(error)) throw error;
    return undefined;
  }
}

/** Results that stay float32: linear algebra and Fourier transforms, what counts or is no number of x. */
const wide = new Set(['oneHot', 'histogram', 'triangularSolve', 'cholesky', 'solve', 'inverse', 'qr', 'eigh', 'svd', 'singularValues', 'symmetricEigenvalues', 'lstsq', 'pinv', 'matrixRank', 'determinant', 'slogdet', 'logdet', 'stft', 'istft', 'cond', 'gcnNorm']); // prettier-ignore
/** Takes numbers of 32 bits alone. */
const refused = new Set(['bitcast']);

describe('of float16', () => {
  beforeAll(() => hebb.setDevice('reference'));

  it.each(names)('%s is that of float32, rounded once', async (name) => {
    for (const count of ['few', 'many'] as const) {
      const converted = (convert: (x: hebb.Tensor) => hebb.Tensor) =>
        outcome(() => call(name, count, (x) => (x.dtype === 'float32' ? convert(x.to('float16')) : x)));
      const half = await converted((x) => x);
      const exact = await converted((x) => x.to('float32'));
      if (exact === undefined) continue;
      expect(half === undefined).toBe(refused.has(name));
      half?.tensors.forEach(({ dtype }, i) => {
        const own = exact.tensors[i]?.dtype;
        const isNorm = name === 'clipGradientNorm' && i === half.tensors.length - 1;
        expect(dtype).toBe(own === 'float32' && !wide.has(name) && !isNorm ? 'float16' : own);
        const want = exact.data[i] ?? [];
        // Half a unit in the last place, of numbers below 2⁻¹⁴ half of 2⁻²⁴.
        const allowed = 2 ** -11 * 1.01;
        half.data[i]?.forEach((got, at) => {
          const w = want[at] ?? NaN;
          if (Object.is(got, w) || got === w || Math.abs(got - w) <= allowed * Math.abs(w) + 2 ** -25) return;
          expect.fail(`result ${i}, element ${at}: ${got}, not ${w}`);
        });
      });
    }
  });
});

const shapes = { 'no axes': [], 'no elements': [0, 3], 'no rows': [2, 0, 2], 'eight axes': [1, 2, 1, 2, 1, 1, 2, 1] };

describe.each(Object.entries(shapes))('tensors with %s', (_, shape) => {
  it.each(names)('%s takes, or says what it takes', async (name) => {
    for (const count of ['few', 'many'] as const) {
      for (const dtype of ['float32', 'float16', 'uint8'] as const) {
        for (const which of ['first', 'all'] as const) {
          const results: (Awaited<ReturnType<typeof outcome>> | 'none')[] = [];
          for (const device of ['reference', 'wasm'] as const) {
            hebb.setDevice(device);
            let tensors = 0;
            const replace = (x: hebb.Tensor): hebb.Tensor =>
              tensors++ > 0 && which === 'first'
                ? x
                : hebb.ones(shape, { dtype: x.dtype === 'float32' ? dtype : x.dtype });
            results.push(await outcome(() => call(name, count, replace)));
          }
          const [expected, actual] = results;
          expect(actual === undefined, `${name} of ${dtype}`).toBe(expected === undefined);
        }
      }
    }
  });
});
