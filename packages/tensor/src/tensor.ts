/**
 * The tensor that users hold: a handle to a node of the graph. Operations, which are methods of the class below it (methods.ts), only
 * record; values come back through promises.
 */
/// <reference lib="esnext.disposable" preserve="true" />
import { checkOptions, requireBoolean, requireInteger } from './arguments/index.ts';
import { ArgumentError, ShapeError } from './graph/errors.ts';
import { Node } from './graph/node.ts';
import { formatType, type DType } from './graph/types.ts';
import { introduceTensors, nodeOf, requireTensor } from './handle.ts';
import { TensorMethods } from './methods.ts';
import { requireSingle } from './ops/reduce.ts';
import type { FormatOptions } from './prompt/format.ts';
import type * as PromptModule from './prompt/prompt.ts';
import type { TensorCell } from './runtime/cell.ts';
import type { TensorData } from './runtime/host-array.ts';
import { disposeTensor, readTensor } from './runtime/realize.ts';
import type { Storage } from './runtime/storage.ts';

/** Numbers nested as deep as the tensor has axes. */
export type NestedArray<T> = T | NestedArray<T>[];
/** Numbers nested `R` arrays deep: `number[][]` for 2. */
export type ArrayOfRank<R extends number> = R extends 0
  ? number
  : R extends 1
    ? number[]
    : R extends 2
      ? number[][]
      : R extends 3
        ? number[][][]
        : R extends 4
          ? number[][][][]
          : R extends 5
            ? number[][][][][]
            : NestedArray<number>;
type Prompt = typeof PromptModule;
/** Whatever an operation takes where it takes a tensor. */
export type Operand = Tensor | number;

/**
 * An array of numbers with a shape and a dtype, or rather the recipe for it: operations are recorded and computed
 * together when a value is asked for.
 *
 * ```ts
 * const x = tensor([[1, 2], [3, 4]]);
 * x.shape; // [2, 2]
 * await x.add(1).toArray(); // [[2, 3], [4, 5]]
 * await x.sum().item(); // 10
 * ```
 */
export class Tensor extends TensorMethods {
  static override readonly name: string = 'Tensor';

  #node: Node;
  readonly #cell: TensorCell | undefined;

  /** Not for users: tensors are made by `tensor`, `zeros`, `randn`, … and by operations. */
  constructor(node: Node, cell?: TensorCell) {
    if (!(node instanceof Node)) {
      throw new ArgumentError('[Tensor] tensors are made by functions, not by the constructor.', {
        hint: 'Write tensor([[1, 2], [3, 4]]), zeros([2, 2]) or randn([2, 2]).',
      });
    }
    super();
    this.#node = node;
    this.#cell = cell;
  }

  static {
    introduceTensors({
      make: (node, cell) => new Tensor(node, cell),
      isTensor: (value) => value instanceof Tensor,
      nodeOf: (tensor) => (tensor.#cell === undefined ? tensor.#node : tensor.#cell.current),
      replaceNode: (tensor, node) => {
        tensor.#node = node;
      },
      cellOf: (tensor) => tensor.#cell,
    });
    Object.defineProperties(Tensor.prototype, {
      // What Node's `console.log` prints.
      [Symbol.for('nodejs.util.inspect.custom')]: {
        value(this: Tensor, depth?: number | null, options?: { depth?: number | null }) {
          const { storage } = nodeOf(this);
          const { host, gone } = (storage as Storage | undefined) ?? {};
          const isKnown = host !== undefined && gone === undefined;
          return (isKnown && prompt?.inspected(this, host, depth !== options?.depth)) || `Tensor ${this.toString()}`;
        },
      },
      // `x + 1` and `x > 0` of JavaScript, which would go on with a string and NaN; '${x}' is toString().
      [Symbol.toPrimitive]: {
        value(this: Tensor, hint: string) {
          if (hint === 'string') return this.toString();
          throw new ArgumentError(
            `[Tensor] operators of JavaScript do not compute with tensors; this one is ${this}.`,
            {
              hint: 'Record an operation, x.add(1) or x.greater(0), or read the value first: (await x.item()) > 0. In text write `${x}`.',
            },
          );
        },
      },
      // JSON.stringify would write {}, and the values would be lost.
      toJSON: {
        value(this: Tensor) {
          throw new ArgumentError(`[Tensor] ${this} cannot become JSON: its values come back through promises only.`, {
            hint: 'Read them first, JSON.stringify(await x.toArray()), or save a model with writeSafetensors(path, model.stateDict()).',
          });
        },
      },
    });
  }

  /** The extent of every axis. */
  get shape(): readonly number[] {
    return this.#node.type.shape;
  }

  /** 'float32', 'float16', 'int32', 'uint8' or 'bool'. */
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
    return nodeOf(this).differentiable;
  }

  /** Whether it was made by `variable`, so that `assign` can replace its value. */
  get isVariable(): boolean {
    return this.#cell !== undefined;
  }

  /**
   * Whether this parameter is trained: true at first, false while it is frozen. `backward` leaves frozen parameters without a gradient, and
   * optimizers leave them as they are; gradients flow through the operations that use them, and `requiresGrad`, the role of a parameter, stays.
   * A compiled function that takes gradients or steps an optimizer is recorded anew where it changes. Of anything but a parameter it is false.
   *
   * Throws {@link ArgumentError} where it is set to true on what is no parameter, or to what is no boolean.
   *
   * ```ts
   * const weight = variable(tensor([1, 2]), { requiresGrad: true });
   * weight.trainable = false;
   * [weight.trainable, weight.requiresGrad]; // [false, true]
   * ```
   */
  get trainable(): boolean {
    return this.#cell?.trainable === true;
  }
  set trainable(trainable: boolean) {
    requireBoolean('trainable', 'a value', trainable);
    if (this.#cell?.requiresGrad === true) this.#cell.trainable = trainable;
    else if (trainable) {
      throw new ArgumentError(`[trainable] ${this} is no parameter; only parameters are trained.`, {
        hint: 'Make it with variable(initial, { requiresGrad: true }), or parameter(initial) of @hebb/layers.',
      });
    }
  }

  /** The sum of what `backward` left here since it was last set to undefined; parameters only. */
  get grad(): Tensor | undefined {
    const gradient = this.#cell?.gradient;
    return gradient === undefined ? undefined : new Tensor(gradient);
  }

  set grad(gradient: Tensor | undefined) {
    if (gradient !== undefined) requireTensor('grad', 'a gradient', gradient);
    if (this.#cell !== undefined) {
      const node = gradient === undefined ? undefined : nodeOf(gradient);
      if (node !== undefined && node.type !== this.#node.type)
        throw new ShapeError(`[grad] the gradient of ${this} has its shape and dtype, it cannot be ${gradient}.`);
      this.#cell.gradient = node;
    } else if (gradient !== undefined)
      throw new ArgumentError(`[grad] ${this} is not a variable; only parameters keep gradients.`);
  }

  /** `float32[2,3]`. The values are elsewhere and come back through promises; see {@link Tensor.toArray}. */
  override toString(): string {
    return formatType(this.#node.type);
  }

  /**
   * The elements in row-major order: Float32Array (of float16 too, whose numbers it holds exactly), Int32Array, or Uint8Array, for bool of 0 and 1. A fresh copy.
   *
   * Throws {@link StaleValueError} inside a compiled function and for values that are gone (disposed, or not computed
   * before a variable that they depend on was updated), {@link DeviceError} where the device is not available.
   */
  data(): Promise<TensorData> {
    return promptAsked ? readTensor(this) : firstRead(this);
  }

  /**
   * The elements as nested arrays, a plain number for shape []; 0 and 1 for bool. With the number of axes as `rank`, the type is that of
   * arrays nested so deep, and needs no cast. Errors as {@link Tensor.data}, and {@link ShapeError} for a tensor of another rank.
   *
   * ```ts
   * const [first] = await tensor([[1, 2], [3, 4]]).toArray(2); // first is a number[]
   * Math.max(...first); // 2
   * ```
   */
  toArray(): Promise<NestedArray<number>>;
  /** The elements of a tensor with `rank` axes, as arrays nested so deep: `toArray(2)` is a number[][]. {@link ShapeError} for another rank. */
  toArray<R extends number>(rank: R): Promise<ArrayOfRank<R>>;
  async toArray(rank?: number): Promise<NestedArray<number>> {
    if (rank !== undefined && rank !== this.ndim) {
      requireInteger('toArray', 'rank', rank, 0);
      throw new ShapeError(`[toArray] arrays nested ${rank} deep were asked for; ${this} has ${this.ndim} axes.`, {
        hint: 'Reshape it, or take the arrays as they come: toArray().',
      });
    }
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
    requireSingle(this);
    return (await this.data())[0] ?? 0;
  }

  /**
   * Frees the device memory behind this tensor now instead of when it is collected; also what `using` calls. Reading it
   * afterwards throws {@link StaleValueError}, and so does reading what was recorded on its computed value and has not
   * been computed; recorded updates of variables come first. An operation that has nothing to do (a reshape to the same
   * shape) returns its tensor itself.
   *
   * A variable (a parameter, say) ends for everybody who holds it: a value that was assigned and not computed is
   * forgotten, its gradient is freed, and {@link assign} and compiled functions that use it throw {@link StaleValueError}.
   * Inside a compiled function that is an error.
   */
  dispose(): void {
    disposeTensor(this);
  }

  /**
   * Prints type and elements on the console, laid out as NumPy does: aligned, a row to a line, and of more than 1000 elements only the ends of every axis, which
   * are all that is read. Node's own console shows the same of a tensor whose elements are on the host: small ones after they have been read once.
   *
   * Throws {@link ArgumentError} for unknown options, and what {@link Tensor.data} throws.
   *
   * ```ts
   * await tensor([[1, 2.5], [-3, 4]]).print();
   * // Tensor float32[2,2]
   * // [[ 1.0,  2.5],
   * //  [-3.0,  4.0]]
   * ```
   */
  async print(options: FormatOptions = {}): Promise<void> {
    const text = await (await loadPrompt()).formatted('print', this, options, { checkOptions, requireInteger });
    // oxlint-disable-next-line no-console -- printing is what it is asked for
    console.log(text);
  }

  /**
   * What the numbers are like: smallest, largest and mean of those that are not NaN, and how many are NaN. Nothing but these four is read. Errors as
   * {@link Tensor.data}.
   *
   * ```ts
   * await tensor([[1, 2], [NaN, 6]]).describe(); // { shape: [2, 2], dtype: 'float32', min: 1, max: 6, mean: 3, nan: 1 }
   * ```
   */
  async describe(): Promise<PromptModule.TensorDescription> {
    return (await loadPrompt()).described(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Code for people at a prompt is loaded when they ask for it. */
let prompt: Prompt | undefined;
/** In Node, whose console shows elements once they have been read, with the first value. */
let promptAsked = (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node === undefined;

async function loadPrompt(): Promise<Prompt> {
  promptAsked = true;
  return (prompt ??= await import('./prompt/prompt.ts'));
}

async function firstRead(tensor: Tensor): Promise<TensorData> {
  // Where import() is refused, a console without elements is no reason to fail.
  const loaded = loadPrompt().catch(() => undefined);
  const [data] = await Promise.all([readTensor(tensor), loaded]);
  return data;
}

/** A handle to a node, where there may not be another tensor yet; elsewhere see handle.ts. */
export function tensorOf(node: Node): Tensor {
  return new Tensor(node);
}
