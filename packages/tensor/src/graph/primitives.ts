/**
 * The primitive table: for every primitive its shape and dtype inference, and which of its attributes (`attributes.ts`) enter a
 * plan's key. Every walker (gradients, reference interpreter, lowering, ONNX) is an exhaustive record over these names,
 * so that a forgotten rule does not compile.
 */
import type { Attributes, ConvolutionAttributes, Primitive } from './attributes.ts';
import {
  binaryPrimitives,
  unaryPrimitives,
  type BinaryPrimitive,
  type ElementwiseTraits,
  type UnaryPrimitive,
} from './elementwise.ts';
import { DTypeError, ShapeError } from './errors.ts';
import { dtypes, formatType, sameShape, tensorType, type DType, type TensorType } from './types.ts';

type Infer<P extends Primitive> = (inputs: readonly TensorType[], attributes: Attributes[P]) => TensorType;

interface PrimitiveSpec<P extends Primitive> {
  readonly arity: number;
  readonly infer: Infer<P>;
  /** The attributes that are not already in the output type. */
  readonly says: readonly (keyof Attributes[P])[];
}

function at(inputs: readonly TensorType[], position: number): TensorType {
  const type = inputs[position];
  if (type === undefined) throw new ShapeError(`internal: input ${position} is missing`);
  return type;
}

function requireDType(op: string, type: TensorType, allowed: readonly DType[]): void {
  if (allowed.includes(type.dtype)) return;
  throw new DTypeError(`[${op}] takes ${allowed.join(' or ')}, not ${formatType(type)}.`, {
    hint: `Convert with .to('${allowed[0] ?? 'float32'}').`,
  });
}

/** Throws unless the index is one of `x` along the axis. */
function requireIndex(op: string, x: TensorType, positions: TensorType, axis: number): void {
  requireDType(op, positions, index);
  const { shape } = positions;
  const fits = shape.length === x.shape.length && x.shape.every((n, i) => i === axis || n === shape[i]);
  if (!fits) {
    throw new ShapeError(
      `[${op}] takes an index of the tensor's rank and of its extents but along axis ${axis}, not ${formatType(positions)} for ${formatType(x)}.`,
    );
  }
}

/** Throws unless both are numbers of one floating dtype. */
function requireFactors(op: string, a: TensorType, b: TensorType): void {
  requireDType(op, a, float);
  requireDType(op, b, [a.dtype]);
}

const index: readonly DType[] = ['int32'];
const float: readonly DType[] = ['float32', 'float16'];
const integer: readonly DType[] = ['int32', 'uint8'];
const numeric: readonly DType[] = [...float, ...integer];
const boolean: readonly DType[] = ['bool'];
const accepted: Readonly<Record<ElementwiseTraits['takes'], readonly DType[]>> = {
  any: dtypes,
  number: numeric,
  float,
  int: integer,
  bits: [...integer, 'bool'],
};

/** The specifications of all primitives of one operand or of two, from their traits. */
function elementwise<P extends UnaryPrimitive | BinaryPrimitive>(
  table: Readonly<Record<P, ElementwiseTraits>>,
  specify: (op: P, traits: ElementwiseTraits) => PrimitiveSpec<P>,
): Readonly<Record<P, PrimitiveSpec<P>>> {
  const names = Object.keys(table) as P[];
  return Object.fromEntries(names.map((op) => [op, specify(op, table[op])])) as Record<P, PrimitiveSpec<P>>;
}

function unary<P extends UnaryPrimitive>(op: P, { takes }: ElementwiseTraits): PrimitiveSpec<P> {
  return {
    arity: 1,
    infer: (inputs) => {
      const x = at(inputs, 0);
      requireDType(op, x, accepted[takes]);
      return x;
    },
    says: [],
  };
}

function binary<P extends BinaryPrimitive>(op: P, { takes, gives }: ElementwiseTraits): PrimitiveSpec<P> {
  return {
    arity: 2,
    infer: (inputs) => {
      const a = at(inputs, 0);
      const b = at(inputs, 1);
      requireDType(op, a, accepted[takes]);
      if (a !== b)
        throw new ShapeError(`[${op}] takes two operands of one type, not ${formatType(a)} and ${formatType(b)}.`);
      return gives === undefined ? a : tensorType(gives, a.shape);
    },
    says: [],
  };
}

function reduction<P extends 'sum' | 'prod' | 'max' | 'min'>(op: P): PrimitiveSpec<P> {
  return {
    arity: 1,
    infer: (inputs, { axes }) => {
      const x = at(inputs, 0);
      requireDType(op, x, numeric);
      if ((op === 'max' || op === 'min') && axes.some((axis) => x.shape[axis] === 0)) {
        throw new ShapeError(`[${op}] of an empty axis has no value: ${formatType(x)} over axes [${axes.join(', ')}].`);
      }
      return tensorType(
        x.dtype,
        x.shape.filter((_, axis) => !axes.includes(axis)),
      );
    },
    says: ['axes'],
  };
}

/** Number of window positions along one axis. */
export function windowCount(size: number, kernel: number, stride: number, dilation: number): number {
  return Math.floor((size - dilation * (kernel - 1) - 1) / stride) + 1;
}

const ofConvolution = ['stride', 'dilation', 'paddingLow', 'paddingHigh', 'groups'] as const;

/** Spatial extents of a convolution's output. */
export function convolutionOutputSize(
  input: readonly number[],
  kernel: readonly number[],
  { stride, dilation, paddingLow, paddingHigh }: ConvolutionAttributes,
): number[] {
  return input.map((size, axis) =>
    windowCount(
      size + (paddingLow[axis] ?? 0) + (paddingHigh[axis] ?? 0),
      kernel[axis] ?? 1,
      stride[axis] ?? 1,
      dilation[axis] ?? 1,
    ),
  );
}

export const primitives: { readonly [P in Primitive]: PrimitiveSpec<P> } = {
  buffer: { arity: 0, infer: (_, a) => tensorType(a.dtype, a.shape), says: [] },
  argument: { arity: 0, infer: (_, a) => tensorType(a.dtype, a.shape), says: [] },
  scalar: { arity: 0, infer: (_, a) => tensorType(a.dtype, []), says: [] },
  constant: {
    arity: 0,
    infer: (_, a) => tensorType(a.dtype, a.shape),
    says: ['value'],
  },
  iota: { arity: 0, infer: (_, a) => tensorType('int32', a.shape), says: ['axis'] },
  random: {
    arity: 2,
    infer: (_, a) => tensorType('float32', a.shape),
    says: ['distribution', 'parameters'],
  },

  ...elementwise(unaryPrimitives, unary),
  cast: {
    arity: 1,
    infer: (inputs, { dtype }) => tensorType(dtype, at(inputs, 0).shape),
    says: ['dtype'],
  },
  bitcast: {
    arity: 1,
    infer: (inputs, { dtype }) => {
      const x = at(inputs, 0);
      requireDType('bitcast', x, ['float32', 'int32']);
      return tensorType(dtype, x.shape);
    },
    says: [],
  },
  detach: { arity: 1, infer: (inputs) => at(inputs, 0), says: [] },

  ...elementwise(binaryPrimitives, binary),
  where: {
    arity: 3,
    infer: (inputs) => {
      const condition = at(inputs, 0);
      const a = at(inputs, 1);
      const b = at(inputs, 2);
      requireDType('where', condition, boolean);
      if (a !== b || !sameShape(a.shape, condition.shape)) {
        throw new ShapeError(
          `[where] takes a condition and two values of one shape, not ${[condition, a, b].map(formatType).join(', ')}.`,
        );
      }
      return a;
    },
    says: [],
  },

  reshape: { arity: 1, infer: (inputs, { shape }) => tensorType(at(inputs, 0).dtype, shape), says: [] },
  transpose: {
    arity: 1,
    infer: (inputs, { permutation }) => {
      const x = at(inputs, 0);
      return tensorType(
        x.dtype,
        permutation.map((axis) => x.shape[axis] ?? 1),
      );
    },
    says: ['permutation'],
  },
  broadcast: { arity: 1, infer: (inputs, { shape }) => tensorType(at(inputs, 0).dtype, shape), says: [] },
  slice: {
    arity: 1,
    infer: (inputs, { shape }) => tensorType(at(inputs, 0).dtype, shape),
    says: ['starts', 'steps'],
  },
  pad: {
    arity: 1,
    infer: (inputs, { low, high, interior }) => {
      const x = at(inputs, 0);
      return tensorType(
        x.dtype,
        x.shape.map((n, axis) => n + (low[axis] ?? 0) + (high[axis] ?? 0) + Math.max(n - 1, 0) * (interior[axis] ?? 0)),
      );
    },
    says: ['low', 'high', 'interior', 'value'],
  },
  flip: { arity: 1, infer: (inputs) => at(inputs, 0), says: ['axes'] },
  concat: {
    arity: -1,
    infer: (inputs, { axis }) => {
      const first = at(inputs, 0);
      let extent = 0;
      for (const type of inputs) extent += type.shape[axis] ?? 0;
      return tensorType(
        first.dtype,
        first.shape.map((n, i) => (i === axis ? extent : n)),
      );
    },
    says: ['axis'],
  },
  unfold: {
    arity: 1,
    infer: (inputs, { kernel, stride, dilation }) => {
      const x = at(inputs, 0);
      const outer = x.shape.length - kernel.length;
      const counts = kernel.map((k, axis) =>
        windowCount(x.shape[outer + axis] ?? 0, k, stride[axis] ?? 1, dilation[axis] ?? 1),
      );
      if (counts.some((count) => count < 1)) {
        throw new ShapeError(
          `[unfold] a window of [${kernel.join(', ')}] (dilation [${dilation.join(', ')}]) does not fit into ${formatType(x)}.`,
        );
      }
      return tensorType(x.dtype, [...x.shape.slice(0, outer), ...counts, ...kernel]);
    },
    says: ['kernel', 'stride', 'dilation'],
  },
  fold: {
    arity: 1,
    infer: (inputs, { size }) => {
      const x = at(inputs, 0);
      return tensorType(x.dtype, [...x.shape.slice(0, x.shape.length - 2 * size.length), ...size]);
    },
    says: ['kernel', 'stride', 'dilation'],
  },

  gather: {
    arity: 2,
    infer: (inputs, { axis }) => {
      const x = at(inputs, 0);
      const positions = at(inputs, 1);
      requireIndex('gather', x, positions, axis);
      return tensorType(x.dtype, positions.shape);
    },
    says: ['axis', 'outside'],
  },
  scatter: {
    arity: 3,
    infer: (inputs, { axis, combine }) => {
      const base = at(inputs, 0);
      const positions = at(inputs, 1);
      const updates = at(inputs, 2);
      requireIndex('scatter', base, positions, axis);
      if (combine !== 'set') requireDType(`scatter (${combine})`, base, numeric);
      if (updates.dtype !== base.dtype || !sameShape(updates.shape, positions.shape)) {
        throw new ShapeError(
          `[scatter] takes updates of the index's shape and the base's dtype, not ${[base, positions, updates].map(formatType).join(', ')}.`,
        );
      }
      return base;
    },
    says: ['axis', 'combine'],
  },

  sum: reduction('sum'),
  prod: reduction('prod'),
  max: reduction('max'),
  min: reduction('min'),
  argmax: {
    arity: 1,
    infer: (inputs, { axis }) => {
      const x = at(inputs, 0);
      requireDType('argmax', x, numeric);
      if (x.shape[axis] === 0)
        throw new ShapeError(`[argmax] of an empty axis has no value: ${formatType(x)}, axis ${axis}.`);
      return tensorType(
        'int32',
        x.shape.filter((_, i) => i !== axis),
      );
    },
    says: ['axis'],
  },

  cumulative: {
    arity: 1,
    infer: (inputs, { operator }) => {
      const x = at(inputs, 0);
      requireDType(`cumulative ${operator}`, x, operator === 'logSumExp' ? float : numeric);
      return x;
    },
    says: ['axis', 'operator', 'reverse'],
  },

  argSort: {
    arity: 1,
    infer: (inputs) => tensorType('int32', at(inputs, 0).shape),
    says: ['axis', 'descending'],
  },

  dot: {
    arity: 2,
    infer: (inputs) => {
      const a = at(inputs, 0);
      const b = at(inputs, 1);
      requireFactors('dot', a, b);
      const rank = a.shape.length;
      return tensorType(a.dtype, [...a.shape.slice(0, rank - 1), b.shape[rank - 1] ?? 1]);
    },
    says: [],
  },
  conv: {
    arity: 2,
    infer: (inputs, attributes) => {
      const x = at(inputs, 0);
      const w = at(inputs, 1);
      requireFactors('conv', x, w);
      const spatial = convolutionOutputSize(x.shape.slice(2), w.shape.slice(2), attributes);
      return tensorType(x.dtype, [x.shape[0] ?? 1, w.shape[0] ?? 1, ...spatial]);
    },
    says: ofConvolution,
  },
  convInputGradient: {
    arity: 2,
    infer: (inputs, { inputSize, groups }) => {
      const dy = at(inputs, 0);
      const w = at(inputs, 1);
      requireFactors('convInputGradient', dy, w);
      return tensorType(dy.dtype, [dy.shape[0] ?? 1, (w.shape[1] ?? 1) * groups, ...inputSize]);
    },
    says: ofConvolution,
  },
  convWeightGradient: {
    arity: 2,
    infer: (inputs, { kernelSize, groups }) => {
      const x = at(inputs, 0);
      const dy = at(inputs, 1);
      requireFactors('convWeightGradient', x, dy);
      return tensorType(x.dtype, [dy.shape[1] ?? 1, (x.shape[1] ?? 1) / groups, ...kernelSize]);
    },
    says: ofConvolution,
  },

  scan: { arity: -1, infer: (_, { type }) => type, says: ['key'] },
  result: {
    arity: 1,
    infer: (inputs, { index }) => {
      const { parts } = at(inputs, 0);
      return at(parts ?? [], index);
    },
    says: ['index'],
  },

  composite: { arity: -1, infer: (_, { body }) => body.type, says: [] },
};

export const primitiveNames = Object.keys(primitives) as readonly Primitive[];
/** Small integer per primitive, for plan keys. */
export const primitiveCodes = Object.fromEntries(primitiveNames.map((name, code) => [name, code])) as Readonly<
  Record<Primitive, number>
>;
