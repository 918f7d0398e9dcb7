/** Elements that are on the host, also under other shapes: what a check of values can look at without computing anything. */
import { isOp, type Node } from '../graph/node.ts';
import { sizeOf, stridesOf, type TensorType } from '../graph/types.ts';
import type { HostArray } from './backend.ts';
import type { Storage } from './storage.ts';

/** A tensor as elements of another one: a part of it, in another order, repeated or as integers. */
export interface HostView {
  /** What holds the elements: data, or the argument of a function that is being recorded. */
  readonly leaf: Node;
  /** What was done to it, in order. */
  readonly steps: readonly Node[];
}

/** Whether the elements of a node are those of its one input, with the same numbers (fractions apart). */
function isView(node: Node): boolean {
  if (isOp(node, 'cast')) {
    const from = node.inputs[0]?.type.dtype;
    return node.type.dtype === from || (node.type.dtype === 'int32' && from !== 'float16');
  }
  return ['reshape', 'broadcast', 'transpose', 'slice', 'flip', 'detach'].includes(node.op);
}

/** What a node is a view of. */
export function viewOf(node: Node): HostView {
  const steps: Node[] = [];
  let leaf = node;
  while (leaf.storage === undefined && leaf.cell === undefined && isView(leaf)) {
    steps.unshift(leaf);
    leaf = leaf.inputs[0] as Node;
  }
  return { leaf, steps };
}

/** A view of what is itself a view. */
export function viewThrough(given: HostView, { steps }: HostView): HostView {
  return { leaf: given.leaf, steps: [...given.steps, ...steps] };
}

/** The elements that a view is of, where they are on the host. */
export function hostOf({ leaf }: HostView): HostArray | undefined {
  if (leaf.type.dtype === 'float16') return undefined;
  return (leaf.storage as Storage | undefined)?.host;
}

/** The type of a view's elements. */
export function typeOf({ leaf, steps }: HostView): TensorType {
  return (steps.at(-1) ?? leaf).type;
}

/** For each element of a view, in row-major order, where it stands among those that it is of. */
export function placesOf({ leaf, steps }: HostView): Int32Array {
  let places = Int32Array.from({ length: leaf.type.size }, (_, i) => i);
  let shape = leaf.type.shape;
  for (const step of steps) {
    const from = stridesAlong(step, shape);
    if (from !== undefined) places = from.positions.map((position) => places[position] as number);
    shape = step.type.shape;
  }
  return places;
}

/** Where a step reads each of its elements; undefined where it keeps their order. */
function stridesAlong(step: Node, before: readonly number[]): { positions: Int32Array } | undefined {
  const { shape } = step.type;
  const strides = stridesOf(before);
  let offset = 0;
  let along: readonly number[];
  if (isOp(step, 'transpose')) along = step.attributes.permutation.map((axis) => strides[axis] ?? 0);
  else if (isOp(step, 'broadcast')) {
    const missing = shape.length - before.length;
    along = shape.map((_, axis) => (before[axis - missing] === 1 ? 0 : (strides[axis - missing] ?? 0)));
  } else if (isOp(step, 'slice')) {
    const { starts, steps } = step.attributes;
    offset = strides.reduce((sum, stride, axis) => sum + stride * (starts[axis] ?? 0), 0);
    along = strides.map((stride, axis) => stride * (steps[axis] ?? 1));
  } else if (isOp(step, 'flip')) {
    const { axes } = step.attributes;
    offset = axes.reduce((sum, axis) => sum + (strides[axis] ?? 0) * ((shape[axis] ?? 1) - 1), 0);
    along = strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride));
  } else return undefined;
  const positions = new Int32Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, position = offset; i < positions.length; i++) {
    positions[i] = position;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      position += along[axis] as number;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      position -= (along[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return { positions };
}
