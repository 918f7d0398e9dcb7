/** An operation as all measurements see it: functions of float32 tensors, and what numbers they are given. */
import { tensor, type Tensor } from '../../../packages/tensor/src/index.ts';

/** Numbers that an operation is asked about: without pattern, in low … high. */
export interface Range {
  readonly shape: readonly number[];
  readonly low: number;
  readonly high: number;
  /** Points (kinks, poles) from which all numbers keep a distance. */
  readonly away: readonly number[];
}

export type Results = Tensor | readonly Tensor[] | { readonly [name: string]: Tensor };

export interface Sample {
  /** Other arguments than float32 tensors stand in it. */
  readonly f: (...inputs: Tensor[]) => Results | Promise<Results>;
  readonly inputs: readonly Range[];
}

export interface Operation {
  readonly samples: readonly Sample[];
  /** Of one or two numbers, element by element: it is measured in units of the last place, over every exponent of float32 from … to. */
  readonly everywhere?: { readonly f: (...inputs: Tensor[]) => Tensor; readonly from: number; readonly to: number };
  /** Floats are made of whole numbers in it: asking for a derivative is an error that says so. */
  readonly selects?: true;
  /** Draws: the numbers are compared, and there is nothing to derive or to map. */
  readonly draws?: true;
}

interface Limits {
  readonly low?: number;
  readonly high?: number;
  readonly away?: readonly number[];
}

export const x = (shape: readonly number[], { low = -1.5, high = 1.5, away = [0] }: Limits = {}): Range => ({
  shape,
  low,
  high,
  away,
});

/** Of inputs of these shapes. */
export const of = (f: Sample['f'], ...inputs: readonly (Range | readonly number[])[]): Operation => ({
  samples: [{ f, inputs: inputs.map((input) => ('shape' in input ? input : x(input))) }],
});

/** Several ways to call one operation. */
export const ways = (...all: readonly Operation[]): Operation => ({ samples: all.flatMap(({ samples }) => samples) });

/** Whose results are floats made of whole numbers. */
export const selecting = (operation: Operation): Operation => ({ ...operation, selects: true });

interface Domain extends Limits {
  /** Of the numbers for which its error is measured. */
  readonly from?: number;
  readonly to?: number;
}

/** Of one number, element by element. */
export const unary = (
  f: (x: Tensor) => Tensor,
  { from = -Infinity, to = Infinity, ...limits }: Domain = {},
): Operation => ({
  samples: [
    { f, inputs: [x([2, 3], limits)] },
    { f, inputs: [x([], limits)] },
  ],
  everywhere: { f, from, to },
});

/** Of two numbers, element by element, with broadcasting. */
export const binary = (f: (a: Tensor, b: Tensor) => Tensor, left: Limits = {}, right: Limits = {}): Operation => ({
  samples: [
    { f, inputs: [x([2, 3], left), x([2, 3], right)] },
    { f, inputs: [x([2, 1], left), x([3], right)] },
  ],
  everywhere: { f, from: -Infinity, to: Infinity },
});

/** Whole numbers from `low` on, `extent` of them, without pattern. */
export function whole(shape: readonly number[], low: number, extent: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Int32Array.from({ length: size }, (_, i) => low + ((i * i + 3 * i + 1) % extent));
  return tensor(values, { shape });
}

/** True and false without pattern. */
export const mask = (shape: readonly number[]): Tensor => whole(shape, 0, 3).greater(0);

/** int32 from float32, in ±`scale` times as much. */
export const integer = (a: Tensor, scale = 2): Tensor => a.mul(scale).round().to('int32');
