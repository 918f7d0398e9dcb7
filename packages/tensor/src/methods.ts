/** The methods of tensors, made of the functions in `ops/` by `npm run generate`: change those, or the list in tools/methods. */
import type { DType } from './graph/types.ts';
import type { Operand, Tensor } from './tensor.ts';
import type { ReduceOptions, VarianceOptions } from './ops/reduce.ts';
import * as arithmetic from './ops/arithmetic.ts';
import * as comparison from './ops/comparison.ts';
import * as elementary from './ops/elementary.ts';
import * as activations from './ops/activations.ts';
import * as rounding from './ops/rounding.ts';
import * as casting from './ops/casting.ts';
import * as movement from './ops/movement.ts';
import * as reduce from './ops/reduce.ts';
import * as softmax from './ops/softmax.ts';
import * as linalg from './ops/linalg.ts';

/** There is no other class over {@link TensorMethods}. */
const self = (methods: TensorMethods): Tensor => methods as Tensor;

/** What {@link Tensor} has besides a value. Every method is the function of its name with the tensor as first argument. */
export abstract class TensorMethods {
  /**
   * a + b, broadcast as NumPy does; of the dtype that they have in common, int32 of bool.
   *
   * Throws {@link ShapeError} where the shapes do not broadcast, as every operation on two tensors does.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([[1], [2]]).add(tensor([10, 20])).toArray(); // [[11, 21], [12, 22]]
   * ```
   */
  add(b: Operand): Tensor {
    return arithmetic.add(self(this), b);
  }

  /**
   * a − b, broadcast; dtype as in {@link add}.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([5, 7]).sub(2).toArray(); // [3, 5]
   * ```
   */
  sub(b: Operand): Tensor {
    return arithmetic.sub(self(this), b);
  }

  /**
   * a · b, element by element, broadcast; dtype as in {@link add}. For matrix products see {@link matmul}.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([1, 2, 3]).mul(tensor([4, 5, 6])).toArray(); // [4, 10, 18]
   * ```
   */
  mul(b: Operand): Tensor {
    return arithmetic.mul(self(this), b);
  }

  /**
   * a / b, broadcast; float16 of float16, else float32 (also of integers).
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([1, 2, 3]).div(2).toArray(); // [0.5, 1, 1.5]
   * ```
   */
  div(b: Operand): Tensor {
    return arithmetic.div(self(this), b);
  }

  /**
   * aᵇ, broadcast; float16 of float16, else float32. NaN for a negative a and a b that is no integer. The exponents 1, 2, 3, 0.5, −1 and −0.5
   * given as numbers become products, roots and quotients.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([1, 2, 3]).pow(2).toArray(); // [1, 4, 9]
   * ```
   */
  pow(b: Operand): Tensor {
    return arithmetic.pow(self(this), b);
  }

  /**
   * The larger of a and b, broadcast; NaN where either is NaN; dtype as in {@link add}. Along axes: {@link max}.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([1, 5]).maximum(tensor([4, 2])).toArray(); // [4, 5]
   * ```
   */
  maximum(b: Operand): Tensor {
    return arithmetic.maximum(self(this), b);
  }

  /**
   * The smaller of a and b, broadcast; NaN where either is NaN; dtype as in {@link add}. Along axes: {@link min}.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([1, 5]).minimum(tensor([4, 2])).toArray(); // [1, 2]
   * ```
   */
  minimum(b: Operand): Tensor {
    return arithmetic.minimum(self(this), b);
  }

  /**
   * min(max(x, low), high), the shape of x; a bound that is undefined does not bound. NaN stays NaN. The gradient passes
   * from low to high, both included, as in PyTorch; where low > high all is high.
   *
   * Throws {@link ArgumentError} for a bound that is NaN.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([-2, 0.5, 9]).clamp(0, 1).toArray(); // [0, 0.5, 1]
   * ```
   */
  clamp(low: number | undefined, high?: number): Tensor {
    return arithmetic.clamp(self(this), low, high);
  }

  /**
   * −x, the shape and dtype of x, int32 of bool.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1, -2]).neg().toArray(); // [-1, 2]
   * ```
   */
  neg(): Tensor {
    return arithmetic.neg(self(this));
  }

  /**
   * |x|, the shape and dtype of x, int32 of bool. Its gradient at 0 is 0.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([-3, 4]).abs().toArray(); // [3, 4]
   * ```
   */
  abs(): Tensor {
    return arithmetic.abs(self(this));
  }

  /**
   * −1, 0 or 1, the shape and dtype of x, int32 of bool. 0 for NaN. Its gradient is 0.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([-3, 0, 4]).sign().toArray(); // [-1, 0, 1]
   * ```
   */
  sign(): Tensor {
    return arithmetic.sign(self(this));
  }

  /**
   * x², the shape and dtype of x, int32 of bool.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([3, -4]).square().toArray(); // [9, 16]
   * ```
   */
  square(): Tensor {
    return arithmetic.square(self(this));
  }

  /**
   * √x; float16 of float16, else float32, the shape of x. NaN below 0.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([4, 9]).sqrt().toArray(); // [2, 3]
   * ```
   */
  sqrt(): Tensor {
    return arithmetic.sqrt(self(this));
  }

  /**
   * 1 / x; float16 of float16, else float32, the shape of x.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([2, 4]).reciprocal().toArray(); // [0.5, 0.25]
   * ```
   */
  reciprocal(): Tensor {
    return arithmetic.reciprocal(self(this));
  }

  /**
   * 1 / √x; float16 of float16, else float32, the shape of x.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([4, 16]).rsqrt().toArray(); // [0.5, 0.25]
   * ```
   */
  rsqrt(): Tensor {
    return arithmetic.rsqrt(self(this));
  }

  /**
   * a = b, broadcast; bool. NaN equals nothing.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([1, 2]).equal(2).toArray(); // [0, 1]
   * ```
   */
  equal(b: Operand): Tensor {
    return comparison.equal(self(this), b);
  }

  /**
   * a ≠ b, broadcast; bool.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([1, 2]).notEqual(2).toArray(); // [1, 0]
   * ```
   */
  notEqual(b: Operand): Tensor {
    return comparison.notEqual(self(this), b);
  }

  /**
   * a < b, broadcast; bool.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([1, 2, 3]).less(2).toArray(); // [1, 0, 0]
   * ```
   */
  less(b: Operand): Tensor {
    return comparison.less(self(this), b);
  }

  /**
   * a ≤ b, broadcast; bool.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([1, 2, 3]).lessEqual(2).toArray(); // [1, 1, 0]
   * ```
   */
  lessEqual(b: Operand): Tensor {
    return comparison.lessEqual(self(this), b);
  }

  /**
   * a > b, broadcast; bool.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([1, 2, 3]).greater(2).toArray(); // [0, 0, 1]
   * ```
   */
  greater(b: Operand): Tensor {
    return comparison.greater(self(this), b);
  }

  /**
   * a ≥ b, broadcast; bool.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([1, 2, 3]).greaterEqual(2).toArray(); // [0, 1, 1]
   * ```
   */
  greaterEqual(b: Operand): Tensor {
    return comparison.greaterEqual(self(this), b);
  }

  /**
   * a ∧ b, broadcast; bool. Numbers count as true where they are not 0.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([true, true]).and(tensor([true, false])).toArray(); // [1, 0]
   * ```
   */
  and(b: Tensor): Tensor {
    return comparison.and(self(this), b);
  }

  /**
   * a ∨ b, broadcast; bool. Numbers count as true where they are not 0.
   *
   * `a` is this tensor.
   *
   * ```ts
   * await tensor([false, true]).or(tensor([false, false])).toArray(); // [0, 1]
   * ```
   */
  or(b: Tensor): Tensor {
    return comparison.or(self(this), b);
  }

  /**
   * ¬x; bool, the shape of x. Numbers count as true where they are not 0.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([true, false]).not().toArray(); // [0, 1]
   * ```
   */
  not(): Tensor {
    return comparison.not(self(this));
  }

  /**
   * `ifTrue` where `condition` holds (is not 0), else `ifFalse`; all three broadcast together. The dtype is the one that
   * `ifTrue` and `ifFalse` have in common, float32 where both are numbers.
   *
   * Throws {@link ShapeError} where the three do not broadcast.
   *
   * `condition` is this tensor.
   *
   * ```ts
   * const x = tensor([-1, 2]);
   * await x.greater(0).where(x, x.mul(0.1)).toArray(); // [-0.1, 2]
   * ```
   */
  where(ifTrue: Operand, ifFalse: Operand): Tensor {
    return comparison.where(self(this), ifTrue, ifFalse);
  }

  /**
   * eˣ; float16 of float16, else float32, the shape of x.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([0, 1]).exp().toArray(); // [1, 2.7182817]
   * ```
   */
  exp(): Tensor {
    return elementary.exp(self(this));
  }

  /**
   * eˣ − 1, accurate also near 0, where `exp(x).sub(1)` loses digits; float16 of float16, else float32, the shape of x. Within 2 ulp on every device.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1e-6, 1]).expm1().toArray(); // [1.0000005e-6, 1.7182819]
   * ```
   */
  expm1(): Tensor {
    return elementary.expm1(self(this));
  }

  /**
   * The natural logarithm ln x; float16 of float16, else float32, the shape of x. −∞ at 0, NaN below.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1, Math.E]).log().toArray(); // [0, 1]
   * ```
   */
  log(): Tensor {
    return elementary.log(self(this));
  }

  /**
   * ln(1 + x), accurate also near 0, where `log(x.add(1))` loses digits; float16 of float16, else float32, the shape of x. −∞ at −1, NaN below.
   * Within 2 ulp on every device.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1e-6, Math.E - 1]).log1p().toArray(); // [9.999995e-7, 1]
   * ```
   */
  log1p(): Tensor {
    return elementary.log1p(self(this));
  }

  /**
   * sin x, x in radians; float16 of float16, else float32, the shape of x.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([0, Math.PI / 2]).sin().toArray(); // [0, 1]
   * ```
   */
  sin(): Tensor {
    return elementary.sin(self(this));
  }

  /**
   * cos x, x in radians; float16 of float16, else float32, the shape of x.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([0, Math.PI]).cos().toArray(); // [1, -1]
   * ```
   */
  cos(): Tensor {
    return elementary.cos(self(this));
  }

  /**
   * The hyperbolic tangent (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ); float16 of float16, else float32, the shape of x.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([0, 1]).tanh().toArray(); // [0, 0.7615942]
   * ```
   */
  tanh(): Tensor {
    return elementary.tanh(self(this));
  }

  /**
   * The error function 2/√π ∫₀ˣ e^(−t²) dt; float16 of float16, else float32, the shape of x.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([0, 1]).erf().toArray(); // [0, 0.8427008]
   * ```
   */
  erf(): Tensor {
    return elementary.erf(self(this));
  }

  /**
   * 1 − erf x, with all its digits where erf x is near 1; float16 of float16, else float32, the shape of x.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([0, 4]).erfc().toArray(); // [1, 1.5417258e-8]
   * ```
   */
  erfc(): Tensor {
    return elementary.erfc(self(this));
  }

  /**
   * 1 / (1 + e⁻ˣ); float16 of float16, else float32, the shape of x.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([0, 2]).sigmoid().toArray(); // [0.5, 0.8807971]
   * ```
   */
  sigmoid(): Tensor {
    return activations.sigmoid(self(this));
  }

  /**
   * max(x, 0), the shape and dtype of x, int32 of bool. Its gradient at 0 is 0, as in PyTorch.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([-1, 2]).relu().toArray(); // [0, 2]
   * ```
   */
  relu(): Tensor {
    return activations.relu(self(this));
  }

  /**
   * The Gaussian error linear unit x · Φ(x) in its exact form, which keeps its digits where Φ(x) is small; float16 of float16, else float32, the shape of x.
   *
   * Hendrycks & Gimpel, "Gaussian Error Linear Units", 2016 (arXiv:1606.08415).
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([0, 1]).gelu().toArray(); // [0, 0.8413447]
   * ```
   */
  gelu(): Tensor {
    return activations.exactGelu(self(this));
  }

  /**
   * The largest integer ≤ x; the shape and dtype of x, int32 of bool. Its gradient is 0, as that of {@link ceil} and {@link round}.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1.7, -1.2]).floor().toArray(); // [1, -2]
   * ```
   */
  floor(): Tensor {
    return rounding.floor(self(this));
  }

  /**
   * The smallest integer ≥ x; the shape and dtype of x, int32 of bool.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1.2, -1.7]).ceil().toArray(); // [2, -1]
   * ```
   */
  ceil(): Tensor {
    return rounding.ceil(self(this));
  }

  /**
   * The nearest integer, halves to even; the shape and dtype of x, int32 of bool.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([0.5, 1.5, 1.7]).round().toArray(); // [0, 2, 2]
   * ```
   */
  round(): Tensor {
    return rounding.round(self(this));
  }

  /**
   * x in another dtype, the same shape; the method is `to`. float32 → int32 truncates toward zero, limits to the range of
   * int32 and makes 0 of NaN; to bool is `≠ 0`. x itself where it has the dtype already.
   *
   * Throws {@link DTypeError} for an unknown dtype.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1.7, -1.7]).to('int32').toArray(); // [1, -1]
   * ```
   */
  to(dtype: DType): Tensor {
    return casting.cast(self(this), dtype);
  }

  /**
   * The values of x, with no gradient flowing back through them.
   *
   * `x` is this tensor.
   *
   * ```ts
   * const weight = variable(tensor([1, 2]), { requiresGrad: true });
   * weight.mul(2).requiresGrad; // true
   * weight.detach().mul(2).requiresGrad; // false
   * ```
   */
  detach(): Tensor {
    return casting.detach(self(this));
  }

  /**
   * The same elements in row-major order under another shape. One extent may be −1 and is computed from the others.
   *
   * Throws {@link ShapeError} where the number of elements differs.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1, 2, 3, 4, 5, 6]).reshape([2, -1]).toArray(); // [[1, 2, 3], [4, 5, 6]]
   * ```
   */
  reshape(shape: readonly number[]): Tensor {
    return movement.reshape(self(this), shape);
  }

  /**
   * Merges the axes `startAxis` … `endAxis` into one; by default all of them. Of a scalar it makes [1].
   *
   * Throws {@link ShapeError} for axes that do not exist or are out of order.
   *
   * `x` is this tensor.
   *
   * ```ts
   * zeros([8, 3, 4, 4]).flatten(1).shape; // [8, 48]
   * ```
   */
  flatten(startAxis?: number, endAxis?: number): Tensor {
    return movement.flatten(self(this), startAxis, endAxis);
  }

  /**
   * Drops an axis of extent 1, or all such axes where none is named.
   *
   * Throws {@link ShapeError} where the named axis does not exist or has another extent.
   *
   * `x` is this tensor.
   *
   * ```ts
   * zeros([1, 3, 1]).squeeze().shape; // [3]
   * zeros([1, 3, 1]).squeeze(-1).shape; // [1, 3]
   * ```
   */
  squeeze(axis?: number): Tensor {
    return movement.squeeze(self(this), axis);
  }

  /**
   * Inserts an axis of extent 1 that becomes axis `axis` of the result; −1 appends it.
   *
   * Throws {@link ShapeError} where the result has no such axis.
   *
   * `x` is this tensor.
   *
   * ```ts
   * zeros([2, 3]).unsqueeze(0).shape; // [1, 2, 3]
   * zeros([2, 3]).unsqueeze(-1).shape; // [2, 3, 1]
   * ```
   */
  unsqueeze(axis: number): Tensor {
    return movement.unsqueeze(self(this), axis);
  }

  /**
   * Swaps two axes.
   *
   * Throws {@link ShapeError} for an axis that does not exist.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([[1, 2], [3, 4]]).transpose(0, 1).toArray(); // [[1, 3], [2, 4]]
   * ```
   */
  transpose(axis0: number, axis1: number): Tensor {
    return movement.transpose(self(this), axis0, axis1);
  }

  /**
   * Reorders all axes: axis i of the result is axis `axes[i]` of x.
   *
   * Throws {@link ShapeError} unless `axes` names each axis once.
   *
   * `x` is this tensor.
   *
   * ```ts
   * zeros([8, 32, 32, 3]).permute([0, 3, 1, 2]).shape; // [8, 3, 32, 32]
   * ```
   */
  permute(axes: readonly number[]): Tensor {
    return movement.permute(self(this), axes);
  }

  /**
   * Repeats axes of extent 1, and adds axes in front, to reach `shape`; aligned from the right.
   *
   * Throws {@link ShapeError} where x does not broadcast to exactly that shape.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1, 2]).broadcastTo([2, 2]).toArray(); // [[1, 2], [1, 2]]
   * ```
   */
  broadcastTo(shape: readonly number[]): Tensor {
    return movement.broadcastTo(self(this), shape);
  }

  /**
   * x[starts[0]:stops[0]:steps[0], …], as NumPy slices: `stops` are exclusive, negative positions count from the end,
   * positions past the end are cut off, and axes not named are kept whole. A negative step goes backwards, from the last element on where no start is
   * named; `Infinity` as start and `-Infinity` as stop stand for the ends that cannot be named.
   *
   * Throws {@link ArgumentError} for positions that are no integers and steps of 0, {@link ShapeError} for more starts
   * than axes.
   *
   * `x` is this tensor.
   *
   * ```ts
   * const x = tensor([[1, 2, 3], [4, 5, 6]]);
   * await x.slice([0, 1]).toArray(); // [[2, 3], [5, 6]]
   * await x.slice([0, 0], [1, 3], [1, 2]).toArray(); // [[1, 3]]
   * await x.slice([1, Infinity], [2, -Infinity], [1, -2]).toArray(); // [[6, 4]]
   * ```
   */
  slice(starts: readonly number[], stops?: readonly number[], steps?: readonly number[]): Tensor {
    return movement.slice(self(this), starts, stops, steps);
  }

  /**
   * `length` elements along `axis`, from position `start` on.
   *
   * Throws {@link ShapeError} where they do not lie within the axis, {@link ArgumentError} for numbers that are no
   * integers.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1, 2, 3, 4]).narrow(0, 1, 2).toArray(); // [2, 3]
   * ```
   */
  narrow(axis: number, start: number, length: number): Tensor {
    return movement.narrow(self(this), axis, start, length);
  }

  /**
   * Reverses the order along the given axes.
   *
   * Throws {@link ShapeError} for an axis that does not exist or is named twice.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([[1, 2], [3, 4]]).flip(1).toArray(); // [[2, 1], [4, 3]]
   * ```
   */
  flip(axes: number | readonly number[]): Tensor {
    return movement.flip(self(this), axes);
  }

  /**
   * Σ x over axes (default: all); int32 of integers and bool, else of the dtype of x.
   *
   * Throws {@link ShapeError} for an axis that does not exist or is named twice, as every reduction does.
   *
   * `x` is this tensor.
   *
   * ```ts
   * const x = tensor([[1, 2], [3, 4]]);
   * await x.sum().item(); // 10
   * await x.sum(0).toArray(); // [4, 6]
   * await x.sum(-1, { keepDims: true }).toArray(); // [[3], [7]]
   * ```
   */
  sum(axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    return reduce.sum(self(this), axes, options);
  }

  /**
   * Σ x / n over axes (default: all); float16 of float16, else float32. NaN over an empty axis.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([[1, 2], [3, 6]]).mean(0).toArray(); // [2, 4]
   * ```
   */
  mean(axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    return reduce.mean(self(this), axes, options);
  }

  /**
   * The largest element over axes (default: all), NaN where any is NaN; of the dtype of x, int32 of bool. Ties share the gradient
   * equally; where the result is NaN so is the gradient, of all elements.
   *
   * Throws {@link ShapeError} over an empty axis.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([[1, 5], [3, 2]]).max(1).toArray(); // [5, 3]
   * ```
   */
  max(axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    return reduce.max(self(this), axes, options);
  }

  /**
   * The smallest element over axes (default: all), NaN where any is NaN; of the dtype of x, int32 of bool. Ties share the gradient
   * equally; where the result is NaN so is the gradient, of all elements.
   *
   * Throws {@link ShapeError} over an empty axis.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([[1, 5], [3, 2]]).min(1).toArray(); // [1, 2]
   * ```
   */
  min(axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    return reduce.min(self(this), axes, options);
  }

  /**
   * Σ (x − mean)² / (n − correction) over axes (default: all); float16 of float16, else float32. With the default correction 1, as in PyTorch, it
   * is the unbiased estimate; NaN of a single element. Exactly 0 where all elements are equal, and accurate where they lie close together far
   * from 0.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1, 3]).variance().item(); // 2
   * await tensor([1, 3]).variance(0, { correction: 0 }).item(); // 1
   * ```
   */
  variance(axes?: number | readonly number[], options?: VarianceOptions): Tensor {
    return reduce.variance(self(this), axes, options);
  }

  /**
   * The standard deviation √{@link variance}, with the same axes and options; float16 of float16, else float32. Its gradient is 0 where all elements are equal, as
   * in PyTorch.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1, 3, 5]).std().item(); // 2
   * ```
   */
  std(axes?: number | readonly number[], options?: VarianceOptions): Tensor {
    return reduce.std(self(this), axes, options);
  }

  /**
   * The position of the largest element along an axis, or in the flattened tensor where no axis is given; int32. The
   * first of several, or the first NaN. It has no gradient.
   *
   * Throws {@link ShapeError} over an empty axis.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([[1, 5], [3, 2]]).argmax(1).toArray(); // [1, 0]
   * ```
   */
  argmax(axis?: number, options?: ReduceOptions): Tensor {
    return reduce.argmax(self(this), axis, options);
  }

  /**
   * The position of the smallest element along an axis, or in the flattened tensor where no axis is given; int32. Ties,
   * NaN and errors as in {@link argmax}.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([[1, 5], [3, 2]]).argmin(1).toArray(); // [0, 1]
   * ```
   */
  argmin(axis?: number, options?: ReduceOptions): Tensor {
    return reduce.argmin(self(this), axis, options);
  }

  /**
   * eˣ / Σ eˣ along `axis`; float16 of float16, else float32, the shape of x. Shifted by the maximum, so that no exponential overflows.
   *
   * Throws {@link ShapeError} for an axis that does not exist.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([1, 2, 3]).softmax(-1).toArray(); // [0.0900306, 0.2447285, 0.6652410]
   * ```
   */
  softmax(axis: number): Tensor {
    return softmax.softmax(self(this), axis);
  }

  /**
   * ln softmax(x) = x − ln Σ eˣ along `axis`; float16 of float16, else float32, the shape of x. Exact also where the softmax itself is 0 in
   * float32, or so close to 1 that float32 has no digits left for the difference.
   *
   * Throws {@link ShapeError} for an axis that does not exist.
   *
   * `x` is this tensor.
   *
   * ```ts
   * await tensor([0, 1000]).logSoftmax(-1).toArray(); // [-1000, 0]
   * await tensor([20, 0]).logSoftmax(-1).toArray(); // [-2.0611537e-9, -20]
   * ```
   */
  logSoftmax(axis: number): Tensor {
    return softmax.logSoftmax(self(this), axis);
  }

  /**
   * The matrix product, with NumPy's rules: [m, k] · [k, n] → [m, n]; leading axes broadcast as batches, [b, m, k] · [k,
   * n] → [b, m, n]; an operand with one axis is a row on the left, a column on the right, and its axis disappears.
   * The dtype is the one that the operands have in common: floating numbers are added up in float32, integers exactly, modulo
   * 2³² (uint8 modulo 256, bool as int32).
   *
   * Throws {@link ShapeError} where the inner sizes differ, the batches do not broadcast, or an operand has no axes.
   *
   * `a` is this tensor.
   *
   * ```ts
   * const a = tensor([[1, 2], [3, 4]]);
   * await a.matmul(tensor([[5], [6]])).toArray(); // [[17], [39]]
   * await a.matmul(tensor([5, 6])).toArray(); // [17, 39]
   * zeros([8, 2, 3]).matmul(zeros([3, 4])).shape; // [8, 2, 4]
   * ```
   */
  matmul(b: Tensor): Tensor {
    return linalg.matmul(self(this), b);
  }
}
