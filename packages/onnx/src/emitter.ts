/**
 * Writes values into a graph: keeps what each value is called and which shape it really has, computes extents that depend on the inputs,
 * and leaves broadcasting to the operators that do it themselves.
 */
import type { DType } from '@hebb/tensor';
import { GraphBuilder, type ElementType, type OperatorAttributes } from './builder.ts';
import {
  first,
  fitExpression,
  isStatic,
  oddTrace,
  sameExtent,
  sameExtents,
  type Extent,
  type SizeExpression,
  type SizeSymbol,
} from './extents.ts';

/**
 * A value in the file. Its extents may be smaller than those of the traced node, with which they line up from the right: it stands for
 * what NumPy's broadcasting makes of it.
 */
export interface Value {
  readonly name: string;
  readonly dtype: ElementType;
  readonly extents: readonly Extent[];
}

export class Emitter {
  readonly builder: GraphBuilder;
  readonly opset: number;
  readonly #symbols: readonly SizeSymbol[];
  readonly #traces: number;
  /** Vectors of one int64, by the extent that they hold. */
  readonly #vectors = new Map<string, string>();
  /** Values with extents that no expression of the symbols gives, by extent. */
  readonly #witnesses = new Map<string, { readonly name: string; readonly axis: number }>();
  readonly #expanded = new Map<string, Value>();
  /** Of the graph around, for a graph inside of an operator. */
  readonly #around: Emitter | undefined;

  constructor(opset: number, symbols: readonly SizeSymbol[], traces: number, around?: Emitter) {
    this.builder = new GraphBuilder(around?.builder);
    this.#around = around;
    this.opset = opset;
    this.#symbols = symbols;
    this.#traces = traces;
  }

  /** For a graph inside of an operator: what does not depend on it is computed around it. */
  inside(): Emitter {
    return new Emitter(this.opset, this.#symbols, this.#traces, this);
  }

  /** The same number in every trace. */
  fixed(value: number): Extent {
    return new Array<number>(this.#traces).fill(value);
  }

  /** `skipped` outputs of the operator come before the one that is given. */
  emit(
    opType: string,
    inputs: readonly (Value | string)[],
    attributes: OperatorAttributes,
    type: { dtype: ElementType; extents: readonly Extent[] },
    name: string,
    skipped = 0,
  ): Value {
    const names = inputs.map((input) => (typeof input === 'string' ? input : input.name));
    return this.register({ name: this.builder.node(opType, names, attributes, name, skipped), ...type });
  }

  /** Lets the extents of a value answer for equal ones. */
  register(value: Value): Value {
    value.extents.forEach((extent, axis) => {
      const key = extent.join();
      if (!isStatic(extent) && !this.#witnesses.has(key)) this.#witnesses.set(key, { name: value.name, axis });
    });
    return value;
  }

  /** `batch = 1, time = 53`. */
  describeTrace(trace: number): string {
    if (this.#symbols.length === 0) return `trace ${trace + 1}`;
    return this.#symbols.map(({ name, sizes }) => `${name} = ${sizes[trace]}`).join(', ');
  }

  /** What a number was in each trace, and which trace speaks against what the others say, if one does. */
  describeValues(extent: Extent): string {
    const odd = oddTrace(extent, this.#symbols);
    const seen = extent.map((n, trace) => `${n} at ${this.describeTrace(trace)}`);
    return odd === undefined
      ? seen.slice(0, Math.max(this.#symbols.length + 2, 5)).join('; ')
      : `it is ${seen[odd.trace]}, where ${odd.expected} would follow from the other sizes tried`;
  }

  ints(values: readonly number[]): string {
    return this.builder.constant('int64', [values.length], values);
  }

  scalar(dtype: DType, value: number): Value {
    return { name: this.builder.constant(dtype, [], [value]), dtype, extents: [] };
  }

  expression(extent: Extent): SizeExpression | undefined {
    return fitExpression(extent, this.#symbols);
  }

  /** A vector of one int64 that holds the extent when the model runs, or undefined where nothing gives it. */
  extentVector(extent: Extent): string | undefined {
    if (isStatic(extent)) return this.ints([first(extent)]);
    const key = extent.join();
    let vector = this.#vectors.get(key) ?? this.#around?.extentVector(extent);
    if (vector !== undefined) return vector;
    const expression = this.expression(extent);
    const witness = this.#witnesses.get(key);
    if (expression !== undefined) vector = this.#compute(expression);
    else if (witness !== undefined) vector = this.#shapeOf(witness.name, witness.axis, 'extent');
    if (vector !== undefined) this.#vectors.set(key, vector);
    return vector;
  }

  /** A scalar int64 that holds the extent. */
  extentScalar(extent: Extent): string | undefined {
    const vector = this.extentVector(extent);
    return vector === undefined
      ? undefined
      : this.builder.node('Squeeze', [vector, this.ints([0])], {}, `${vector}/scalar`);
  }

  /** A vector of int64 from numbers and vectors of one. */
  vectorOf(parts: readonly (number | string)[], name: string): string {
    const pieces: (number[] | string)[] = [];
    for (const part of parts) {
      const last = pieces.at(-1);
      if (typeof part === 'string') pieces.push(part);
      else if (Array.isArray(last)) last.push(part);
      else pieces.push([part]);
    }
    const names = pieces.map((piece) => (typeof piece === 'string' ? piece : this.ints(piece)));
    if (names.length === 0) return this.ints([]);
    return names.length === 1 ? (names[0] as string) : this.builder.node('Concat', names, { axis: 0 }, name);
  }

  /** `value` in full: repeated to `extents`. Undefined where an extent cannot be computed. */
  expand(value: Value, extents: readonly Extent[], name: string): Value | undefined {
    if (sameExtents(value.extents, extents)) return value;
    const key = `${value.name} ${extents.map((extent) => extent.join()).join(';')}`;
    const known = this.#expanded.get(key);
    if (known !== undefined) return known;
    const parts = extents.map((extent, axis): number | string | undefined => {
      const own = value.extents[value.extents.length - extents.length + axis];
      if (isStatic(extent)) return first(extent);
      // Expand keeps what is larger: 1 leaves the value's own extent as it is.
      return own !== undefined && sameExtent(own, extent) ? 1 : this.extentVector(extent);
    });
    if (parts.includes(undefined)) return undefined;
    const shape = this.vectorOf(parts as (number | string)[], `${name}/shape`);
    const expanded = this.emit('Expand', [value, shape], {}, { dtype: value.dtype, extents }, `${name}/Expand`);
    this.#expanded.set(key, expanded);
    return expanded;
  }

  #shapeOf(value: string, axis: number, name: string): string {
    return this.builder.node('Shape', [value], { start: axis, end: axis + 1 }, `sizes/${name}`);
  }

  #symbol(symbol: SizeSymbol): string {
    const key = symbol.sizes.join();
    let vector = this.#vectors.get(key);
    if (vector === undefined) {
      vector = this.#shapeOf(symbol.input, symbol.axis, symbol.name);
      this.#vectors.set(key, vector);
    }
    return vector;
  }

  #compute({ constant, terms }: SizeExpression): string {
    const products = terms.map(({ coefficient, divisor, symbols }) => {
      const factors = symbols.map((symbol) => this.#symbol(symbol));
      if (coefficient !== 1) factors.push(this.ints([coefficient]));
      const product = factors.reduce((a, b) => this.builder.node('Mul', [a, b], {}, 'sizes/Mul'));
      return divisor === 1 ? product : this.builder.node('Div', [product, this.ints([divisor])], {}, 'sizes/Div');
    });
    if (constant !== 0) products.push(this.ints([constant]));
    return products.reduce((a, b) => this.builder.node('Add', [a, b], {}, 'sizes/Add'));
  }
}
