/**
 * Turns index and scalar expressions into WGSL `let`s. Values are numbered by their text: every name is immutable, so equal
 * text is an equal value and is written once. A value is placed in the outermost open block that has all its operands,
 * which moves everything that does not change in a loop out of it (some drivers, llvmpipe among them, would not).
 */
import { visitInOrder } from '../../compiler/expressions.ts';
import type { Condition, Expression, ScalarType, StorageType } from '../../compiler/kernel.ts';
import type { Atom, Axis, Index } from '../../compiler/index-expression.ts';
import type { FunctionName } from './functions.ts';
import { binaryText, castText, literalText, selectText, unaryText } from './operators.ts';
import { haveCommonSource, mayBeKnown } from './sources.ts';

/** A WGSL operand: a name or a literal. `depth` is the block in which it is known (0 for literals). */
export interface Value {
  readonly text: string;
  readonly depth: number;
  readonly literal: boolean;
}

/** How a kernel sees one buffer of the plan: a binding and where in it the buffer starts. */
export interface BufferView {
  readonly name: string;
  /** Element type that the binding is declared with; `u32` where it is shared by buffers of different types. */
  readonly element: 'f32' | 'i32' | 'f16' | 'u32';
  /** First element of the buffer in the binding. */
  readonly base: number;
  /** Whether other buffers lie in the binding: then `base` is written even where it is 0, so that kernels of one form have one text. */
  readonly isShared: boolean;
  readonly size: number;
  readonly type: StorageType;
}

interface Block {
  /** The outermost block that takes new values while this one is open. */
  readonly floor: number;
  readonly lines: string[];
  readonly names: Map<string, Value>;
  readonly expressions: Map<Expression, Value>;
}

export class Emitter {
  readonly functions: Set<FunctionName> = new Set();
  /** Highest scalar slot used, −1 for none. */
  highestScalar = -1;
  /** Results of the reducers, for `result` expressions. */
  results: readonly Value[] = [];
  /** True where an axis may run past its extent (ragged tiles): loads are then clamped whatever their index's range says. */
  overrun = false;
  readonly #views: ReadonlyMap<number, BufferView>;
  #axes: ReadonlyMap<Axis, Value> = new Map();
  #blocks: Block[] = [newBlock(0)];
  #nextName = 0;

  /** Whether the shader's `one` is used: 1, but not known to be so before the dispatch. */
  usesOne = false;
  /** The same as a float. */
  usesUnit = false;
  readonly #unroll: boolean;

  constructor(views: ReadonlyMap<number, BufferView>, unroll: boolean) {
    this.#views = views;
    this.#unroll = unroll;
  }

  /** WGSL (i32) of a loop's bound; written so that a compiler that must not unroll the loop cannot. */
  bound(value: number): string {
    if (this.#unroll) return `${value}`;
    this.usesOne = true;
    return `${value} * one`;
  }

  /** Opens a block. With `pinned`, new values stay in it even if they could go further out. */
  open(pinned = false): number {
    const depth = this.#blocks.length;
    this.#blocks.push(newBlock(pinned ? depth : (this.#blocks.at(-1)?.floor ?? 0)));
    return depth;
  }

  /** Closes the innermost block and returns its lines. */
  close(): string[] {
    return this.#blocks.pop()?.lines ?? [];
  }

  /** Lines of the outermost block, which stays open. */
  get body(): readonly string[] {
    return this.#blocks[0]?.lines ?? [];
  }

  /** Adds statements to the innermost block. */
  write(...lines: readonly string[]): void {
    this.#blocks.at(-1)?.lines.push(...lines);
  }

  /** Runs `action` with other variables for the axes; axes that are not in the map count as 0. */
  withAxes(axes: ReadonlyMap<Axis, Value>, action: () => void): void {
    const previous = this.#axes;
    this.#axes = axes;
    this.#forgetExpressions();
    action();
    this.#axes = previous;
    this.#forgetExpressions();
  }

  use(name: FunctionName): string {
    this.functions.add(name);
    return name;
  }

  /** A fresh mutable variable's or function-scope name. */
  name(prefix: string): string {
    return `${prefix}${this.#nextName++}`;
  }

  /** The value of an expression over other values. */
  define(text: string, depth: number): Value {
    for (const block of this.#blocks) {
      const known = block.names.get(text);
      if (known !== undefined) return known;
    }
    const innermost = this.#blocks.length - 1;
    const at = Math.min(Math.max(depth, this.#blocks[innermost]?.floor ?? 0), innermost);
    const value: Value = { text: this.name('v'), depth: at, literal: false };
    this.#blocks[at]?.lines.push(`let ${value.text} = ${text};`);
    this.#blocks[at]?.names.set(text, value);
    return value;
  }

  index(index: Index): Value {
    const atoms: { value: Value; coefficient: number }[] = [];
    for (const { coefficient, atom } of index.terms) {
      const value = this.#atom(atom);
      if (value !== undefined) atoms.push({ value, coefficient });
    }
    const first = atoms[0];
    if (first === undefined) return literalValue(integerText(index.constant));
    if (atoms.length === 1 && first.coefficient === 1 && index.constant === 0) return first.value;
    // Partial sums from the outermost block inwards, so that a loop adds only what changes in it.
    let sum: Value | undefined;
    let constant = index.constant;
    for (const depth of [...new Set(atoms.map(({ value }) => value.depth))].sort((a, b) => a - b)) {
      const parts = sum === undefined ? [] : [sum.text];
      for (const { value, coefficient } of atoms) {
        if (value.depth === depth)
          parts.push(coefficient === 1 ? value.text : `${value.text} * ${integerText(coefficient)}`);
      }
      if (constant !== 0) parts.push(integerText(constant));
      constant = 0;
      const text = parts.join(' + ');
      sum = parts.length === 1 && /^\w+$/.test(text) ? { text, depth, literal: false } : this.define(text, depth);
    }
    return sum ?? literalValue('0');
  }

  /** undefined for an axis that is always 0 here. */
  #atom(atom: Atom): Value | undefined {
    if (atom.kind === 'axis') return this.#axes.get(atom);
    if (atom.kind === 'value') return this.expression(atom.expression);
    const inner = this.index(atom.index);
    if (inner.literal) {
      const value = Number(inner.text.replace(/[()]/g, ''));
      const quotient = Math.floor(value / atom.divisor);
      return literalValue(integerText(atom.kind === 'div' ? quotient : value - quotient * atom.divisor));
    }
    const operator = atom.kind === 'div' ? '/' : '%';
    return this.define(`i32(u32(${inner.text}) ${operator} ${atom.divisor}u)`, inner.depth);
  }

  /** A bool value; undefined where all conditions always hold. */
  inside(conditions: readonly Condition[]): Value | undefined {
    const tests: Value[] = [];
    for (const { index, lower, upper } of conditions) {
      if (index.min >= lower && index.max < upper) continue;
      if (upper <= lower) return literalValue('false');
      const value = this.index(index);
      if (value.literal) {
        const known = Number(value.text.replace(/[()]/g, ''));
        if (known >= lower && known < upper) continue;
        return literalValue('false');
      }
      if (index.min >= lower) tests.push(this.define(`${value.text} < ${integerText(upper)}`, value.depth));
      else if (index.max < upper) tests.push(this.define(`${value.text} >= ${integerText(lower)}`, value.depth));
      // One unsigned comparison tests both ends.
      else {
        const shifted = lower === 0 ? value.text : `${value.text} - ${integerText(lower)}`;
        tests.push(this.define(`u32(${shifted}) < ${upper - lower}u`, value.depth));
      }
    }
    return tests.length === 0 ? undefined : this.conjunction(tests);
  }

  /** All of the values, combined from the outermost block inwards. */
  conjunction(tests: readonly Value[]): Value {
    const ordered = [...tests].sort((a, b) => a.depth - b.depth);
    return ordered.reduce((all, test) => this.define(`${all.text} & ${test.text}`, Math.max(all.depth, test.depth)));
  }

  load(buffer: number, index: Index): Value {
    const view = this.#view(buffer);
    const value = this.index(index);
    const last = Math.max(view.size - 1, 0);
    let position: string;
    if (value.literal) {
      const wanted = Number(value.text.replace(/[()]/g, ''));
      position = `${view.base + Math.min(Math.max(wanted, 0), last)}`;
    } else {
      // A negative index becomes a huge unsigned one, so that a single minimum clamps both ends.
      const clamped = this.overrun || index.min < 0 || index.max > last;
      const inner = clamped ? this.define(`min(u32(${value.text}), ${last}u)`, value.depth) : value;
      position = isWhole(view) ? inner.text : `${inner.text} + ${view.base}${clamped ? 'u' : ''}`;
    }
    const element = `${view.name}[${position}]`;
    if (view.type === 'f16') return this.define(this.#loadHalf(view, position), value.depth);
    if (view.type === 'bool') return this.define(`${element} != 0u`, value.depth);
    return this.define(view.element === view.type ? element : `bitcast<${view.type}>(${element})`, value.depth);
  }

  /** By its bits, because what devices may do to small numbers of float16 is their own affair. */
  #loadHalf({ name, element }: BufferView, position: string): string {
    const bits =
      element === 'f16'
        ? `bitcast<u32>(vec2<f16>(${name}[${position}], 0h))`
        : `(${name}[(${position}) / 2] >> (16u * u32((${position}) % 2)))`;
    return `${this.use('half_value')}(${bits})`;
  }

  /** A statement that writes `value` to the buffer. */
  store(buffer: number, index: Index, value: Value): string {
    return this.storeAt(buffer, this.index(index).text, value);
  }

  storeAt(buffer: number, position: string, value: Value): string {
    const view = this.#view(buffer);
    const element = `${view.name}[${isWhole(view) ? position : `${position} + ${view.base}`}]`;
    if (view.type === 'f16') return `${element} = bitcast<vec2<f16>>(${this.use('half_bits')}(${value.text})).x;`;
    if (view.type === 'bool') return `${element} = u32(${value.text});`;
    return `${element} = ${view.element === view.type ? value.text : `bitcast<u32>(${value.text})`};`;
  }

  expression(expression: Expression): Value {
    let last = this.#known(expression);
    if (last !== undefined) return last;
    visitInOrder(
      expression,
      (candidate) => this.#known(candidate) !== undefined,
      (next) => {
        last = this.#emit(next);
        this.#blocks[last.depth]?.expressions.set(next, last);
      },
    );
    return last ?? literalValue('0');
  }

  #known(expression: Expression): Value | undefined {
    for (const block of this.#blocks) {
      const value = block.expressions.get(expression);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** The value of an expression whose operands have been emitted. */
  #emit(expression: Expression): Value {
    switch (expression.kind) {
      case 'constant':
        return this.#constant(expression.type, expression.value);
      case 'load':
        return this.load(expression.buffer, expression.index);
      case 'scalar': {
        this.highestScalar = Math.max(this.highestScalar, expression.slot);
        const word = `scalars[${expression.slot >> 2}].${'xyzw'[expression.slot & 3] ?? 'x'}`;
        return this.define(`bitcast<${expression.type}>(${word})`, 0);
      }
      case 'index':
        return this.index(expression.index);
      case 'inside':
        return this.inside(expression.conditions) ?? literalValue('true');
      case 'unary': {
        const operand = this.#operand(expression.operand);
        return this.define(unaryText(this, expression.operator, expression.operand.type, operand.text), operand.depth);
      }
      case 'binary': {
        const left = this.#operand(expression.left);
        const right = this.#operand(expression.right);
        const depth = Math.max(left.depth, right.depth);
        if (expression.rounded === true)
          return this.#rounded(this.define(binaryText(this, expression, left.text, right.text), depth));
        const [x, y] = [this.#hidden(expression, left.text, 'left'), this.#hidden(expression, right.text, 'right')];
        return this.define(binaryText(this, expression, x, this.#opaque(expression, y)), depth);
      }
      case 'select': {
        const condition = this.expression(expression.condition);
        const ifTrue = this.expression(expression.ifTrue);
        const ifFalse = this.expression(expression.ifFalse);
        if (condition.literal) return condition.text === 'true' ? ifTrue : ifFalse;
        return this.define(
          this.#choice(expression, condition.text, ifTrue.text, ifFalse.text),
          Math.max(condition.depth, ifTrue.depth, ifFalse.depth),
        );
      }
      case 'cast': {
        const operand = this.#operand(expression.operand);
        if (expression.operand.type === expression.type) return operand;
        return this.define(castText(this, expression.operand.type, expression.type, operand.text), operand.depth);
      }
      case 'half': {
        const operand = this.#operand(expression.operand);
        return this.define(`${this.use('half_f32')}(${operand.text})`, operand.depth);
      }
      case 'bitcast': {
        const operand = this.#operand(expression.operand);
        return this.define(`bitcast<${expression.type}>(${operand.text})`, operand.depth);
      }
      case 'random': {
        const index = this.index(expression.index);
        const seed = this.#operand(expression.seed);
        const counter = this.#operand(expression.counter);
        const text = `${this.use('random_words')}(bitcast<u32>(${this.#named(index).text}), bitcast<u32>(${counter.text}), bitcast<u32>(${seed.text}))`;
        const words = this.define(text, Math.max(index.depth, seed.depth, counter.depth));
        return this.define(`${words.text}.${expression.word === 0 ? 'x' : 'y'}`, words.depth);
      }
      case 'result':
        return this.results[expression.position] ?? literalValue('0');
    }
  }

  /**
   * A compiler may merge a product with the sum that reads it, and put sums in another order. It has to have a number's bits where a bit that is 0 is added to
   * them which it does not know.
   */
  #rounded(value: Value): Value {
    this.usesUnit = true;
    const nothing = this.define('bitcast<u32>(unit) & 1u', 0);
    return this.define(`bitcast<f32>(bitcast<u32>(${value.text}) | ${nothing.text})`, value.depth);
  }

  /**
   * Of 0 · x and 0 / x compilers make 0, whatever x is. Where an operand may turn out as 0 only there (at the one place of an axis, say), a bit that is 0 is added that the compiler does not know.
   */
  #hidden(expression: Extract<Expression, { kind: 'binary' }>, text: string, side: 'left' | 'right'): string {
    const { operator, [side]: operand } = expression;
    if ((operator !== 'mul' && operator !== 'div') || operand.type !== 'f32' || !mayBeKnown(operand)) return text;
    this.usesUnit = true;
    return `bitcast<f32>(bitcast<u32>(f32(${text})) | (bitcast<u32>(unit) & 1u))`;
  }

  /**
   * A compiler may cancel x − x and (x + y) − x, which are NaN where x is infinite or NaN. Where the terms of a sum have something in
   * common, the second is multiplied by a 1 that the compiler does not know. So is it where a number is added to a sum: of (x − y) + 10⁻⁶ drivers
   * make x + (10⁻⁶ − y), in which the small number loses its digits.
   */
  #opaque({ operator, left, right }: Extract<Expression, { kind: 'binary' }>, text: string): string {
    if (!isSum(operator) || left.type !== 'f32') return text;
    if (!addsConstant(left, right) && !haveCommonSource(left, right)) return text;
    this.usesUnit = true;
    return `${text} * unit`;
  }

  /**
   * Of x < y ? x : y drivers make a minimum, which drops NaN. Where the operands of a comparison are what is chosen between, a NaN among
   * them is looked for by its bits.
   */
  #choice(
    { condition }: Extract<Expression, { kind: 'select' }>,
    test: string,
    ifTrue: string,
    ifFalse: string,
  ): string {
    const plain = selectText(test, ifTrue, ifFalse);
    const negated = condition.kind === 'unary' && condition.operator === 'not';
    const comparison = negated ? condition.operand : condition;
    if (comparison.kind !== 'binary' || comparison.left.type !== 'f32') return plain;
    if (comparison.operator !== 'less' && comparison.operator !== 'lessEqual') return plain;
    const [left, right] = [this.expression(comparison.left), this.expression(comparison.right)];
    const chosen = [ifTrue, ifFalse];
    if (!chosen.includes(left.text) || !chosen.includes(right.text)) return plain;
    const isNaN = [left, right]
      .filter(({ literal }) => !literal)
      .map(({ text }) => `${this.use('is_nan')}(${text})`)
      .join(' | ');
    return isNaN === '' ? plain : selectText(isNaN, negated ? ifTrue : ifFalse, plain);
  }

  /** An operand that is never a literal: WGSL evaluates expressions over literals alone and rejects shaders where they overflow. */
  #operand(expression: Expression): Value {
    return this.#named(this.expression(expression));
  }

  #named(value: Value): Value {
    return value.literal ? this.define(value.text, 0) : value;
  }

  #constant(type: ScalarType, value: number): Value {
    if (type === 'f32' && !Number.isFinite(Math.fround(value))) {
      const name = Number.isNaN(value) ? 'nan_bits' : 'infinity_bits';
      const text = `bitcast<f32>(${this.use(name)})`;
      return this.define(value < 0 ? `-${text}` : text, 0);
    }
    return literalValue(literalText(type, value));
  }

  #view(buffer: number): BufferView {
    const view = this.#views.get(buffer);
    if (view === undefined) throw new Error(`buffer ${buffer} is not bound in this kernel`);
    return view;
  }

  /** Values of expressions hold only under the axis variables that they were made with. */
  #forgetExpressions(): void {
    for (const block of this.#blocks) block.expressions.clear();
  }
}

function isWhole({ base, isShared }: BufferView): boolean {
  return base === 0 && !isShared;
}

function isSum(operator: string): boolean {
  return operator === 'add' || operator === 'sub';
}

/** Whether one of two terms is a number other than 0, and the other one a sum. */
function addsConstant(left: Expression, right: Expression): boolean {
  const [number, other] = left.kind === 'constant' ? [left, right] : [right, left];
  return number.kind === 'constant' && number.value !== 0 && other.kind === 'binary' && isSum(other.operator);
}

function newBlock(floor: number): Block {
  return { floor, lines: [], names: new Map(), expressions: new Map() };
}

export function literalValue(text: string): Value {
  return { text, depth: 0, literal: true };
}

function integerText(value: number): string {
  return value < 0 ? `(${value})` : `${value}`;
}
