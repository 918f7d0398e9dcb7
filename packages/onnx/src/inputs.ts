/** What the caller says about inputs, and the sizes at which the model is traced to learn which numbers depend on them. */
import type { InputShape, InputSpec } from '@hebb/layers';
import { ArgumentError, type DType } from '@hebb/tensor';
import { requireArray, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { dtypes } from '@hebb/tensor/graph';
import type { SizeSymbol } from './extents.ts';

// A name in a shape stands for a size that stays free, the same one wherever the name appears.
export type { InputShape, InputSpec };

export interface GraphInput {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: InputShape;
}

const specNames: OptionNames<InputSpec> = { shape: true, dtype: true };

/** A shape alone, or with a dtype. */
function specOf(name: string, given: InputShape | InputSpec): InputSpec {
  if (Array.isArray(given)) return { shape: given as InputShape };
  const where = `exportOnnx, input '${name}'`;
  requireOptions(where, given as InputSpec, specNames);
  requireArray(where, 'shape', (given as InputSpec).shape);
  return given as InputSpec;
}

/** The inputs in order; throws {@link ArgumentError} for what is no shape or dtype. */
export function readInputs(inputs: Readonly<Record<string, InputShape | InputSpec>>): GraphInput[] {
  const list = Object.entries(inputs).map(([name, given]): GraphInput => {
    const { shape, dtype = 'float32' } = specOf(name, given);
    if (name === '') throw new ArgumentError('[exportOnnx] an input needs a name.');
    if (!dtypes.includes(dtype))
      throw new ArgumentError(
        `[exportOnnx] input '${name}': there is no dtype '${dtype as string}', only ${dtypes.join(', ')}.`,
      );
    const wrong = shape.find((extent) =>
      typeof extent === 'string' ? extent === '' : !Number.isInteger(extent) || extent < 0,
    );
    if (wrong !== undefined) {
      throw new ArgumentError(
        `[exportOnnx] input '${name}': an extent is an integer ≥ 0, or a name for a free size, not ${JSON.stringify(wrong)}.`,
      );
    }
    return { name, dtype, shape };
  });
  if (list.length === 0)
    throw new ArgumentError("[exportOnnx] name at least one input: { inputs: { image: ['batch', 1, 28, 28] } }.");
  return list;
}

/** Numbers in the place of each symbol; three different ones at least. */
export type SizeChoice = Readonly<Record<string, readonly [number, number, number]>>;

const primes: readonly number[] = Array.from({ length: 500 }, (_, n) => n).filter(
  (n) => n > 1 && !Array.from({ length: n - 2 }, (_, d) => d + 2).some((d) => n % d === 0),
);

/**
 * Where the primes start, and what they are multiplied by, from choice to choice: large, small, and divisible by powers of two. The last
 * size of each is even, so that what is only true of odd sizes shows.
 */
const choices: readonly { readonly from: number; readonly times: number }[] = [
  { from: 53, times: 1 },
  { from: 5, times: 1 },
  { from: 3, times: 32 },
];

/** Symbols of the inputs with their sizes in each trace, one list for each choice of sizes to try. */
export function planTraces(inputs: readonly GraphInput[], fixed: SizeChoice = {}): SizeSymbol[][] {
  const found = new Map<string, { input: string; axis: number }>();
  for (const { name: input, shape } of inputs) {
    shape.forEach((extent, axis) => {
      if (typeof extent === 'string' && !found.has(extent)) found.set(extent, { input, axis });
    });
  }
  const names = [...found.keys()];
  for (const [name, sizes] of Object.entries(fixed)) {
    if (!found.has(name))
      throw new ArgumentError(
        `[exportOnnx] sizes are given for '${name}', which no input names; there are ${names.join(', ') || 'none'}.`,
      );
    if (new Set(sizes).size !== 3 || sizes.some((n) => !Number.isInteger(n) || n < 2)) {
      throw new ArgumentError(
        `[exportOnnx] sizes of '${name}' must be three different integers ≥ 2, not ${JSON.stringify(sizes)}.`,
      );
    }
  }
  const free = names.filter((name) => fixed[name] === undefined);
  const tries = free.length === 0 ? choices.slice(0, 1) : choices;
  return tries.map(({ from, times }) => {
    const pool = primes.slice(primes.indexOf(from));
    return names.map((name, position): SizeSymbol => {
      const own = free.indexOf(name);
      const [base, other, last] =
        fixed[name] ?? pool.slice(3 * own, 3 * own + 3).map((n, i) => (i < 2 ? n : n + 1) * times);
      const sizes = [base, ...names.map((_, i) => (i === position ? other : base)), last] as number[];
      return { name, sizes, ...(found.get(name) as { input: string; axis: number }) };
    });
  });
}

/**
 * What a file must also be right for, size by size in another trace: 1, where what is repeated and what is not look alike, and 2; for one
 * symbol at a time, then for all of them. Sizes that the caller chose are taken at their word.
 */
export function planChecks(symbols: readonly SizeSymbol[], fixed: SizeChoice = {}): ReadonlyMap<string, number>[] {
  const names = symbols.map(({ name }) => name).filter((name) => fixed[name] === undefined);
  const groups = names.length > 1 ? [...names.map((name) => [name]), names] : names.map((name) => [name]);
  return groups.flatMap((group) => [1, 2].map((size) => new Map(group.map((name) => [name, size]))));
}

/** The symbols with one trace more. */
export function withTrace(symbols: readonly SizeSymbol[], sizes: ReadonlyMap<string, number>): SizeSymbol[] {
  return symbols.map((symbol) => ({
    ...symbol,
    sizes: [...symbol.sizes, sizes.get(symbol.name) ?? (symbol.sizes[0] as number)],
  }));
}

/** The shape of an input in one trace. */
export function shapeIn(trace: number, shape: InputShape, symbols: readonly SizeSymbol[]): number[] {
  return shape.map((extent) =>
    typeof extent === 'number' ? extent : (symbols.find(({ name }) => name === extent)?.sizes[trace] ?? 0),
  );
}
