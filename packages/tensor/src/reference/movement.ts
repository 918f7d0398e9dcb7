/** Primitives that move elements, and those that make them from nothing. */
import { distributions } from '../graph/distributions.ts';
import { roundedNumbers } from '../graph/rounded.ts';
import { randomUniform } from '../graph/threefry.ts';
import { stridesOf, type TensorType, isInteger } from '../graph/types.ts';
import type { Attributes } from '../graph/attributes.ts';
import { gather, inputAt, scatter, stridedPositions, type Rule, type Value } from './value.ts';

function transpose(inputs: readonly Value[], { permutation }: Attributes['transpose'], type: TensorType): Float64Array {
  const x = inputAt(inputs, 0);
  const strides = stridesOf(x.type.shape);
  return gather(
    x.data,
    type.shape,
    permutation.map((axis) => strides[axis] ?? 0),
    0,
  );
}

function broadcast(inputs: readonly Value[], _: Attributes['broadcast'], type: TensorType): Float64Array {
  const x = inputAt(inputs, 0);
  const strides = stridesOf(x.type.shape);
  const missing = type.shape.length - x.type.shape.length;
  return gather(
    x.data,
    type.shape,
    type.shape.map((_extent, axis) => (x.type.shape[axis - missing] === 1 ? 0 : strides[axis - missing]) ?? 0),
    0,
  );
}

function slice(inputs: readonly Value[], { starts, steps }: Attributes['slice'], type: TensorType): Float64Array {
  const x = inputAt(inputs, 0);
  const strides = stridesOf(x.type.shape);
  const offset = strides.reduce((sum, stride, axis) => sum + stride * (starts[axis] ?? 0), 0);
  return gather(
    x.data,
    type.shape,
    strides.map((stride, axis) => stride * (steps[axis] ?? 1)),
    offset,
  );
}

function pad(inputs: readonly Value[], { low, interior, value }: Attributes['pad'], type: TensorType): Float64Array {
  const x = inputAt(inputs, 0);
  const strides = stridesOf(type.shape);
  const offset = strides.reduce((sum, stride, axis) => sum + stride * (low[axis] ?? 0), 0);
  const result = new Float64Array(type.size).fill(value);
  scatter(
    result,
    x.data,
    x.type.shape,
    strides.map((stride, axis) => stride * (1 + (interior[axis] ?? 0))),
    offset,
  );
  return result;
}

function flip(inputs: readonly Value[], { axes }: Attributes['flip'], type: TensorType): Float64Array {
  const x = inputAt(inputs, 0);
  const strides = stridesOf(type.shape);
  const offset = axes.reduce((sum, axis) => sum + (strides[axis] ?? 0) * ((type.shape[axis] ?? 1) - 1), 0);
  return gather(
    x.data,
    type.shape,
    strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    offset,
  );
}

function concat(inputs: readonly Value[], { axis }: Attributes['concat'], type: TensorType): Float64Array {
  const strides = stridesOf(type.shape);
  const result = new Float64Array(type.size);
  let start = 0;
  for (const { data, type: part } of inputs) {
    scatter(result, data, part.shape, strides, start * (strides[axis] ?? 0));
    start += part.shape[axis] ?? 0;
  }
  return result;
}

/** For every element of the windowed tensor [..., O, K] the position in the plain one, [..., S]. */
function windowPositions(
  plain: readonly number[],
  windowed: readonly number[],
  { kernel, stride, dilation }: Attributes['unfold'],
): Int32Array {
  const strides = stridesOf(plain);
  const outer = strides.length - kernel.length;
  const spatial = strides.slice(outer);
  const along = [
    ...strides.slice(0, outer),
    ...spatial.map((n, axis) => n * (stride[axis] ?? 1)),
    ...spatial.map((n, axis) => n * (dilation[axis] ?? 1)),
  ];
  return stridedPositions(windowed, along, 0);
}

function unfold(inputs: readonly Value[], attributes: Attributes['unfold'], type: TensorType): Float64Array {
  const x = inputAt(inputs, 0);
  return Float64Array.from(windowPositions(x.type.shape, type.shape, attributes), (position) => x.data[position] ?? 0);
}

function fold(inputs: readonly Value[], attributes: Attributes['fold'], type: TensorType): Float64Array {
  const x = inputAt(inputs, 0);
  const result = new Float64Array(type.size);
  windowPositions(type.shape, x.type.shape, attributes).forEach((position, i) => {
    const sum = (result[position] ?? 0) + (x.data[i] ?? 0);
    result[position] = isInteger(type.dtype) ? sum | 0 : sum;
  });
  return result;
}

function iota(_: readonly Value[], { axis }: Attributes['iota'], type: TensorType): Float64Array {
  return Float64Array.from(
    stridedPositions(
      type.shape,
      type.shape.map((_extent, i) => (i === axis ? 1 : 0)),
      0,
    ),
  );
}

function random(
  inputs: readonly Value[],
  { distribution, parameters }: Attributes['random'],
  type: TensorType,
): Float64Array {
  const seed = inputAt(inputs, 0).data[0] ?? 0;
  const counter = inputAt(inputs, 1).data[0] ?? 0;
  const formula = distributions[distribution];
  return new Float64Array(type.size).map((_, i) =>
    formula(
      (position) => randomUniform(seed, counter + (position >> 1), i, position % 2 === 0 ? 0 : 1),
      parameters,
      roundedNumbers,
    ),
  );
}

const unbound = (): Float64Array => {
  throw new Error('internal: a leaf was not bound');
};

type MovementPrimitive =
  'reshape' | 'transpose' | 'broadcast' | 'slice' | 'pad' | 'flip' | 'concat' | 'unfold' | 'fold';
type SourcePrimitive = 'buffer' | 'argument' | 'scalar' | 'constant' | 'iota' | 'random';

export const movementRules: { readonly [P in MovementPrimitive]: Rule<P> } = {
  reshape: (inputs) => inputAt(inputs, 0).data,
  transpose,
  broadcast,
  slice,
  pad,
  flip,
  concat,
  unfold,
  fold,
};

export const sourceRules: { readonly [P in SourcePrimitive]: Rule<P> } = {
  buffer: unbound,
  argument: unbound,
  scalar: unbound,
  constant: (_, { value }, type) => new Float64Array(type.size).fill(value),
  iota,
  random,
};
