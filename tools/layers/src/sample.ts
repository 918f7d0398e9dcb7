/** A layer as all measurements see it: how a small one is made, and what it is given. */
import { tensor, type Tensor } from '../../../packages/tensor/src/index.ts';
import type { AnyModule } from '../../../packages/layers/src/index.ts';
import { input } from '../../../packages/autograd/test/support/finite-differences.ts';

/** Extents; a name stands for one that is free (batch, sequence, nodes), and is another one at every measurement. */
export type Shape = readonly (number | string)[];
/** Extents by the names in shapes. */
export type Sizes = Readonly<Record<string, number>>;

/** An argument of `forward`. */
export interface Given {
  readonly shape: Shape;
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly make: (shape: readonly number[], seed: number, sizes: Sizes) => Tensor;
}

export interface Sample {
  readonly make: () => AnyModule;
  readonly inputs: readonly Given[];
  /** The axis of the first input that counts features, of which the layer takes one number alone; 'any' of layers that take any. */
  readonly features: number | 'any';
  /** Default: `forward` of the inputs. */
  readonly call?: (layer: never, ...inputs: Tensor[]) => unknown;
  /** For the names in shapes, in the place of those that are chosen for all. */
  readonly sizes?: readonly [Sizes, Sizes];
  /** What it does is drawn also where it does not train, or cannot be written to a file: why there is none. */
  readonly noFile?: string;
  /** While training it computes with what it changes itself and gradients take as constant: why derivatives are compared in evaluation mode alone. */
  readonly movesItself?: string;
  /** Its gradients are those of a rule, and no derivatives: which rule. */
  readonly byRule?: string;
}

interface Numbers {
  readonly low?: number;
  readonly high?: number;
  /** Points (kinks, poles) from which all numbers keep a distance. */
  readonly away?: readonly number[];
}

/** Floats without pattern, in −1.5 … 1.5, none near 0. */
export const x = (shape: Shape, numbers: Numbers = {}): Given => ({
  shape,
  dtype: 'float32',
  make: (extents, seed) => {
    const { values } = input(extents, { ...numbers, seed });
    return tensor(Float32Array.from(values), { shape: extents });
  },
});

/** Whole numbers without pattern, from 0 to below `count`, which may be a name of a size. */
export const ids = (shape: Shape, count: number | string): Given => ({
  shape,
  dtype: 'int32',
  make: (extents, seed, sizes) => {
    const below = typeof count === 'number' ? count : (sizes[count] ?? 1);
    const size = extents.reduce((a, b) => a * b, 1);
    const values = Int32Array.from({ length: size }, (_, i) => (i * i * 3 + i * (seed + 4) + seed) % below);
    return tensor(values, { shape: extents, dtype: 'int32' });
  },
});

/** True and false without pattern, true in the first place of each row. */
export const mask = (shape: Shape): Given => ({
  shape,
  dtype: 'bool',
  make: (extents) => {
    const size = extents.reduce((a, b) => a * b, 1);
    const width = extents.at(-1) ?? 1;
    const values = Int32Array.from({ length: size }, (_, i) => (i % width === 0 || (i * i + i) % 3 > 0 ? 1 : 0));
    return tensor(values, { shape: extents, dtype: 'bool' });
  },
});

/** A layer with the axis of its first input that counts its features. */
export const of = (
  make: () => AnyModule,
  inputs: readonly Given[],
  features: Sample['features'],
  more: Pick<Sample, 'call' | 'sizes' | 'noFile' | 'movesItself' | 'byRule'> = {},
): readonly Sample[] => [{ make, inputs, features, ...more }];

/** Several configurations of one layer. */
export const ways = (...all: readonly (readonly Sample[])[]): readonly Sample[] => all.flat();

/** Sizes of the names in a sample's shapes, at two measurements. */
export function sizesOf({ inputs, sizes }: Sample, which: 0 | 1): Sizes {
  const names = [...new Set(inputs.flatMap(({ shape }) => shape))].filter((extent) => typeof extent === 'string');
  const chosen = Object.fromEntries(names.map((name, i) => [name, which === 0 ? 2 + i : 5 + 2 * i]));
  return { ...chosen, ...sizes?.[which] };
}

export const extentsOf = (shape: Shape, sizes: Sizes): number[] =>
  shape.map((extent) => (typeof extent === 'number' ? extent : (sizes[extent] ?? NaN)));

/** The inputs of a sample. */
export function inputsOf(sample: Sample, which: 0 | 1 = 0): Tensor[] {
  const sizes = sizesOf(sample, which);
  return sample.inputs.map(({ shape, make }, i) => make(extentsOf(shape, sizes), i + 1, sizes));
}
