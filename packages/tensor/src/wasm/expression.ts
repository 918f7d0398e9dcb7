/**
 * Scalar expressions of a kernel to f32x4/i32x4 values for four neighbours along a vector axis. There is no scalar variant:
 * what does not depend on the vector axis is a splat that hoists itself out of the loop, and a kernel without a vector axis
 * uses lane 0. So vectors and remainders give identical bits.
 */
import { dependsOn, strideAlong, type Axis, type Index } from '../compiler/index-expression.ts';
import type { Condition, Expression, ScalarType } from '../compiler/kernel.ts';
import {
  bufferStart,
  elementBytes,
  GUARD_BYTES,
  isAlways,
  isNear,
  storageOf,
  type AxisValues,
  type KernelContext,
} from './address.ts';
import type { Address, Value } from './ir.ts';
import { floorDivide, shiftLeft, shiftRight } from './integers.ts';
import { cos, fmod, pow, sin } from './math-double.ts';
import { erf, exp, exp2, expm1, log, log10, log1p, log2, sigmoid, tanh } from './math.ts';
import { narrowTypes, roundToHalf, type NarrowType } from './narrow.ts';
import { op } from './opcodes.ts';
import { randomUniform } from './random.ts';

/** Where the four lanes stand. */
export interface Lanes {
  readonly context: KernelContext;
  /** All axes; the vector axis has the value of lane 0. */
  readonly axes: AxisValues;
  readonly vector: { readonly axis: Axis; readonly start: Value } | undefined;
  /** In a remainder: how many lanes are inside; the others may compute anything. */
  readonly count: Value | undefined;
  /** Values of `result` expressions. */
  readonly results: readonly Value[];
}

const F32: ScalarType = 'f32';

export class VectorEvaluator {
  readonly lanes: Lanes;
  readonly #memo = new Map<Expression, Value>();
  /** Loads made so far by buffer, for schedules that must place them before a store. */
  readonly loads: Map<number, Set<Value>> = new Map();

  constructor(lanes: Lanes) {
    this.lanes = { ...lanes, axes: this.#positions(lanes.axes, 0) };
  }

  /** Run-time positions in `axes` are what lane `lane` has of their expressions. */
  #positions(axes: AxisValues, lane: number): AxisValues {
    return axes.reading(({ expression }) =>
      this.lanes.context.fb.lane(op.i32x4ExtractLane, lane, this.evaluate(expression)),
    );
  }

  evaluate(expression: Expression): Value {
    let value = this.#memo.get(expression);
    if (value === undefined) {
      value = this.#compute(expression);
      this.#memo.set(expression, value);
    }
    return value;
  }

  #compute(expression: Expression): Value {
    const { fb, bindings } = this.lanes.context;
    switch (expression.kind) {
      case 'constant':
        if (expression.type === 'f32') return fb.f32x4(expression.value);
        return fb.i32x4(expression.type === 'bool' ? -Number(expression.value !== 0) : expression.value);
      case 'scalar':
        return fb.load(op.v128Load32Splat, { base: bindings.scalar(fb, expression.slot), offset: 0 });
      case 'index':
        return this.index(expression.index);
      case 'inside':
        return this.mask(expression.conditions);
      case 'load': {
        const raw = this.load(expression.buffer, expression.index, expression.guards);
        let known = this.loads.get(expression.buffer);
        if (known === undefined) this.loads.set(expression.buffer, (known = new Set()));
        known.add(raw);
        return expression.type === 'bool' ? fb.op(op.i32x4Ne, raw, fb.i32x4(0)) : raw;
      }
      case 'unary':
        return this.#unary(expression.operator, expression.operand.type, this.evaluate(expression.operand));
      case 'binary':
        return this.#binary(
          expression.operator,
          expression.left.type,
          this.evaluate(expression.left),
          this.evaluate(expression.right),
        );
      case 'select':
        return fb.op(
          op.v128Bitselect,
          this.evaluate(expression.ifTrue),
          this.evaluate(expression.ifFalse),
          this.evaluate(expression.condition),
        );
      case 'cast':
        return this.#cast(expression.operand.type, expression.type, this.evaluate(expression.operand));
      case 'half':
        return roundToHalf(fb, this.evaluate(expression.operand));
      case 'bitcast':
        return this.evaluate(expression.operand);
      case 'random':
        return randomUniform(
          fb,
          expression.word,
          this.index(expression.index),
          this.evaluate(expression.seed),
          this.evaluate(expression.counter),
        );
      case 'result': {
        const result = this.lanes.results[expression.position];
        if (result === undefined) throw new Error(`internal: no result ${expression.position} here`);
        return result;
      }
    }
  }

  #cast(from: ScalarType, to: ScalarType, x: Value): Value {
    const { fb } = this.lanes.context;
    if (from === to) return x;
    if (to === 'bool') return from === F32 ? fb.op(op.f32x4Ne, x, fb.f32x4(0)) : fb.op(op.i32x4Ne, x, fb.i32x4(0));
    if (from === 'bool') return fb.op(op.v128And, x, to === F32 ? fb.f32x4(1) : fb.i32x4(1));
    return to === F32 ? fb.op(op.f32x4ConvertI32x4S, x) : fb.op(op.i32x4TruncSatF32x4S, x);
  }

  #unary(operator: Extract<Expression, { kind: 'unary' }>['operator'], type: ScalarType, x: Value): Value {
    const { context } = this.lanes;
    const { fb } = context;
    const integer = type === 'i32';
    switch (operator) {
      case 'neg':
        return fb.op(integer ? op.i32x4Neg : op.f32x4Neg, x);
      case 'abs':
        return fb.op(integer ? op.i32x4Abs : op.f32x4Abs, x);
      case 'sign': {
        if (integer) {
          return fb.op(op.i32x4MaxS, fb.op(op.i32x4MinS, x, fb.i32x4(1)), fb.i32x4(-1));
        }
        // 0 for zeros and, as in PyTorch, for NaN.
        const unit = fb.op(op.v128Or, fb.op(op.v128And, x, fb.i32x4(-0x80000000)), fb.f32x4(1));
        const some = fb.op(op.f32x4Gt, fb.op(op.f32x4Abs, x), fb.f32x4(0));
        return fb.op(op.v128And, unit, some);
      }
      case 'exp':
        return exp(context, x);
      case 'expm1':
        return expm1(context, x);
      case 'exp2':
        return exp2(context, x);
      case 'log':
        return log(context, x);
      case 'log1p':
        return log1p(context, x);
      case 'log2':
        return log2(context, x);
      case 'log10':
        return log10(context, x);
      case 'sqrt':
        return fb.op(op.f32x4Sqrt, x);
      case 'sin':
        return sin(context, x);
      case 'cos':
        return cos(context, x);
      case 'tanh':
        return tanh(context, x);
      case 'sigmoid':
        return sigmoid(context, x);
      case 'erf':
        return erf(context, x);
      case 'relu':
        // pmax(x, 0) is x < 0 ? 0 : x, which keeps NaN.
        return integer ? fb.op(op.i32x4MaxS, x, fb.i32x4(0)) : fb.op(op.f32x4Pmax, x, fb.f32x4(0));
      case 'floor':
        return fb.op(op.f32x4Floor, x);
      case 'ceil':
        return fb.op(op.f32x4Ceil, x);
      case 'round':
        return fb.op(op.f32x4Nearest, x);
      case 'trunc':
        return fb.op(op.f32x4Trunc, x);
      case 'not':
        return fb.op(op.v128Not, x);
    }
  }

  #binary(operator: Extract<Expression, { kind: 'binary' }>['operator'], type: ScalarType, a: Value, b: Value): Value {
    const { context } = this.lanes;
    const { fb } = context;
    const float = type === F32;
    switch (operator) {
      case 'add':
        return fb.op(float ? op.f32x4Add : op.i32x4Add, a, b);
      case 'sub':
        return fb.op(float ? op.f32x4Sub : op.i32x4Sub, a, b);
      case 'mul':
        return fb.op(float ? op.f32x4Mul : op.i32x4Mul, a, b);
      case 'div':
        return fb.op(op.f32x4Div, a, b);
      case 'pow':
        return pow(context, a, b);
      case 'copySign':
        return fb.op(op.v128Bitselect, b, a, fb.i32x4(-0x80000000));
      case 'fmod':
        return fmod(context, a, b);
      case 'floorDivide':
        return floorDivide(fb, a, b);
      case 'maximum':
        return fb.op(float ? op.f32x4Max : op.i32x4MaxS, a, b);
      case 'minimum':
        return fb.op(float ? op.f32x4Min : op.i32x4MinS, a, b);
      case 'equal':
        return fb.op(float ? op.f32x4Eq : op.i32x4Eq, a, b);
      case 'notEqual':
        return fb.op(float ? op.f32x4Ne : op.i32x4Ne, a, b);
      case 'less':
        return fb.op(float ? op.f32x4Lt : op.i32x4LtS, a, b);
      case 'lessEqual':
        return fb.op(float ? op.f32x4Le : op.i32x4LeS, a, b);
      case 'and':
        return fb.op(op.v128And, a, b);
      case 'or':
        return fb.op(op.v128Or, a, b);
      case 'xor':
        return fb.op(op.v128Xor, a, b);
      case 'shiftLeft':
        return shiftLeft(fb, a, b);
      case 'shiftRight':
        return shiftRight(fb, a, b);
    }
  }

  /** The axes as lane `lane` sees them; lanes outside stand where the last one inside does. */
  #laneAxes(lane: number): AxisValues {
    const { axes, vector, count, context } = this.lanes;
    const { fb } = context;
    if (vector === undefined || lane === 0) return axes;
    const step = count === undefined ? fb.i32(lane) : fb.minimum(fb.i32(lane), fb.sub(count, 1));
    return this.#positions(axes.with(vector.axis, fb.add(vector.start, step)), lane);
  }

  #fromLanes(value: (axes: AxisValues) => Value): Value {
    const { fb } = this.lanes.context;
    let result = fb.op(op.i32x4Splat, value(this.lanes.axes));
    for (let lane = 1; lane < 4; lane++)
      result = fb.lane(op.i32x4ReplaceLane, lane, result, value(this.#laneAxes(lane)));
    return result;
  }

  #stride(index: Index): number | undefined {
    const { vector } = this.lanes;
    return vector === undefined ? 0 : strideAlong(index, vector.axis);
  }

  /** The index in each lane, as i32x4. */
  index(index: Index): Value {
    const { fb } = this.lanes.context;
    const stride = this.#stride(index);
    if (stride === undefined) return this.#fromLanes((axes) => axes.value(index));
    const start = fb.op(op.i32x4Splat, this.lanes.axes.value(index));
    return stride === 0 ? start : fb.op(op.i32x4Add, start, fb.i32x4(0, stride, 2 * stride, 3 * stride));
  }

  /** All bits of a lane set where all conditions hold there. */
  mask(conditions: readonly Condition[]): Value {
    const { fb } = this.lanes.context;
    const { vector } = this.lanes;
    const varies = ({ index }: Condition): boolean => vector !== undefined && dependsOn(index, vector.axis);
    const uniform = conditions.filter((condition) => !isAlways(condition) && !varies(condition));
    const parts: Value[] = [];
    if (uniform.length > 0) parts.push(fb.op(op.i32x4Splat, fb.sub(fb.i32(0), this.lanes.axes.holds(uniform))));
    for (const condition of conditions) {
      if (isAlways(condition) || !varies(condition)) continue;
      const { index, lower, upper } = condition;
      const value = this.index(index);
      if (index.min < lower) parts.push(fb.op(op.i32x4GtS, value, fb.i32x4(lower - 1)));
      if (index.max >= upper) parts.push(fb.op(op.i32x4LtS, value, fb.i32x4(upper)));
    }
    if (parts.length === 0) return fb.i32x4(-1);
    return parts.reduce((a, b) => fb.op(op.v128And, a, b));
  }

  /** Four elements. Where a guard fails in a lane the lane holds anything. */
  load(buffer: number, index: Index, guards: readonly Condition[]): Value {
    const { context, axes, vector } = this.lanes;
    const { fb } = context;
    const narrow = narrowTypes[storageOf(context, buffer)];
    if (narrow !== undefined) return narrow.decode(fb, this.#loadNarrow(narrow, buffer, index, guards));
    const stride = this.#stride(index);
    const slack = stride === undefined ? 0 : Math.abs(stride) * 12 + 16;
    const near = guards.length === 0 ? slack < GUARD_BYTES : isNear(context, buffer, index, slack);
    if (stride === undefined || !near) {
      if (stride === 0 || vector === undefined) {
        return fb.load(op.v128Load32Splat, this.#safeAddress(axes, buffer, index, guards));
      }
      let result = fb.load(op.v128Load32Splat, this.#safeAddress(axes, buffer, index, guards));
      for (let lane = 1; lane < 4; lane++) {
        result = fb.loadLane(this.#safeAddress(this.#laneAxes(lane), buffer, index, guards), lane, result);
      }
      return result;
    }
    const address = axes.address(buffer, index);
    if (stride === 0) return fb.load(op.v128Load32Splat, address);
    if (stride === 1) return fb.load(op.v128Load, address);
    if (stride === -1) {
      const reversed = fb.load(op.v128Load, this.#shift(address, -12));
      return fb.shuffle(reversed, reversed, [3, 2, 1, 0]);
    }
    if (stride === 2) {
      return fb.shuffle(fb.load(op.v128Load, address), fb.load(op.v128Load, this.#shift(address, 16)), [0, 2, 4, 6]);
    }
    let result = fb.load(op.v128Load32Splat, address);
    for (let lane = 1; lane < 4; lane++) result = fb.loadLane(this.#shift(address, lane * stride * 4), lane, result);
    return result;
  }

  /** The elements of a narrow type as 32-bit lanes. */
  #loadNarrow(narrow: NarrowType, buffer: number, index: Index, guards: readonly Condition[]): Value {
    const { context, axes, vector } = this.lanes;
    const { fb } = context;
    const stride = this.#stride(index);
    const near = guards.length === 0 || isNear(context, buffer, index, 16);
    if (near && stride === 1) return narrow.load(fb, axes.address(buffer, index));
    if (near && stride === -1) {
      const bytes = elementBytes(context, buffer);
      const reversed = narrow.load(fb, this.#shift(axes.address(buffer, index), -3 * bytes));
      return fb.shuffle(reversed, reversed, [3, 2, 1, 0]);
    }
    const one = (lane: number): Value =>
      fb.load(narrow.loadOne, this.#safeAddress(this.#laneAxes(lane), buffer, index, guards));
    let result = fb.op(op.i32x4Splat, one(0));
    if (stride === 0 || vector === undefined) return result;
    for (let lane = 1; lane < 4; lane++) result = fb.lane(op.i32x4ReplaceLane, lane, result, one(lane));
    return result;
  }

  #shift({ base, offset }: Address, bytes: number): Address {
    if (offset + bytes >= 0) return { base, offset: offset + bytes };
    return { base: this.lanes.context.fb.add(base, offset + bytes), offset: 0 };
  }

  /** The element's address, or the buffer's begin where that would lie far outside. */
  #safeAddress(axes: AxisValues, buffer: number, index: Index, guards: readonly Condition[]): Address {
    const { context } = this.lanes;
    const { fb } = context;
    const address = axes.address(buffer, index);
    if (guards.length === 0 || isNear(context, buffer, index)) return address;
    const safe = bufferStart(context, buffer);
    return { base: fb.select(axes.holds(guards), fb.add(address.base, address.offset), safe), offset: 0 };
  }

  /** Stores the lanes that are inside. */
  store(buffer: number, index: Index, type: ScalarType, value: Value): void {
    const { context, axes, vector, count } = this.lanes;
    const { fb } = context;
    const narrow = narrowTypes[storageOf(context, buffer)];
    const bytes = elementBytes(context, buffer);
    const plain = type === 'bool' ? fb.op(op.v128And, value, fb.i32x4(1)) : value;
    const data = narrow === undefined ? plain : narrow.encode(fb, plain);
    const storeAll = (to: Address, lanes: Value): void =>
      narrow === undefined ? fb.store(op.v128Store, to, lanes) : narrow.store(fb, to, lanes);
    const storeOne = (to: Address, lane: number): void =>
      narrow === undefined
        ? fb.store(op.v128Store32Lane, to, data, lane)
        : fb.store(narrow.storeOne, to, fb.lane(op.i32x4ExtractLane, lane, data));
    const stride = this.#stride(index);
    const address = axes.address(buffer, index);
    if (vector === undefined) {
      storeOne(address, 0);
      return;
    }
    if (count === undefined && stride === 1) {
      storeAll(address, data);
      return;
    }
    if (count === undefined && stride === -1) {
      storeAll(this.#shift(address, -3 * bytes), fb.shuffle(data, data, [3, 2, 1, 0]));
      return;
    }
    const addresses = [0, 1, 2, 3].map((lane) =>
      stride === undefined ? this.#laneAxes(lane).address(buffer, index) : this.#shift(address, lane * stride * bytes),
    );
    const emit = (lane: number): void => {
      const target = addresses[lane];
      if (target === undefined) return;
      const next = (): void => {
        storeOne(target, lane);
        emit(lane + 1);
      };
      if (lane === 0 || count === undefined) next();
      else fb.if(fb.op(op.i32GtU, count, fb.i32(lane)), next);
    };
    if (count !== undefined) fb.evaluate(data);
    emit(0);
  }
}
