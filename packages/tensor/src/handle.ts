/**
 * What this package knows of tensors without their methods: that they are tensors, and their nodes. The class (tensor.ts) stands above
 * the operations that its methods call, and introduces itself here, so that no import goes in a circle.
 */
import { describe } from './arguments/index.ts';
import { ArgumentError } from './graph/errors.ts';
import { makeNode, type Node } from './graph/node.ts';
import type { TensorCell } from './runtime/cell.ts';
import type { Operand, Tensor } from './tensor.ts';

interface Tensors {
  make(node: Node, cell: TensorCell | undefined): Tensor;
  isTensor(value: unknown): value is Tensor;
  nodeOf(tensor: Tensor): Node;
  replaceNode(tensor: Tensor, node: Node): void;
  cellOf(tensor: Tensor): TensorCell | undefined;
}

/** Undefined until tensor.ts is loaded: whatever makes the first tensor of a program imports it. */
let tensors: Tensors | undefined;

/** Called by the class itself. */
export function introduceTensors(methods: Tensors): void {
  tensors = methods;
}

function known(): Tensors {
  if (tensors === undefined) throw new Error('No tensor was made yet: import tensor.ts where the first one is.');
  return tensors;
}

/** A handle to a node, for what has other tensors at hand; the first tensors of a program come from `tensorOf` in tensor.ts. */
export function tensorOf(node: Node, cell?: TensorCell): Tensor {
  return known().make(node, cell);
}

/** Lets a tensor that is no variable stand for another node of the same type. */
export function replaceNode(tensor: Tensor, node: Node): void {
  known().replaceNode(tensor, node);
}

export function cellOf(tensor: Tensor): TensorCell | undefined {
  return known().cellOf(tensor);
}

export function isTensor(value: unknown): value is Tensor {
  return tensors?.isTensor(value) === true;
}

/**
 * The result of an operation that has nothing to do: the tensor itself, but of a variable its value now, which stays what it is when the
 * variable changes or ends.
 */
export function unchanged(x: Tensor): Tensor {
  return x.isVariable ? tensorOf(makeNode('reshape', [nodeOf(x)], { shape: x.shape })) : x;
}

/** The node that a tensor stands for now (a cell's current value). */
export function nodeOf(tensor: Tensor): Node {
  if (!tensors?.isTensor(tensor)) throw notATensor(undefined, 'a tensor', tensor);
  return tensors.nodeOf(tensor);
}

/** Throws {@link ArgumentError} unless `value` is a tensor. */
export function requireTensor(where: string, name: string, value: unknown): asserts value is Tensor {
  if (!isTensor(value)) throw notATensor(where, `${name} must be a tensor`, value);
}

/** The node of an operand; undefined for a number. Throws {@link ArgumentError} for anything else. */
export function operandNode(where: string, value: Operand): Node | undefined {
  if (tensors?.isTensor(value)) return tensors.nodeOf(value);
  if (typeof value === 'number') return undefined;
  throw notATensor(where, 'operands must be tensors or numbers', value);
}

/** Throws {@link ArgumentError} unless `value` is a tensor or a number. */
export function requireOperand(where: string, value: unknown): asserts value is Operand {
  if (typeof value !== 'number' && !isTensor(value))
    throw notATensor(where, 'operands must be tensors or numbers', value);
}

/** Throws {@link ArgumentError} unless `values` is an array of tensors. */
export function requireTensors(where: string, name: string, values: unknown): asserts values is readonly Tensor[] {
  if (!Array.isArray(values)) {
    if (!isTensor(values)) throw notATensor(where, `${name} must be an array of tensors`, values);
    throw new ArgumentError(`[${where}] ${name} must be an array of tensors, not the tensor ${values}.`, {
      hint: `Put them into one array: ${where}([a, b]).`,
    });
  }
  for (let i = 0; i < values.length; i++) requireTensor(where, `${name}[${i}]`, values[i]);
}

function notATensor(where: string | undefined, expected: string, given: unknown): ArgumentError {
  const place = where === undefined ? 'A tensor was expected' : `[${where}] ${expected}`;
  return new ArgumentError(`${place}, not ${describe(given)}.`, { hint: hintFor(given) });
}

function hintFor(given: unknown): string {
  if (given instanceof Promise) return 'Await it first.';
  if (typeof given === 'object' && given !== null) {
    if (given.constructor?.name === 'Tensor')
      return 'This tensor comes from another copy of @hebb/tensor: install one version only.';
    if ('data' in given && 'shape' in given) return 'Make a tensor of it: tensor(data, { shape }).';
    if ('forward' in given) return 'Pass what its forward() returns.';
  }
  return given === undefined ? 'Is an argument missing?' : 'Make a tensor of numbers with tensor(data).';
}
