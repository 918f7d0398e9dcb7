/** Small programs of functorch and of PyTorch's autograd, with the numbers that they have there. */
import { readFileSync } from 'node:fs';
import { setDevice, tensor, Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { programs, type Inputs } from './support/functional-programs.ts';

interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}
interface Golden {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Stored>>;
  readonly expected: readonly Stored[];
}

const goldens = JSON.parse(readFileSync(new URL('golden/functional.json', import.meta.url), 'utf8')) as Golden[];

const leavesOf = (value: unknown): Tensor[] =>
  value instanceof Tensor ? [value] : Object.values(value as object).flatMap(leavesOf);
const stored = ({ shape, data }: Stored): Tensor => tensor(Float64Array.from(data, Number), { shape });

it('every program is here, and no other', () => {
  expect(Object.keys(programs)).toEqual(goldens.map(({ name }) => name));
});

// Software adapters take seconds to compile what is used once here, so WebGPU gets every fifth program; all of them have passed there.
const programsOn = (device: string): Golden[] => goldens.filter((_, i) => device !== 'webgpu' || i % 5 === 0);

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(programsOn(device).map((golden) => [golden.name, golden] as const))(
    '%s',
    async (name, { inputs, expected }) => {
      const given = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, stored(value)]));
      const results = leavesOf(programs[name]?.(given as Inputs));
      expect(results.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
      const wrong: string[] = [];
      for (const [i, { data }] of expected.entries()) {
        const actual = await (results[i] as Tensor).data();
        const numbers = data.map(Number);
        const largest = Math.max(1, ...numbers.filter(Number.isFinite).map(Math.abs));
        for (const [j, value] of numbers.entries()) {
          const own = actual[j] ?? NaN;
          // Digits are lost to the largest of a tensor: its other elements are sums in which it stands.
          if (
            Math.abs(own - value) <= 3e-5 * Math.max(1, Math.abs(value), largest / 10) ||
            own === value ||
            Object.is(own, value)
          )
            continue;
          wrong.push(`result ${i}[${j}] is ${own}, not ${value}`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );
});
