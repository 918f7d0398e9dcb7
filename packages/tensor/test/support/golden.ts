/** Numbers of other programs, and how close to them counts as equal. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { tensor, type DType, type Tensor } from '../../src/index.ts';

export interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly dtype?: DType;
}

/** A JSON file, by its URL. */
export function golden(url: URL): unknown {
  return JSON.parse(readFileSync(url, 'utf8'));
}

export function toTensor({ shape, data, dtype = 'float32' }: Stored): Tensor {
  return tensor(Float64Array.from(data), { dtype, shape });
}

/** Expects |actual − expected| ≤ tolerance · (1 + |expected|) for every element, and the same shape. */
export async function expectClose(actual: Tensor, expected: Stored, what: string, tolerance = 1e-5): Promise<void> {
  expect(actual.shape, what).toEqual(expected.shape);
  const values = await actual.data();
  expected.data.forEach((value, i) => {
    const difference = Math.abs((values[i] ?? NaN) - value);
    if (difference <= tolerance * (1 + Math.abs(value))) return;
    expect.fail(`${what}: element ${i} is ${values[i]}, not ${value}`);
  });
}
