/** One traced node on its way into the file: what the rule of its operator has at hand. */
import type { DType } from '@hebb/tensor';
import { formatType, type Attributes, type Primitive } from '@hebb/tensor/graph';
import type { ElementType, OperatorAttributes } from './builder.ts';
import type { Emitter, Value } from './emitter.ts';
import { OnnxExportError, sizeHints } from './errors.ts';
import { first, isStatic, joinExtents, type Extent } from './extents.ts';
import type { Traced } from './traced.ts';

export interface EmitOptions {
  dtype?: ElementType;
  extents?: readonly Extent[];
  attributes?: OperatorAttributes;
}

export class Site<P extends Primitive = Primitive> {
  readonly emitter: Emitter;
  readonly node: Traced<P>;
  /** The inputs, which may still have to be broadcast; see {@link full}. */
  readonly inputs: readonly Value[];
  /** Path of the module that made the node, where known. */
  readonly module: string | undefined;

  constructor(emitter: Emitter, node: Traced<P>, inputs: readonly Value[], module: string | undefined) {
    this.emitter = emitter;
    this.node = node;
    this.inputs = inputs;
    this.module = module;
  }

  /** An attribute that has to be the same whatever the sizes of the inputs. */
  fixed<K extends keyof Attributes[P] & string>(name: K): Attributes[P][K] {
    const value = this.#version(0)[name];
    this.node.versions.forEach((version, trace) => {
      const other = version.attributes[name];
      if (sameValue(value, other)) return;
      const [here, there] = [this.emitter.describeTrace(0), this.emitter.describeTrace(trace)];
      this.fail(`its ${name} is ${JSON.stringify(value)} at ${here}, ${JSON.stringify(other)} at ${there}`);
    });
    return value;
  }

  get dtype(): DType {
    return this.node.dtype;
  }

  get extents(): readonly Extent[] {
    return this.node.extents;
  }

  name(suffix: string): string {
    return this.module === undefined || this.module === '' ? suffix : `${this.module}/${suffix}`;
  }

  input(position: number): Value {
    const value = this.inputs[position];
    if (value === undefined) throw new OnnxExportError(`internal: ${this.node.op} has no input ${position}`);
    return value;
  }

  /** The extents that an input has in the graph. */
  inputExtents(position: number): readonly Extent[] {
    return this.node.inputs[position]?.extents ?? [];
  }

  /** An input in its full shape. */
  full(position: number): Value {
    return this.expand(this.input(position), this.inputExtents(position));
  }

  expand(value: Value, extents: readonly Extent[]): Value {
    return this.emitter.expand(value, extents, this.name(this.node.op)) ?? this.fail(this.#unknownShape(extents));
  }

  /** Writes an operator. The result has the node's type unless told otherwise. */
  emit(
    opType: string,
    inputs: readonly (Value | string)[],
    { dtype = this.dtype, extents = this.extents, attributes = {} }: EmitOptions = {},
  ): Value {
    return this.emitter.emit(opType, inputs, attributes, { dtype, extents }, this.name(opType));
  }

  /** Writes an operator that broadcasts as NumPy does. */
  elementwise(opType: string, inputs: readonly Value[] = this.inputs, options: EmitOptions = {}): Value {
    return this.emit(opType, inputs, { extents: joinExtents(inputs.map((input) => input.extents)), ...options });
  }

  /** A list of numbers among the attributes, each as seen in all traces. */
  list(read: (attributes: Attributes[P]) => readonly number[]): Extent[] {
    const versions = this.node.versions.map((_, trace) => read(this.#version(trace)));
    return (versions[0] ?? []).map((_, position) => versions.map((version) => version[position] ?? 0));
  }

  /** A list of numbers that have to be the same whatever the sizes of the inputs. */
  fixedList(what: string, read: (attributes: Attributes[P]) => readonly number[]): number[] {
    return this.list(read).map((extent) =>
      isStatic(extent)
        ? first(extent)
        : this.fail(`its ${what} depends on the sizes of the inputs: ${this.emitter.describeValues(extent)}`),
    );
  }

  /** A vector of int64 that holds the extent, or an error that says what it was for. */
  extentVector(what: string, extent: Extent): string {
    return (
      this.emitter.extentVector(extent) ??
      this.fail(
        `its ${what} does not follow from the sizes of the inputs in one way for all of them: ${this.emitter.describeValues(extent)}`,
      )
    );
  }

  fail(reason: string, hint?: string): never {
    const version = this.node.versions[0];
    const name = this.node.op === 'composite' ? (this.#version(0) as Attributes['composite']).name : this.node.op;
    const error = new OnnxExportError(
      `[exportOnnx] cannot write ${name} ${version === undefined ? '' : formatType(version.type)}: ${reason}.`,
      {
        op: this.node.op,
        hint: hint ?? sizeHints.expression,
      },
    );
    throw this.module === undefined || this.module === '' ? error : error.inModule(this.module);
  }

  #unknownShape(extents: readonly Extent[]): string {
    const position = extents.findIndex((extent) => this.emitter.extentVector(extent) === undefined);
    return `extent ${position} of its shape does not follow from the sizes of the inputs in one way for all of them: ${this.emitter.describeValues(extents[position] ?? [])}`;
  }

  #version(trace: number): Attributes[P] {
    const version = this.node.versions[trace];
    if (version === undefined) throw new OnnxExportError(`internal: ${this.node.op} was not traced ${trace + 1} times`);
    return version.attributes;
  }
}

function sameValue(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((item, i) => Object.is(item, b[i]));
}
