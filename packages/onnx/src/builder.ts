/** Collects the nodes, initializers and names of one ONNX graph. */
import type { DType } from '@hebb/tensor';
import { halfBits } from '@hebb/tensor/arguments';
import {
  attributeTypes,
  elementTypes,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from './schema.ts';

/** Element types of values in a file: Hebb's, int64 for shapes, and float64 for what has to be exact on the way. */
export type ElementType = DType | 'int64' | 'float64';

/** Bytes of an element. */
const widths: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float16: 2,
  float64: 8,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
};

/** A number that is written as a float attribute. */
export interface FloatAttribute {
  readonly float: number;
}

/** A list of texts. */
export interface StringsAttribute {
  readonly strings: readonly string[];
}

/** A graph inside of an operator. */
export interface GraphAttribute {
  readonly graph: OnnxGraph;
}

/** Attributes of an operator: integers, lists of integers, strings, and lists of strings, floats and graphs marked as such. */
export type OperatorAttributes = Readonly<
  Record<string, number | string | readonly number[] | FloatAttribute | GraphAttribute | StringsAttribute>
>;

/** Little-endian bytes of numbers in an element type. int64 takes integers, and ±Infinity for the ends of its range. */
export function rawData(type: ElementType, values: ArrayLike<number>): Uint8Array {
  const width = widths[type];
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (type === 'float32') view.setFloat32(i * 4, value, true);
    else if (type === 'float64') view.setFloat64(i * 8, value, true);
    else if (type === 'int32') view.setInt32(i * 4, value, true);
    else if (type === 'float16') view.setUint16(i * 2, halfBits(value), true);
    else if (type === 'uint8') bytes[i] = value;
    else if (type === 'bool') bytes[i] = value === 0 ? 0 : 1;
    else
      view.setBigInt64(
        i * 8,
        value === Infinity ? 2n ** 63n - 1n : value === -Infinity ? -(2n ** 63n) : BigInt(value),
        true,
      );
  }
  return bytes;
}

function attributeOf(name: string, value: OperatorAttributes[string]): OnnxAttribute {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: new TextEncoder().encode(value) };
  if ('graph' in value) return { name, type: attributeTypes.graph, g: value.graph };
  if ('strings' in value)
    return { name, type: attributeTypes.strings, strings: value.strings.map((text) => new TextEncoder().encode(text)) };
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  return { name, type: attributeTypes.ints, ints: [...value] };
}

function renameIn(nodes: readonly OnnxNode[], from: string, to: string): void {
  for (const node of nodes) {
    if (node.output?.includes(from)) node.output = node.output.map((name) => (name === from ? to : name));
    if (node.input?.includes(from)) node.input = node.input.map((name) => (name === from ? to : name));
    for (const { g } of node.attribute ?? []) renameIn(g?.node ?? [], from, to);
  }
}

export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[];
  readonly #names: Set<string>;
  readonly #constants: Map<string, string>;

  /** `around`: of the graph in which this one is an operator's; it sees the names of that one, and its data lies there. */
  constructor(around?: GraphBuilder) {
    this.initializers = around === undefined ? [] : around.initializers;
    this.#names = around === undefined ? new Set() : around.#names;
    this.#constants = around === undefined ? new Map() : around.#constants;
  }

  /** The name itself, or with a number behind it where it is taken. */
  unique(name: string): string {
    let candidate = name;
    for (let i = 2; this.#names.has(candidate); i++) candidate = `${name}_${i}`;
    this.#names.add(candidate);
    return candidate;
  }

  /** Appends an operator with one output; returns the name of that output, which is the node's name too. */
  node(opType: string, inputs: readonly string[], attributes: OperatorAttributes, name: string, skipped = 0): string {
    const before = Array.from({ length: skipped }, () => this.unique(`${name}/unused`));
    const output = this.unique(name);
    this.#push(opType, inputs, attributes, output, [...before, output]);
    return output;
  }

  /** Appends an operator with several outputs; returns their names. */
  several(
    opType: string,
    inputs: readonly string[],
    attributes: OperatorAttributes,
    name: string,
    outputs: readonly string[],
  ): string[] {
    const names = outputs.map((output) => this.unique(output));
    this.#push(opType, inputs, attributes, this.unique(name), names);
    return names;
  }

  #push(
    opType: string,
    inputs: readonly string[],
    attributes: OperatorAttributes,
    name: string,
    outputs: readonly string[],
  ): void {
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.nodes.push({
      opType,
      name,
      input: [...inputs],
      output: [...outputs],
      ...(attribute.length > 0 && { attribute }),
    });
  }

  initializer(name: string, type: ElementType, dims: readonly number[], data: ArrayLike<number>): string {
    const unique = this.unique(name);
    this.initializers.push({
      name: unique,
      dims: [...dims],
      dataType: elementTypes[type],
      rawData: rawData(type, data),
    });
    return unique;
  }

  /** A small constant, one per distinct value. */
  constant(type: ElementType, dims: readonly number[], values: readonly number[]): string {
    const key = `${type}[${dims.join(',')}](${values.map((n) => (Object.is(n, -0) ? '-0' : String(n))).join(',')})`;
    let name = this.#constants.get(key);
    if (name === undefined) {
      name = this.initializer(key, type, dims, values);
      this.#constants.set(key, name);
    }
    return name;
  }

  /** Gives a node's output another name everywhere. */
  rename(from: string, to: string): void {
    renameIn(this.nodes, from, to);
  }
}
