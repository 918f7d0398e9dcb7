/** Tensors from host data and from rules. Everything but `tensor` is recorded and made on the device. */
import {
  checkOptions,
  describe,
  requireInteger,
  requireNumber,
  wrongArgument,
  type OptionNames,
} from '../arguments/index.ts';
import { ArgumentError, DTypeError, ShapeError } from '../graph/errors.ts';
import { knownAs, makeLeaf, makeNode } from '../graph/node.ts';
import { isInteger, sizeOf, tensorType, type DType } from '../graph/types.ts';
import { hostArrayOf } from '../runtime/host-array.ts';
import { Storage } from '../runtime/storage.ts';
import { noteScalar, valueOfSource } from '../runtime/recording.ts';
import { requireTensor } from '../handle.ts';
import { tensorOf, type NestedArray, type Tensor } from '../tensor.ts';
import { constantNode, requireDType } from './operands.ts';
import { normalizeAxis, requireShape } from './movement.ts';

/** JavaScript's Float16Array, where there is one. */
export interface HalfArray extends ArrayBufferView, ArrayLike<number> {
  readonly [Symbol.toStringTag]: 'Float16Array';
}

/** Typed arrays of numbers. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

export interface TensorOptions {
  /**
   * Default: bool for booleans, int32 for an Int32Array, uint8 for a Uint8Array or Uint8ClampedArray, float16 for a Float16Array, float32 for everything else
   * (integers too, as training wants).
   */
  dtype?: DType;
  /** Default: what the nesting says; [length] for a typed array. */
  shape?: readonly number[];
}

export interface CreationOptions {
  /** Default float32. */
  dtype?: DType;
}

export interface ScalarOptions {
  /** Default float32. */
  dtype?: 'float32' | 'int32';
}

/** What typed arrays become where no dtype is said. */
const naturalDTypes: Readonly<Record<string, DType>> = {
  Int32Array: 'int32',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Float16Array: 'float16',
};

const tensorOptions: OptionNames<TensorOptions> = { dtype: true, shape: true };
const creationOptions: OptionNames<CreationOptions> = { dtype: true };
const scalarOptions: OptionNames<ScalarOptions> = { dtype: true };

/** Axes that nested arrays may have; an array that is part of itself has no end of them. */
const deepest = 64;

type Element = number | boolean;

/**
 * The elements and the shape of nested arrays. Throws {@link ShapeError} naming the place where they are ragged,
 * {@link DTypeError} naming the element that is no number or boolean, or not what the first one is.
 */
function flatten(data: NestedArray<Element>): { flat: readonly Element[]; shape: readonly number[] } {
  const shape: number[] = [];
  for (let level: NestedArray<Element> | undefined = data; Array.isArray(level); level = level[0]) {
    if (shape.push(level.length) > deepest)
      throw new ShapeError(`[tensor] the data is nested more than ${deepest} arrays deep.`, {
        hint: 'Does an array contain itself?',
      });
  }
  const flat: Element[] = [];
  const visit = (value: NestedArray<Element> | undefined, axis: number, path: string): void => {
    const expected = shape[axis];
    if (!Array.isArray(value)) {
      requireElement(value, path, flat[0]);
      if (expected !== undefined)
        throw new ShapeError(
          `[tensor] nested arrays are ragged: data${path} is a number, its neighbours are arrays of ${expected}.`,
        );
      flat.push(value);
      return;
    }
    if (expected === undefined)
      throw new ShapeError(`[tensor] nested arrays are ragged: data${path} is an array, its neighbours are numbers.`);
    if (value.length !== expected) {
      throw new ShapeError(
        `[tensor] nested arrays are ragged: data${path} has ${value.length} elements, data${path.replace(/\d+\]$/, '0]')} has ${expected}.`,
      );
    }
    // By position: forEach and map would skip the holes of a sparse array.
    for (let i = 0; i < value.length; i++) visit(value[i], axis + 1, `${path}[${i}]`);
  };
  visit(data, 0, '');
  return { flat, shape };
}

function requireElement(value: unknown, path: string, first: Element | undefined): asserts value is Element {
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    const hint =
      typeof value === 'bigint' || typeof value === 'string'
        ? 'Convert with Number() first.'
        : ArrayBuffer.isView(value)
          ? 'Copy typed arrays into one, and give its shape: tensor(all, { shape }).'
          : value === undefined
            ? 'Is an argument missing, or does the array have a hole?'
            : 'Data is a number, nested arrays of numbers or of booleans, or a typed array.';
    throw new DTypeError(`[tensor] data${path} is ${describe(value)}, not a number or boolean.`, { hint });
  }
  if (first !== undefined && typeof value !== typeof first)
    throw new DTypeError(
      `[tensor] data${path} is ${value}, a ${typeof value}, the elements before it are ${typeof first}s.`,
      {
        hint: 'Turn all into numbers, or all into booleans.',
      },
    );
}

/** Whether integers of this dtype hold a number as it is. */
function isHeld(value: number, dtype: 'int32' | 'uint8'): boolean {
  return (dtype === 'int32' ? value | 0 : value & 255) === value;
}

/** Throws {@link DTypeError} for the first number that the dtype cannot hold as it is. */
function requireIntegers(data: ArrayLike<Element>, dtype: 'int32' | 'uint8'): void {
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!isHeld(value, dtype)) throw notHeld('tensor', `element ${i}`, value, dtype);
  }
}

function notHeld(op: string, name: string, value: number, dtype: 'int32' | 'uint8'): DTypeError {
  const isFraction = Number.isFinite(value) && !Number.isInteger(value);
  const range = dtype === 'int32' ? 'from −2147483648 to 2147483647' : 'from 0 to 255';
  return new DTypeError(`[${op}] ${name} is ${value}; ${dtype} holds the integers ${range}.`, {
    hint: isFraction
      ? `Round it first, with Math.trunc say, or make a float32 tensor; .to('${dtype}') truncates.`
      : dtype === 'uint8'
        ? "Make an int32 tensor; its .to('uint8') wraps modulo 256."
        : 'Make a float32 tensor, which holds such numbers to 7 digits.',
  });
}

/**
 * A tensor of host data, which is copied: a number, nested arrays, or a typed array with `shape`. Booleans become bool,
 * an Int32Array int32, a Uint8Array (images) uint8, a Float16Array float16, everything else float32 (integers too, as training wants), unless `dtype` says
 * otherwise.
 *
 * Throws {@link ShapeError} for ragged arrays and a shape of another size; {@link DTypeError} for elements that are no
 * numbers, for numbers among booleans, and for numbers that int32 or uint8 cannot hold where that is the dtype (fractions, NaN,
 * 3e9). Numbers that float32 or float16 cannot hold are rounded, large ones to ±∞.
 *
 * ```ts
 * tensor([[1, 2], [3, 4]]).toString(); // 'float32[2,2]'
 * tensor(new Int32Array([3, 1, 2])).toString(); // 'int32[3]'
 * tensor(new Float32Array(784), { shape: [1, 1, 28, 28] }).toString(); // 'float32[1,1,28,28]'
 * ```
 */
export function tensor(
  data: NestedArray<number> | NestedArray<boolean> | TypedArray | HalfArray,
  options: TensorOptions = {},
): Tensor {
  checkOptions('tensor', options, tensorOptions);
  let flat: ArrayLike<Element>;
  let natural: readonly number[];
  let dtype: DType = options.dtype === undefined ? 'float32' : options.dtype;
  if (ArrayBuffer.isView(data)) {
    const view: ArrayBufferView = data;
    if (view instanceof DataView || view instanceof BigInt64Array || view instanceof BigUint64Array) {
      throw new DTypeError(`[tensor] takes typed arrays of numbers, not a ${view.constructor.name}.`);
    }
    flat = data;
    natural = [flat.length];
    if (options.dtype === undefined) dtype = naturalDTypes[data[Symbol.toStringTag]] ?? 'float32';
  } else {
    ({ flat, shape: natural } = flatten(data));
    if (options.dtype === undefined && typeof flat[0] === 'boolean') dtype = 'bool';
  }
  requireDType('tensor', dtype);
  const shape = options.shape === undefined ? natural : options.shape;
  requireShape('tensor', shape);
  if (sizeOf(shape) !== flat.length) {
    throw new ShapeError(
      `[tensor] got ${flat.length} elements for the shape [${shape.join(', ')}], which has ${sizeOf(shape)}.`,
    );
  }
  if (isInteger(dtype) && !(ArrayBuffer.isView(data) && naturalDTypes[data[Symbol.toStringTag]] === dtype))
    requireIntegers(flat, dtype);
  const host = hostArrayOf(dtype, flat as ArrayLike<number>);
  const node = makeLeaf('buffer', tensorType(dtype, shape));
  node.storage = new Storage(host);
  return tensorOf(node);
}

/**
 * `value` everywhere; float32 by default, bool as value ≠ 0.
 *
 * Throws {@link ShapeError} for extents that are no integers ≥ 0, {@link ArgumentError} for a value that is no number,
 * {@link DTypeError} for an unknown dtype and for a value that int32 or uint8 cannot hold where that is the dtype.
 *
 * ```ts
 * await full([2, 2], 7).toArray(); // [[7, 7], [7, 7]]
 * await full([2], 7, { dtype: 'bool' }).toArray(); // [1, 1]
 * ```
 */
export function full(shape: readonly number[], value: number, options: CreationOptions = {}): Tensor {
  return filled('full', shape, value, options);
}

function filled(op: string, shape: readonly number[], value: number, options: CreationOptions): Tensor {
  checkOptions(op, options, creationOptions);
  const { dtype = 'float32' } = options;
  requireDType(op, dtype);
  requireShape(op, shape);
  requireNumber(op, 'value', value);
  if (isInteger(dtype) && !isHeld(value, dtype)) throw notHeld(op, 'value', value, dtype);
  return tensorOf(constantNode(dtype === 'bool' ? Number(value !== 0) : value, dtype, shape));
}

/**
 * 0 everywhere; errors as {@link full}.
 *
 * ```ts
 * await zeros([2]).toArray(); // [0, 0]
 * ```
 */
export function zeros(shape: readonly number[], options: CreationOptions = {}): Tensor {
  return filled('zeros', shape, 0, options);
}
/**
 * 1 everywhere; errors as {@link full}.
 *
 * ```ts
 * await ones([2], { dtype: 'int32' }).toArray(); // [1, 1]
 * ```
 */
export function ones(shape: readonly number[], options: CreationOptions = {}): Tensor {
  return filled('ones', shape, 1, options);
}
/**
 * 0 in the shape and dtype of x.
 *
 * ```ts
 * await zerosLike(tensor([1, 2])).toArray(); // [0, 0]
 * ```
 */
export function zerosLike(x: Tensor): Tensor {
  requireTensor('zerosLike', 'x', x);
  return full(x.shape, 0, { dtype: x.dtype });
}
/**
 * 1 in the shape and dtype of x.
 *
 * ```ts
 * await onesLike(tensor([1, 2])).toArray(); // [1, 1]
 * ```
 */
export function onesLike(x: Tensor): Tensor {
  requireTensor('onesLike', 'x', x);
  return full(x.shape, 1, { dtype: x.dtype });
}

/**
 * At every position its index along `axis`; int32.
 *
 * Throws {@link ShapeError} for extents that are no integers ≥ 0 and for an axis that does not exist.
 *
 * ```ts
 * await iota([2, 3], 1).toArray(); // [[0, 1, 2], [0, 1, 2]]
 * ```
 */
export function iota(shape: readonly number[], axis: number): Tensor {
  requireShape('iota', shape);
  return tensorOf(makeNode('iota', [], { shape, axis: normalizeAxis('iota', axis, shape.length) }));
}

/**
 * start, start + step, … as long as it is below stop (above it, where step < 0); int32. `arange(n)` is 0 … n − 1.
 *
 * Throws {@link ArgumentError} for numbers that are no integers and for a step of 0.
 *
 * ```ts
 * await arange(3).toArray(); // [0, 1, 2]
 * await arange(2, 10, 3).toArray(); // [2, 5, 8]
 * ```
 */
export function arange(start: number, stop?: number, step = 1): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (![from, to, step].every(Number.isInteger) || step === 0) {
    throw new ArgumentError(
      `[arange] takes integers and a step ≠ 0, not ${[from, to, step].map(describe).join(', ')}.`,
      {
        hint: 'For fractions see linspace, or arange(n).mul(step).',
      },
    );
  }
  for (const value of [from, to, step]) if ((value | 0) !== value) throw notHeld('arange', 'a bound', value, 'int32');
  return iota([Math.max(0, Math.ceil((to - from) / step))], 0)
    .mul(step)
    .add(from);
}

/**
 * The identity matrix [n, m], m = n by default; float32.
 *
 * ```ts
 * await eye(2).toArray(); // [[1, 0], [0, 1]]
 * ```
 */
export function eye(n: number, m: number = n): Tensor {
  requireInteger('eye', 'n', n, 0);
  requireInteger('eye', 'm', m, 0);
  return iota([n, m], 0)
    .equal(iota([n, m], 1))
    .to('float32');
}

/**
 * 1 where the class equals the label, else 0: int32[...] → float32[..., classes]. A label outside 0 … classes − 1 gives
 * zeros.
 *
 * ```ts
 * await oneHot(tensor([2, 0]), 3).toArray(); // [[0, 0, 1], [1, 0, 0]]
 * ```
 */
export function oneHot(labels: Tensor, classes: number): Tensor {
  requireTensor('oneHot', 'labels', labels);
  requireInteger('oneHot', 'classes', classes, 0);
  return knownAs('oneHot', () =>
    iota([...labels.shape, classes], -1)
      .equal(labels.to('int32').unsqueeze(-1))
      .to('float32'),
  );
}

/**
 * A number, float32[] by default, that may change from step to step (a learning rate, a step count) without making a
 * new plan. Inside a compiled function a `source` is asked again at every call, in the order in which the scalars were
 * recorded; it may count calls.
 *
 * ```ts
 * let rate = 0.5;
 * const scaled = compile((x: Tensor) => x.mul(scalar(() => rate)));
 * await scaled(tensor([4])).toArray(); // [2]
 * rate = 0.25;
 * await scaled(tensor([4])).toArray(); // [1]
 * ```
 */
export function scalar(source: number | (() => number), options: ScalarOptions = {}): Tensor {
  checkOptions('scalar', options, scalarOptions);
  const { dtype = 'float32' } = options;
  if (dtype !== 'float32' && dtype !== 'int32')
    throw new DTypeError(`[scalar] a scalar is float32 or int32, not ${describe(dtype)}.`);
  if (typeof source !== 'number' && typeof source !== 'function')
    throw wrongArgument('scalar', 'the source', 'a number or a function that returns one', source);
  const checked = typeof source === 'number' ? undefined : () => checkScalar(source(), dtype);
  const value = checked === undefined ? checkScalar(source, dtype) : valueOfSource(checked);
  const node = makeNode('scalar', [], { dtype, value, source: checked });
  noteScalar(node);
  return tensorOf(node);
}

function checkScalar(value: unknown, dtype: 'float32' | 'int32'): number {
  if (typeof value !== 'number')
    throw wrongArgument('scalar', 'the source', 'a number or a function that returns one', value);
  if (dtype === 'int32' && (value | 0) !== value) throw notHeld('scalar', 'the value', value, 'int32');
  return value;
}
