/**
 * The tensor that users hold: a handle to a node of the graph. Methods only record; values come back through promises. Every method
 * is the function of the same name with `this` as its first argument, documented there.
 */
import { ArgumentError } from './graph/errors.ts';
import type { Node } from './graph/node.ts';
import { formatType, type DType } from './graph/types.ts';
import * as elementwise from './ops/elementwise.ts';
import * as linalg from './ops/linalg.ts';
import * as movement from './ops/movement.ts';
import * as reduce from './ops/reduce.ts';
import * as normalized from './ops/softmax.ts';
import type { TensorCell } from './runtime/cell.ts';
import { disposeTensor, readTensor, type TensorData } from './runtime/realize.ts';

/** Numbers nested as deep as the tensor has axes. */
export type NestedArray<T> = T | NestedArray<T>[];
/** Whatever an operation takes where it takes a tensor. */
export type Operand = Tensor | number;

let readNodeOf: (tensor: Tensor) => Node;
let readCellOf: (tensor: Tensor) => TensorCell | undefined;

export class Tensor {
  #node: Node;
  readonly #cell: TensorCell | undefined;

  /** Not for users: tensors are made by `tensor`, `zeros`, `randn`, … and by operations. */
  constructor(node: Node, cell?: TensorCell) {
    this.#node = node;
    this.#cell = cell;
  }

  static {
    readNodeOf = (tensor) => (tensor.#cell === undefined ? tensor.#node : tensor.#cell.current);
    readCellOf = (tensor) => tensor.#cell;
    // What Node's `console.log` prints.
    Object.defineProperty(Tensor.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Tensor) {
        return `Tensor ${this.toString()}`;
      },
    });
  }

  get shape(): readonly number[] {
    return this.#node.type.shape;
  }

  get dtype(): DType {
    return this.#node.type.dtype;
  }

  /** Number of axes. */
  get ndim(): number {
    return this.#node.type.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return this.#node.type.size;
  }

  /** Whether gradients are kept for this tensor: it is a parameter, or was computed from one. */
  get requiresGrad(): boolean {
    return readNodeOf(this).differentiable;
  }

  /** Whether it was made by `variable`, so that `assign` can replace its value. */
  get isVariable(): boolean {
    return this.#cell !== undefined;
  }

  /** The sum of what `backward` left here since it was last set to undefined; parameters only. */
  get grad(): Tensor | undefined {
    const gradient = this.#cell?.gradient;
    return gradient === undefined ? undefined : new Tensor(gradient);
  }

  set grad(gradient: Tensor | undefined) {
    if (this.#cell !== undefined) this.#cell.gradient = gradient === undefined ? undefined : nodeOf(gradient);
    else if (gradient !== undefined)
      throw new ArgumentError(`[grad] ${this} is not a variable; only parameters keep gradients.`);
  }

  /** `float32[2,3]`. The values are elsewhere and come back through promises; see {@link Tensor.toArray}. */
  toString(): string {
    return formatType(this.#node.type);
  }

  /** The elements in row-major order: Float32Array, Int32Array, or Uint8Array of 0 and 1 for bool. A fresh copy. */
  data(): Promise<TensorData> {
    return readTensor(this);
  }

  /** The elements as nested arrays, a plain number (or boolean) for shape []. */
  async toArray(): Promise<NestedArray<number>> {
    const data = await this.data();
    const shape = this.shape;
    const build = (axis: number, offset: number, size: number): NestedArray<number> => {
      const extent = shape[axis];
      if (extent === undefined) return data[offset] ?? 0;
      const inner = extent === 0 ? 0 : size / extent;
      return Array.from({ length: extent }, (_, i) => build(axis + 1, offset + i * inner, inner));
    };
    return build(0, 0, this.size);
  }

  /** The value of a tensor with exactly one element. Throws {@link ShapeError} for any other. */
  async item(): Promise<number> {
    reduce.requireSingle(this);
    return (await this.data())[0] ?? 0;
  }

  /** Frees the device memory behind this tensor now instead of when it is collected. Reading it afterwards is an error. */
  dispose(): void {
    disposeTensor(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  add(other: Operand): Tensor {
    return elementwise.add(this, other);
  }
  sub(other: Operand): Tensor {
    return elementwise.sub(this, other);
  }
  mul(other: Operand): Tensor {
    return elementwise.mul(this, other);
  }
  div(other: Operand): Tensor {
    return elementwise.div(this, other);
  }
  pow(exponent: Operand): Tensor {
    return elementwise.pow(this, exponent);
  }
  maximum(other: Operand): Tensor {
    return elementwise.maximum(this, other);
  }
  minimum(other: Operand): Tensor {
    return elementwise.minimum(this, other);
  }
  clamp(low: number | undefined, high?: number): Tensor {
    return elementwise.clamp(this, low, high);
  }
  equal(other: Operand): Tensor {
    return elementwise.equal(this, other);
  }
  notEqual(other: Operand): Tensor {
    return elementwise.notEqual(this, other);
  }
  less(other: Operand): Tensor {
    return elementwise.less(this, other);
  }
  lessEqual(other: Operand): Tensor {
    return elementwise.lessEqual(this, other);
  }
  greater(other: Operand): Tensor {
    return elementwise.greater(this, other);
  }
  greaterEqual(other: Operand): Tensor {
    return elementwise.greaterEqual(this, other);
  }
  and(other: Tensor): Tensor {
    return elementwise.and(this, other);
  }
  or(other: Tensor): Tensor {
    return elementwise.or(this, other);
  }
  not(): Tensor {
    return elementwise.not(this);
  }
  where(ifTrue: Operand, ifFalse: Operand): Tensor {
    return elementwise.where(this, ifTrue, ifFalse);
  }
  neg(): Tensor {
    return elementwise.neg(this);
  }
  abs(): Tensor {
    return elementwise.abs(this);
  }
  sign(): Tensor {
    return elementwise.sign(this);
  }
  exp(): Tensor {
    return elementwise.exp(this);
  }
  log(): Tensor {
    return elementwise.log(this);
  }
  sqrt(): Tensor {
    return elementwise.sqrt(this);
  }
  square(): Tensor {
    return elementwise.square(this);
  }
  reciprocal(): Tensor {
    return elementwise.reciprocal(this);
  }
  rsqrt(): Tensor {
    return elementwise.rsqrt(this);
  }
  sin(): Tensor {
    return elementwise.sin(this);
  }
  cos(): Tensor {
    return elementwise.cos(this);
  }
  tanh(): Tensor {
    return elementwise.tanh(this);
  }
  sigmoid(): Tensor {
    return elementwise.sigmoid(this);
  }
  erf(): Tensor {
    return elementwise.erf(this);
  }
  relu(): Tensor {
    return elementwise.relu(this);
  }
  gelu(): Tensor {
    return elementwise.gelu(this);
  }
  floor(): Tensor {
    return elementwise.floor(this);
  }
  ceil(): Tensor {
    return elementwise.ceil(this);
  }
  round(): Tensor {
    return elementwise.round(this);
  }
  to(dtype: DType): Tensor {
    return elementwise.cast(this, dtype);
  }
  detach(): Tensor {
    return elementwise.detach(this);
  }

  reshape(shape: readonly number[]): Tensor {
    return movement.reshape(this, shape);
  }
  flatten(startAxis?: number, endAxis?: number): Tensor {
    return movement.flatten(this, startAxis, endAxis);
  }
  squeeze(axis?: number): Tensor {
    return movement.squeeze(this, axis);
  }
  unsqueeze(axis: number): Tensor {
    return movement.unsqueeze(this, axis);
  }
  transpose(axis0: number, axis1: number): Tensor {
    return movement.transpose(this, axis0, axis1);
  }
  permute(axes: readonly number[]): Tensor {
    return movement.permute(this, axes);
  }
  broadcastTo(shape: readonly number[]): Tensor {
    return movement.broadcastTo(this, shape);
  }
  slice(starts: readonly number[], stops?: readonly number[], steps?: readonly number[]): Tensor {
    return movement.slice(this, starts, stops, steps);
  }
  narrow(axis: number, start: number, length: number): Tensor {
    return movement.narrow(this, axis, start, length);
  }
  pad(padding: readonly (readonly [number, number])[], options?: movement.PadOptions): Tensor {
    return movement.pad(this, padding, options);
  }
  flip(axes: number | readonly number[]): Tensor {
    return movement.flip(this, axes);
  }

  sum(axes?: number | readonly number[], options?: reduce.ReduceOptions): Tensor {
    return reduce.sum(this, axes, options);
  }
  mean(axes?: number | readonly number[], options?: reduce.ReduceOptions): Tensor {
    return reduce.mean(this, axes, options);
  }
  max(axes?: number | readonly number[], options?: reduce.ReduceOptions): Tensor {
    return reduce.max(this, axes, options);
  }
  min(axes?: number | readonly number[], options?: reduce.ReduceOptions): Tensor {
    return reduce.min(this, axes, options);
  }
  variance(axes?: number | readonly number[], options?: reduce.VarianceOptions): Tensor {
    return reduce.variance(this, axes, options);
  }
  std(axes?: number | readonly number[], options?: reduce.VarianceOptions): Tensor {
    return reduce.std(this, axes, options);
  }
  argmax(axis?: number, options?: reduce.ReduceOptions): Tensor {
    return reduce.argmax(this, axis, options);
  }
  argmin(axis?: number, options?: reduce.ReduceOptions): Tensor {
    return reduce.argmin(this, axis, options);
  }
  softmax(axis: number): Tensor {
    return normalized.softmax(this, axis);
  }
  logSoftmax(axis: number): Tensor {
    return normalized.logSoftmax(this, axis);
  }
  matmul(other: Tensor): Tensor {
    return linalg.matmul(this, other);
  }
}

/** The node that a tensor stands for now (a cell's current value). */
export function nodeOf(tensor: Tensor): Node {
  return readNodeOf(tensor);
}

export function cellOf(tensor: Tensor): TensorCell | undefined {
  return readCellOf(tensor);
}

/** A handle to a node. */
export function tensorOf(node: Node): Tensor {
  return new Tensor(node);
}
