/** Functions of tensors beside PyTorch: values, shapes, dtypes and gradients of the cases that tools/golden/functions.py writes. */
import { readFileSync } from 'node:fs';
import * as hebb from '@hebb/tensor';
import { setDevice, tensor, Tensor, type DType } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../../tensor/test/support/devices.ts';
import { vjp } from '../../src/index.ts';

interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly (number | 'NaN' | 'Infinity' | '-Infinity')[];
  readonly dtype?: DType;
}

interface Case {
  readonly f: string;
  readonly args: readonly unknown[];
  readonly inputs: readonly Stored[];
  readonly outputs: readonly Stored[];
  readonly cotangents?: readonly (Stored | null)[];
  readonly gradients?: readonly (Stored | null)[];
}

const stored = ({ shape, data, dtype = 'float32' }: Stored): Tensor =>
  tensor(Float64Array.from(data, Number), { shape, dtype });

/** Arguments with inputs in the place of "$0", "$1", …, and numbers in that of "Infinity". */
function argument(value: unknown, inputs: readonly Tensor[]): unknown {
  if (Array.isArray(value)) return value.map((item) => argument(item, inputs));
  if (typeof value === 'string' && value.startsWith('$')) return inputs[Number(value.slice(1))];
  if (typeof value === 'string' && /^-?Infinity$|^NaN$/.test(value)) return Number(value);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, argument(item, inputs)]));
}

type Functions = Readonly<Record<string, (...given: never[]) => unknown>>;

function call({ f, args }: Case, inputs: readonly Tensor[], own: Functions): Tensor[] {
  const known = (own[f] ?? (hebb as unknown as Functions)[f]) as ((...given: unknown[]) => unknown) | undefined;
  if (known === undefined) throw new Error(`there is no function ${f}`);
  const result = known(...args.map((value) => argument(value, inputs)));
  return result instanceof Tensor ? [result] : (Object.values(result as object) as Tensor[]);
}

async function differences(actual: Tensor, expected: Stored, what: string, tolerance: number): Promise<string[]> {
  expect(actual.shape, what).toEqual(expected.shape);
  const data = await actual.data();
  return expected.data.flatMap((text, i) => {
    const reference = Math.fround(Number(text));
    const value = data[i] ?? NaN;
    const near = Math.abs(value - reference) <= tolerance * Math.max(1, Math.abs(reference));
    return near || value === reference || Object.is(value, reference)
      ? []
      : [`${what}[${i}] is ${value}, not ${reference}`];
  });
}

interface PyTorchOptions {
  readonly tolerance?: number;
  /** Functions of the test, composed of ours, that the file names. */
  readonly own?: Functions;
  /** On WebGPU the first case of each function and its options alone, where kernels are so many that a software adapter compiles them for minutes. */
  readonly isLarge?: boolean;
  /** One test for each function, whose cases are computed together; on WebGPU its first case alone. */
  readonly together?: boolean;
  /** With `together`: the functions that are tried on WebGPU. Default: all. */
  readonly onWebGpu?: readonly string[];
}

interface Compared {
  readonly actual: Tensor;
  readonly expected: Stored;
  readonly what: string;
}

/** What a case gives and sends back, recorded, beside PyTorch's. */
function record(one: Case, own: Functions): Compared[] {
  const inputs = one.inputs.map(stored);
  const { outputs, cotangents, gradients } = one;
  const compared = (actual: readonly Tensor[], expected: readonly Stored[], what: string): Compared[] =>
    expected.map((numbers, i) => ({ actual: actual[i] as Tensor, expected: numbers, what: `${what} ${i}` }));
  if (cotangents === undefined || gradients === undefined) return compared(call(one, inputs, own), outputs, 'output');
  // One number whose gradient is asked for: Σ cotangent · output.
  const moving = inputs.filter((_, i) => gradients[i] !== null);
  let results: readonly Tensor[] = [];
  const { pullback } = vjp(
    (...given: Tensor[]) => {
      const rest = [...given];
      results = call(
        one,
        inputs.map((x, i) => (gradients[i] === null ? x : (rest.shift() as Tensor))),
        own,
      );
      const parts = results.flatMap((y, i) => {
        const cotangent = cotangents[i];
        return cotangent === null || cotangent === undefined ? [] : [stored(cotangent).mul(y).sum()];
      });
      return parts.reduce((a, b) => a.add(b));
    },
    ...moving,
  );
  const actual = pullback(tensor(1));
  const expected = gradients.filter((gradient) => gradient !== null);
  return [...compared(results, outputs, 'output'), ...compared(actual, expected, 'gradient')];
}

/** What differs; dtypes of outputs are compared, too. All is computed at once: a plan for each would compile the same kernels several times. */
async function compare(all: readonly Compared[], tolerance: number): Promise<string[]> {
  await hebb.realize(...all.map(({ actual }) => actual));
  const wrong: string[] = [];
  for (const { actual, expected, what } of all) {
    const { dtype = 'float32' } = expected;
    if (actual.dtype !== dtype) wrong.push(`${what} is ${actual.dtype}, not ${dtype}`);
    wrong.push(...(await differences(actual, expected, what, tolerance)));
  }
  return wrong;
}

/** Declares a test for each case of a golden file, on every device; a URL, or the name of one of this package's. */
export function testAgainstPyTorch(
  file: string | URL,
  { tolerance = 2e-5, own = {}, isLarge = false, together = false, onWebGpu }: PyTorchOptions = {},
): void {
  const url = typeof file === 'string' ? new URL(`../golden/${file}.json`, import.meta.url) : file;
  const all = JSON.parse(readFileSync(url, 'utf8')) as Case[];
  const shapes = ({ inputs }: Case): string => inputs.map(({ shape }) => `[${shape.join(',')}]`).join(' ');
  describe.each(devices)(
    `PyTorch has the same numbers as %s: ${/[^/]*(?=\.json$)/.exec(url.pathname)?.[0]}`,
    (device) => {
      beforeAll(() => setDevice(device));

      if (together) {
        const names = new Set(all.map(({ f }) => f));
        const tried = device === 'webgpu' && onWebGpu !== undefined ? onWebGpu : [...names];
        it.each(tried)('%s', async (name) => {
          const cases = all.filter(({ f }) => f === name).slice(0, device === 'webgpu' ? 1 : undefined);
          const compared = cases.flatMap((one) => {
            const place = `${shapes(one)} ${JSON.stringify(one.args)}`;
            return record(one, own).map(({ what, ...rest }) => ({ ...rest, what: `${place}: ${what}` }));
          });
          expect(await compare(compared, tolerance)).toEqual([]);
        });
        return;
      }

      const seen = new Set<string>();
      const chosen = all
        .map((one) => [one.f, shapes(one), JSON.stringify(one.args), one] as const)
        .filter(([name, , args]) => {
          const isFirst = !seen.has(name + args);
          seen.add(name + args);
          return isFirst || device !== 'webgpu' || !isLarge;
        });
      it.each(chosen)('%s %s %s', async (_name, _shapes, _args, one) => {
        expect(await compare(record(one, own), tolerance)).toEqual([]);
      });
    },
  );
}
