/** What operations make of their operands: nodes of one dtype (promotion) and one shape (NumPy's broadcasting). */
import { describe } from '../arguments/index.ts';
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { elementwiseTraits } from '../graph/elementwise.ts';
import type { Attributes, Primitive } from '../graph/attributes.ts';
import { dtypes, sameShape, type DType } from '../graph/types.ts';
import { nodeOf, requireOperand, tensorOf } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';

const rank: Record<DType, number> = { bool: 0, int32: 1, float32: 2 };

/** The dtype that two have in common: the later of bool, int32, float32. */
export function commonDType(a: DType, b: DType): DType {
  return rank[a] < rank[b] ? b : a;
}

/** The dtype in which `op` computes on operands of this one. */
function computeDType(op: Primitive, dtype: DType): DType {
  const takes = elementwiseTraits(op)?.takes;
  if (takes === 'float') return 'float32';
  return (takes === 'number' || takes === 'int') && dtype === 'bool' ? 'int32' : dtype;
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

/** `value` everywhere; for int32 with what a typed array makes of it. */
export function constantNode(value: number, dtype: DType, shape: readonly number[]): Node {
  return makeNode('constant', [], { dtype, shape, value: dtype === 'int32' ? value | 0 : value });
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
  return unifyAs(op, operands, (dtype) => computeDType(op, dtype));
}

/** Operands as float32 tensors of one shape, for what is composed of several operations and wants them prepared once. */
export function floats(op: string, operands: readonly Operand[]): Tensor[] {
  return unifyAs(op, operands, () => 'float32').map((node) => tensorOf(node));
}

/** {@link unify} for what computes in another dtype than its primitives do. */
export function unifyAs(op: string, operands: readonly Operand[], computed: (dtype: DType) => DType): Node[] {
  for (const operand of operands) requireOperand(op, operand);
  let dtype: DType | undefined;
  for (const operand of operands) {
    if (typeof operand === 'number') continue;
    dtype = dtype === undefined ? operand.dtype : commonDType(dtype, operand.dtype);
  }
  for (const operand of operands) {
    if (typeof operand !== 'number') continue;
    // An integer that int32 cannot hold is a float32.
    const needed: DType = (operand | 0) === operand ? 'int32' : 'float32';
    dtype = dtype === undefined ? 'float32' : commonDType(dtype, needed);
  }
  const target = computed(dtype ?? 'float32');
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
