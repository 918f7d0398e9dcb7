/** Reductions, matrix products and convolutions as the loops of their definitions. */
import type { Attributes, ConvolutionAttributes } from '../graph/attributes.ts';
import { sizeOf, stridesOf, type TensorType, isInteger } from '../graph/types.ts';
import { gather, inputAt, type Rule, type Value } from './value.ts';

/** Reduces each row of `axes`, in row-major order of what is kept. */
function reduceRows(
  { data, type }: Value,
  axes: readonly number[],
  reduceRow: (row: Float64Array) => number,
): Float64Array {
  const all = type.shape.map((_, axis) => axis);
  const order = [...all.filter((axis) => !axes.includes(axis)), ...axes];
  const strides = stridesOf(type.shape);
  const sorted = gather(
    data,
    order.map((axis) => type.shape[axis] ?? 1),
    order.map((axis) => strides[axis] ?? 0),
    0,
  );
  const length = sizeOf(axes.map((axis) => type.shape[axis] ?? 1));
  const rows = sizeOf(all.filter((axis) => !axes.includes(axis)).map((axis) => type.shape[axis] ?? 1));
  return new Float64Array(rows).map((_, row) => reduceRow(sorted.subarray(row * length, (row + 1) * length)));
}

const sumFloats = (row: Float64Array): number => row.reduce((a, b) => a + b, 0);
const sumIntegers = (row: Float64Array): number => row.reduce((a, b) => (a + b) | 0, 0);
const prodFloats = (row: Float64Array): number => row.reduce((a, b) => a * b, 1);
const prodIntegers = (row: Float64Array): number => row.reduce((a, b) => Math.imul(a, b), 1);
// Math.max and Math.min give NaN where any operand is.
const maxOf = (row: Float64Array): number => row.reduce((a, b) => Math.max(a, b), -Infinity);
const minOf = (row: Float64Array): number => row.reduce((a, b) => Math.min(a, b), Infinity);

/** The first NaN, or else the first maximum. */
function argmaxOf(row: Float64Array): number {
  const largest = maxOf(row);
  return Number.isNaN(largest) ? row.findIndex(Number.isNaN) : row.indexOf(largest);
}

function dot(inputs: readonly Value[], _: Attributes['dot'], type: TensorType): Float64Array {
  const a = inputAt(inputs, 0);
  const b = inputAt(inputs, 1);
  const [rows = 1, inner = 1] = a.type.shape.slice(-2);
  const columns = b.type.shape.at(-1) ?? 1;
  return new Float64Array(type.size).map((_zero, position) => {
    const column = position % columns;
    const row = Math.floor(position / columns);
    const batch = Math.floor(row / rows);
    let sum = 0;
    for (let k = 0; k < inner; k++)
      sum += (a.data[row * inner + k] ?? 0) * (b.data[(batch * inner + k) * columns + column] ?? 0);
    return sum;
  });
}

/** All triples (input, kernel, output) of spatial positions that meet in a convolution; padding meets nothing. */
function spatialTriples(
  input: readonly number[],
  kernel: readonly number[],
  output: readonly number[],
  { stride, dilation, paddingLow }: ConvolutionAttributes,
): [number, number, number][] {
  let triples: [number, number, number][] = [[0, 0, 0]];
  input.forEach((size, axis) => {
    const extentOfKernel = kernel[axis] ?? 1;
    const extentOfOutput = output[axis] ?? 1;
    const next: typeof triples = [];
    for (const [i, k, o] of triples) {
      for (let y = 0; y < extentOfOutput; y++) {
        for (let tap = 0; tap < extentOfKernel; tap++) {
          const x = y * (stride[axis] ?? 1) + tap * (dilation[axis] ?? 1) - (paddingLow[axis] ?? 0);
          if (x >= 0 && x < size) next.push([i * size + x, k * extentOfKernel + tap, o * extentOfOutput + y]);
        }
      }
    }
    triples = next;
  });
  return triples;
}

/** Calls `visit` for every product x · w that a convolution adds to y, with the positions of the three. */
function forEachProduct(
  x: readonly number[],
  w: readonly number[],
  y: readonly number[],
  attributes: ConvolutionAttributes,
  visit: (x: number, w: number, y: number) => void,
): void {
  const [batches = 1, inChannels = 1, ...input] = x;
  const [outChannels = 1, groupChannels = 1, ...kernel] = w;
  const output = y.slice(2);
  const triples = spatialTriples(input, kernel, output, attributes);
  const [inputSize, kernelSize, outputSize] = [sizeOf(input), sizeOf(kernel), sizeOf(output)];
  for (let n = 0; n < batches; n++) {
    for (let o = 0; o < outChannels; o++) {
      const group = Math.floor(o / (outChannels / attributes.groups));
      for (let c = 0; c < groupChannels; c++) {
        const inputStart = (n * inChannels + group * groupChannels + c) * inputSize;
        const kernelStart = (o * groupChannels + c) * kernelSize;
        const outputStart = (n * outChannels + o) * outputSize;
        for (const [i, k, j] of triples) visit(inputStart + i, kernelStart + k, outputStart + j);
      }
    }
  }
}

function conv(inputs: readonly Value[], attributes: Attributes['conv'], type: TensorType): Float64Array {
  const x = inputAt(inputs, 0);
  const w = inputAt(inputs, 1);
  const y = new Float64Array(type.size);
  forEachProduct(x.type.shape, w.type.shape, type.shape, attributes, (i, k, o) => {
    y[o] = (y[o] ?? 0) + (x.data[i] ?? 0) * (w.data[k] ?? 0);
  });
  return y;
}

function convInputGradient(
  inputs: readonly Value[],
  attributes: Attributes['convInputGradient'],
  type: TensorType,
): Float64Array {
  const dy = inputAt(inputs, 0);
  const w = inputAt(inputs, 1);
  const dx = new Float64Array(type.size);
  forEachProduct(type.shape, w.type.shape, dy.type.shape, attributes, (i, k, o) => {
    dx[i] = (dx[i] ?? 0) + (dy.data[o] ?? 0) * (w.data[k] ?? 0);
  });
  return dx;
}

function convWeightGradient(
  inputs: readonly Value[],
  attributes: Attributes['convWeightGradient'],
  type: TensorType,
): Float64Array {
  const x = inputAt(inputs, 0);
  const dy = inputAt(inputs, 1);
  const dw = new Float64Array(type.size);
  forEachProduct(x.type.shape, type.shape, dy.type.shape, attributes, (i, k, o) => {
    dw[k] = (dw[k] ?? 0) + (x.data[i] ?? 0) * (dy.data[o] ?? 0);
  });
  return dw;
}

type ContractionPrimitive =
  'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'dot' | 'conv' | 'convInputGradient' | 'convWeightGradient';

export const contractionRules: { readonly [P in ContractionPrimitive]: Rule<P> } = {
  sum: (inputs, { axes }, type) =>
    reduceRows(inputAt(inputs, 0), axes, isInteger(type.dtype) ? sumIntegers : sumFloats),
  prod: (inputs, { axes }, type) =>
    reduceRows(inputAt(inputs, 0), axes, isInteger(type.dtype) ? prodIntegers : prodFloats),
  max: (inputs, { axes }) => reduceRows(inputAt(inputs, 0), axes, maxOf),
  min: (inputs, { axes }) => reduceRows(inputAt(inputs, 0), axes, minOf),
  argmax: (inputs, { axis }) => reduceRows(inputAt(inputs, 0), [axis], argmaxOf),
  dot,
  conv,
  convInputGradient,
  convWeightGradient,
};
