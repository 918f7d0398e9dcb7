/** What operations make of their operands: nodes of one dtype (promotion) and one shape (NumPy's broadcasting). */
import { describe } from '../arguments/index.ts';
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { elementwiseTraits } from '../graph/elementwise.ts';
import type { Attributes, Primitive } from '../graph/attributes.ts';
import { roundToHalf } from '../graph/half.ts';
import { dtypes, isFloat, isInteger, sameShape, type DType } from '../graph/types.ts';
import { nodeOf, requireOperand, tensorOf, unchanged } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';

/**
 * The dtype that two have in common: the later of bool, uint8, int32, float16, float32. (PyTorch's `promote_types`; of its larger table the
 * dtypes here are a chain.)
 */
export function commonDType(a: DType, b: DType): DType {
  return dtypes.indexOf(a) < dtypes.indexOf(b) ? b : a;
}

const kindOf = (dtype: DType): number => (isFloat(dtype) ? 2 : isInteger(dtype) ? 1 : 0);

/** Of two dtypes the first, unless the second is of another kind: then what they have in common. Kinds are bool, integers, floating numbers. */
function outranking(strong: DType | undefined, weak: DType | undefined): DType | undefined {
  if (strong === undefined || weak === undefined) return strong ?? weak;
  return kindOf(weak) > kindOf(strong) ? commonDType(strong, weak) : strong;
}

/**
 * The dtype of operands together, PyTorch's `result_type`: tensors with axes have it in common; those of shape [] change it only where they are of another
 * kind, and numbers only where they are of another kind than both (integers are int32 then, others float32). undefined without any tensor.
 */
function resultDType(operands: readonly Operand[]): DType | undefined {
  let withAxes: DType | undefined;
  let without: DType | undefined;
  let numbers: DType | undefined;
  const joined = (a: DType | undefined, b: DType): DType => (a === undefined ? b : commonDType(a, b));
  for (const operand of operands) {
    // An integer that int32 cannot hold is a float32.
    if (typeof operand === 'number') numbers = joined(numbers, (operand | 0) === operand ? 'int32' : 'float32');
    else if (operand.shape.length > 0) withAxes = joined(withAxes, operand.dtype);
    else without = joined(without, operand.dtype);
  }
  if (withAxes === undefined && without === undefined) return undefined;
  return outranking(withAxes, outranking(without, numbers));
}

/** The dtype in which `op` computes on operands of this one. */
function computeDType(op: Primitive, dtype: DType): DType {
  const takes = elementwiseTraits(op)?.takes;
  if (takes === 'float') return floatingDType(dtype);
  return (takes === 'number' || takes === 'int') && dtype === 'bool' ? 'int32' : dtype;
}

/** The dtype of floating results of operands of this one: float32 of integers and bool. */
export function floatingDType(dtype: DType): 'float32' | 'float16' {
  return dtype === 'float16' ? 'float16' : 'float32';
}

/** x, or where it is none of floating numbers as float32. */
export function floating(x: Tensor): Tensor {
  return isFloat(x.dtype) ? unchanged(x) : tensorOf(castNode(nodeOf(x), 'float32'));
}

/**
 * What is computed of x as float32, for what is composed of several operations: a float16 is rounded once, at the end, as in PyTorch. Floating
 * results have the dtype of a floating x.
 */
export function inFloat32(x: Tensor, compute: (x: Tensor) => Tensor): Tensor {
  const result = compute(tensorOf(castNode(nodeOf(x), 'float32')));
  return x.dtype === 'float16' ? roundedToHalf(result) : result;
}

/** {@link inFloat32} of several, which are broadcast and promoted as operands of one operation are. */
export function inFloats(op: string, operands: readonly Operand[], compute: (...x: Tensor[]) => Tensor): Tensor {
  const nodes = unifyAs(op, operands, floatingDType);
  const result = compute(...nodes.map((node) => tensorOf(castNode(node, 'float32'))));
  return nodes[0]?.type.dtype === 'float16' ? roundedToHalf(result) : result;
}

/** What no number of the dtype is below. */
export function lowestOf(dtype: DType): number {
  return isFloat(dtype) ? -Infinity : dtype === 'int32' ? -(2 ** 31) : 0;
}

/** What no number of the dtype is above. */
export function highestOf(dtype: DType): number {
  return isFloat(dtype) ? Infinity : dtype === 'int32' ? 2 ** 31 - 1 : dtype === 'uint8' ? 255 : 1;
}

/** x as numbers to compare or choose: bool as int32. */
export function numeric(x: Tensor): Tensor {
  return x.dtype === 'bool' ? tensorOf(castNode(nodeOf(x), 'int32')) : x;
}

/** x as numbers to add up or multiply: bool and uint8 as int32, whose sums have room. */
export function summable(x: Tensor): Tensor {
  return isFloat(x.dtype) ? x : tensorOf(castNode(nodeOf(x), 'int32'));
}

/** Throws {@link DTypeError} for a number that a tensor of integers does not hold as it is. */
export function requireHeld(op: string, value: number, x: Tensor): void {
  const isHeld = isFloat(x.dtype) || (x.dtype === 'uint8' ? (value & 255) === value : (value | 0) === value);
  if (isHeld) return;
  throw new DTypeError(`[${op}] ${value} is no ${x.dtype}, which ${x} holds.`, {
    hint: "Convert the tensor with .to('float32').",
  });
}

function roundedToHalf(x: Tensor): Tensor {
  return x.dtype === 'float32' ? tensorOf(castNode(nodeOf(x), 'float16')) : x;
}

/** Throws {@link DTypeError} for what is no dtype. */
export function requireDType(op: string, dtype: unknown): asserts dtype is DType {
  if (!(dtypes as readonly unknown[]).includes(dtype))
    throw new DTypeError(`[${op}] there is no dtype ${describe(dtype)}; there are ${dtypes.join(', ')}.`);
}

/** The node converted to `dtype`; the node itself where it has that already. */
export function castNode(node: Node, dtype: DType): Node {
  return node.type.dtype === dtype ? node : makeNode('cast', [node], { dtype });
}

/** The node repeated to `shape`. The shape must be a valid target; see {@link broadcastShapes}. */
export function broadcastNode(node: Node, shape: readonly number[]): Node {
  if (sameShape(node.type.shape, shape)) return node;
  if (node.op === 'constant')
    return constantNode((node.attributes as Attributes['constant']).value, node.type.dtype, shape);
  return makeNode('broadcast', [node], { shape });
}

/** `value` everywhere; for integers with what a typed array makes of it, for float16 rounded. */
export function constantNode(value: number, dtype: DType, shape: readonly number[]): Node {
  return makeNode('constant', [], { dtype, shape, value: held(value, dtype) });
}

function held(value: number, dtype: DType): number {
  if (dtype === 'float16') return roundToHalf(value);
  return dtype === 'int32' ? value | 0 : dtype === 'uint8' ? value & 255 : value;
}

/** NumPy's broadcast of two shapes, or undefined where they do not fit. */
export function broadcastShapes(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  if (b.length === 0 || sameShape(a, b)) return a;
  if (a.length === 0) return b;
  const length = Math.max(a.length, b.length);
  const shape = new Array<number>(length);
  for (let i = 1; i <= length; i++) {
    const x = a[a.length - i] ?? 1;
    const y = b[b.length - i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    shape[length - i] = x === 1 ? y : x;
  }
  return shape;
}

/** The nodes of operands, converted to one dtype and one shape. Throws {@link ShapeError} where the shapes do not broadcast. */
export function unify(op: Primitive, operands: readonly Operand[]): Node[] {
  return unifyAs(op, operands, (dtype) => {
    // Comparisons with numbers that uint8 does not hold.
    const isBeside = dtype === 'uint8' && operands.some((x) => typeof x === 'number' && (x & 255) !== x);
    return isBeside && elementwiseTraits(op)?.gives === 'bool' ? 'int32' : computeDType(op, dtype);
  });
}

/** Operands as floating tensors of one dtype and shape, for what is composed of several operations and wants them prepared once. */
export function floats(op: string, operands: readonly Operand[]): Tensor[] {
  return unifyAs(op, operands, floatingDType).map((node) => tensorOf(node));
}

/** {@link unify} for what computes in another dtype than its primitives do. */
export function unifyAs(op: string, operands: readonly Operand[], computed: (dtype: DType) => DType): Node[] {
  for (const operand of operands) requireOperand(op, operand);
  const target = computed(resultDType(operands) ?? 'float32');
  let shape: readonly number[] = [];
  for (const operand of operands) {
    if (typeof operand === 'number') continue;
    const joined = broadcastShapes(shape, operand.shape);
    if (joined === undefined) throw broadcastError(op, operands);
    shape = joined;
  }
  return operands.map((operand) =>
    typeof operand === 'number'
      ? constantNode(operand, target, shape)
      : broadcastNode(castNode(nodeOf(operand), target), shape),
  );
}

/** The error of shapes that do not broadcast. */
export function broadcastError(op: string, operands: readonly Operand[]): ShapeError {
  const types = operands.map((operand) => (typeof operand === 'number' ? String(operand) : operand.toString()));
  return new ShapeError(
    `[${op}] cannot broadcast ${types.join(' with ')}: aligned from the right, extents must be equal or 1.`,
    {
      hint: 'Insert axes of extent 1 with unsqueeze or reshape so that the shapes line up from the right.',
    },
  );
}
