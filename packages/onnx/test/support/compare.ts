/** Exports a function and compares what onnxruntime makes of the file with what the reference device computes. */
import { tensor, type DType, type Tensor } from '@hebb/tensor';
import { expect } from 'vitest';
import { exportOnnx, parseOnnx, runOnnx, type ExportOptions, type OnnxModel, type OnnxSource } from '@hebb/onnx';
import { callModel, type ModelResult } from '../../src/model.ts';

/** Reproducible numbers in −2 … 2. */
export function numbers(count: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 4 - 2;
  });
}

/** A sample of a shape: floats in −2 … 2, integers in −4 … 4, or booleans. */
export function sample(shape: readonly number[], dtype: DType = 'float32', seed = 1): Tensor {
  const values = numbers(
    shape.reduce((a, b) => a * b, 1),
    seed,
  );
  if (dtype === 'float32') return tensor(values, { shape });
  if (dtype === 'int32')
    return tensor(
      Int32Array.from(values, (v) => Math.round(v * 2)),
      { shape },
    );
  return tensor(
    Int32Array.from(values, (v) => (v > 0 ? 1 : 0)),
    { shape, dtype: 'bool' },
  );
}

function listOf(result: ModelResult): readonly Tensor[] {
  if (Array.isArray(result)) return result as readonly Tensor[];
  return 'data' in result && typeof result.data === 'function'
    ? [result as Tensor]
    : Object.values(result as Record<string, Tensor>);
}

/** Asserts equality at several sizes of the symbols; returns the file's structure. */
export async function expectSame(
  model: OnnxSource,
  options: ExportOptions,
  sizes: readonly Readonly<Record<string, number>>[] = [{}],
  tolerance = 1e-5,
): Promise<OnnxModel> {
  const bytes = await exportOnnx(model, options);
  const structure = parseOnnx(bytes);
  for (const size of sizes) {
    const inputs = Object.entries(options.inputs).map(([name, given], i) => {
      const { shape, dtype = 'float32' } = 'shape' in given ? given : { shape: given };
      const concrete = shape.map((extent) => (typeof extent === 'number' ? extent : (size[extent] ?? 2)));
      return [name, sample(concrete, dtype, i + 1)] as const;
    });
    const used = new Set(structure.graph?.input?.map(({ name }) => name));
    expect(used).toEqual(new Set(Object.keys(options.inputs)));
    const actual = Object.values(await runOnnx(bytes, Object.fromEntries(inputs)));
    const expected = listOf(
      callModel(
        model,
        inputs.map(([, value]) => value),
      ),
    );
    await expectClose(actual, expected, tolerance, ` at ${JSON.stringify(size)}`);
  }
  return structure;
}

/** The operators of a file, in order. */
export function operatorsOf(model: OnnxModel): string[] {
  return (model.graph?.node ?? []).map(({ opType }) => opType ?? '');
}

/** Asserts equality for one set of inputs, in their shapes and dtypes. */
export async function expectSameValues(
  model: (...inputs: Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  { tolerance = 1e-5, ...options }: { readonly tolerance?: number; readonly opset?: number } = {},
): Promise<OnnxModel> {
  const named = Object.fromEntries(inputs.map((input, i) => [`input_${i}`, input]));
  const specs = Object.fromEntries(Object.entries(named).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
  const bytes = await exportOnnx(model, { ...options, inputs: specs });
  const actual = Object.values(await runOnnx(bytes, named));
  await expectClose(actual, model(...inputs), tolerance, '');
  return parseOnnx(bytes);
}

async function expectClose(
  actual: readonly Tensor[],
  expected: readonly Tensor[],
  tolerance: number,
  where: string,
): Promise<void> {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    const got = actual[i] as Tensor;
    expect(`${got}`).toBe(`${value}`);
    const [a, b] = [await got.data(), await value.data()];
    for (let j = 0; j < b.length; j++) {
      const [x, y] = [a[j] as number, b[j] as number];
      if (Object.is(x, y) || Math.abs(x - y) <= tolerance * (1 + Math.abs(y))) continue;
      expect.fail(`output ${i}${where}: element ${j} is ${x} in the file, ${y} in the model`);
    }
  }
}
