/** `parseOnnx`: reads the bytes of a file, whatever they are: each length is checked against what is left before it is believed. */
import { wrongArgument } from '@hebb/tensor/arguments';
import protobuf from 'protobufjs/minimal.js';
import { OnnxParseError } from './errors.ts';
import {
  messages,
  type Field,
  type MessageName,
  type OnnxGraph,
  type OnnxModel,
  type OnnxTensor,
  type ScalarKind,
} from './schema.ts';
import { isMessage, lengthDelimited, wireTypes } from './wire.ts';

type Fields = Record<string, unknown>;

const hint = 'The file is cut off or damaged, or it is no ONNX file.';
const wireNames: Readonly<Record<number, string>> = {
  0: 'a varint',
  1: 'eight bytes',
  2: 'a length and bytes',
  5: 'four bytes',
};
/** Bytes of an element, by the number of its type (TensorProto.DataType); those of fixed width. */
const elementBytes: Readonly<Record<number, number>> = {
  1: 4, // float
  2: 1, // uint8
  3: 1, // int8
  4: 2, // uint16
  5: 2, // int16
  6: 4, // int32
  7: 8, // int64
  9: 1, // bool
  10: 2, // float16
  11: 8, // double
  12: 4, // uint32
  13: 8, // uint64
  14: 8, // complex64
  15: 16, // complex128
  16: 2, // bfloat16
};

/** Messages one inside of the other: a loop in a loop takes three for each; the largest depth that protocol buffers read elsewhere is 100. */
const maximumDepth = 100;

class Parser {
  readonly #bytes: Uint8Array;
  readonly #reader: protobuf.Reader;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#reader = new protobuf.Reader(bytes);
  }

  model(): Fields {
    return this.#message('Model', this.#bytes.length, 'the model');
  }

  fail(problem: string, offset: number = this.#reader.pos): never {
    throw new OnnxParseError(offset, `[parseOnnx] byte ${offset} of ${this.#bytes.length}: ${problem}.`, { hint });
  }

  /** A number of seven bits a byte; the last byte has its highest bit unset. */
  #varint<T>(end: number, where: string, read: () => T): T {
    const start = this.#reader.pos;
    let last = start;
    while (last < end && ((this.#bytes[last] ?? 0) & 0x80) !== 0) last++;
    if (last >= end) this.fail(`a number in ${where} does not end before byte ${end}`, start);
    if (last - start >= 10) this.fail(`a number in ${where} takes ${last - start + 1} bytes; 10 are the most`, start);
    return read();
  }

  #length(end: number, where: string): number {
    const start = this.#reader.pos;
    const length = this.#varint(end, where, () => this.#reader.uint32());
    const left = end - this.#reader.pos;
    if (length > left) this.fail(`${where} is said to take ${length} bytes; ${left} are left`, start);
    return length;
  }

  #fixed(end: number, width: number, where: string): void {
    const left = end - this.#reader.pos;
    if (width > left) this.fail(`${where} takes ${width} bytes; ${left} are left`);
  }

  #message(name: MessageName, end: number, where: string, depth = 0): Fields {
    if (depth > maximumDepth) this.fail(`${where} lies in ${depth} messages one inside of the other`);
    const fields = Object.entries(messages[name]);
    const message: Fields = {};
    const reader = this.#reader;
    while (reader.pos < end) {
      const start = reader.pos;
      const tag = this.#varint(end, where, () => reader.uint32());
      const [number, wire] = [tag >>> 3, tag & 7];
      if (number === 0 || wireNames[wire] === undefined)
        this.fail(`in ${where}, 0x${tag.toString(16)} starts no field (number ${number}, wire type ${wire})`, start);
      const entry = fields.find(([, field]) => field.number === number);
      if (entry === undefined) {
        this.#skip(wire, end, `field ${number} of ${where}`);
        continue;
      }
      const [key, field] = entry;
      const list = message[key] as unknown[] | undefined;
      const here = field.repeated === undefined ? `${key} of ${where}` : `${key}[${list?.length ?? 0}] of ${where}`;
      if (!this.#takes(field, wire)) {
        const expected = wireNames[wireTypeOf(field.kind)];
        this.fail(`${here} is stored as ${wireNames[wire]}; ${expected} is expected`, start);
      }
      const values = this.#values(field, wire, end, here, depth);
      if (field.repeated === undefined) {
        if (key in message) this.fail(`${here} is there twice`, start);
        message[key] = values[0];
      } else if (list === undefined) message[key] = values;
      else for (const value of values) list.push(value);
    }
    return message;
  }

  #takes({ kind, repeated }: Field, wire: number): boolean {
    const own = wireTypeOf(kind);
    // Other writers pack repeated numbers into one field.
    return wire === own || (repeated === true && wire === lengthDelimited && own !== lengthDelimited);
  }

  #values({ kind }: Field, wire: number, end: number, where: string, depth: number): unknown[] {
    const reader = this.#reader;
    if (isMessage(kind)) {
      const length = this.#length(end, where);
      return [this.#message(kind, reader.pos + length, where, depth + 1)];
    }
    if (wire !== lengthDelimited || wireTypeOf(kind) === lengthDelimited) return [this.#scalar(kind, end, where)];
    const length = this.#length(end, where);
    const values: unknown[] = [];
    for (const stop = reader.pos + length; reader.pos < stop;) values.push(this.#scalar(kind, stop, where));
    return values;
  }

  #scalar(kind: ScalarKind, end: number, where: string): unknown {
    const reader = this.#reader;
    if (kind === 'float') {
      this.#fixed(end, 4, where);
      return reader.float();
    }
    if (kind === 'int32') return this.#varint(end, where, () => reader.int32());
    if (kind === 'int64') return this.#varint(end, where, () => Number(reader.int64()));
    const length = this.#length(end, where);
    const start = reader.pos;
    reader.skip(length);
    const bytes = this.#bytes.subarray(start, reader.pos);
    if (kind === 'bytes') return bytes;
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.fail(`${where} is no text in UTF-8`, start);
    }
  }

  #skip(wire: number, end: number, where: string): void {
    const reader = this.#reader;
    if (wire === 0) this.#varint(end, where, () => reader.skip());
    else if (wire === lengthDelimited) reader.skip(this.#length(end, where));
    else {
      const width = wire === 1 ? 8 : 4;
      this.#fixed(end, width, where);
      reader.skip(width);
    }
  }
}

function wireTypeOf(kind: Field['kind']): number {
  return isMessage(kind) ? lengthDelimited : wireTypes[kind];
}

/** What the file says of its own parts: every value has one name and one origin, and data has the size of its shape. */
function requireConsistent(model: OnnxModel, fail: (problem: string) => never): void {
  const { graph } = model;
  if (graph === undefined) return fail('the model has no graph');
  requireConsistentGraph(graph, '', new Map(), fail);
}

/** `origins`: names of the graphs around, which a graph inside of an operator sees and may not take. */
function requireConsistentGraph(
  graph: OnnxGraph,
  inside: string,
  around: ReadonlyMap<string, string>,
  fail: (problem: string) => never,
): void {
  const origins = new Map(around);
  const define = (name: string | undefined, origin: string): void => {
    if (name === undefined || name === '') return;
    const known = origins.get(name);
    if (known !== undefined) fail(`'${name}' names both ${known} and ${origin}${inside}`);
    origins.set(name, `${origin}${inside}`);
  };
  const initializers = new Set<string>();
  graph.initializer?.forEach((tensor, i) => {
    requireWholeTensor(tensor, i, fail);
    define(tensor.name, `initializer ${i}`);
    if (tensor.name !== undefined) initializers.add(tensor.name);
  });
  // An input may have an initializer of its name: its default.
  const inputs = new Set<string>();
  graph.input?.forEach(({ name = '' }, i) => {
    if (inputs.has(name)) fail(`two inputs are called '${name}'`);
    inputs.add(name);
    if (!initializers.has(name)) define(name, `input ${i}`);
  });
  graph.node?.forEach((node, i) => {
    const operator = `operator ${i} (${node.opType ?? 'of no type'})`;
    for (const name of node.output ?? []) define(name, `a result of ${operator}`);
    for (const { name = '', g } of node.attribute ?? [])
      if (g !== undefined) requireConsistentGraph(g, ` in ${name} of ${operator}${inside}`, origins, fail);
  });
}

function requireWholeTensor(
  { name, dims = [], dataType, rawData }: OnnxTensor,
  position: number,
  fail: (problem: string) => never,
): void {
  const what = `initializer ${position} '${name ?? ''}'`;
  if (dims.some((extent) => !Number.isSafeInteger(extent) || extent < 0))
    fail(`${what} has the shape [${dims.join(', ')}]`);
  const width = elementBytes[dataType ?? 0];
  if (rawData === undefined || width === undefined) return;
  const size = dims.reduce((product, extent) => product * extent, width);
  if (rawData.length !== size)
    fail(`${what} of shape [${dims.join(', ')}] takes ${size} bytes, its data has ${rawData.length}`);
}

/**
 * The structure of an ONNX file: graph, operators, initializers. Fields that Hebb does not write are left out; int64 numbers beyond 2⁵³
 * come out rounded.
 *
 * ```ts
 * const bytes = await exportOnnx((x: Tensor) => x.exp(), { inputs: { x: ['batch', 3] } });
 * parseOnnx(bytes).graph?.node?.map(({ opType }) => opType); // ['Exp']
 * ```
 *
 * Throws {@link OnnxParseError}, with the byte at which it shows, for whatever is no ONNX file: cut off, damaged, two values of one name, data
 * of another size than its shape; ArgumentError for what are no bytes.
 */
export function parseOnnx(bytes: Uint8Array): OnnxModel {
  if (!(bytes instanceof Uint8Array)) {
    const hint = 'Read the file first: await readFile(path), or new Uint8Array(await response.arrayBuffer()).';
    throw wrongArgument('parseOnnx', 'the file', 'a Uint8Array of its bytes', bytes, hint);
  }
  if (bytes.length === 0) throw new OnnxParseError(0, '[parseOnnx] the file is empty.', { hint });
  const parser = new Parser(bytes);
  const model = parser.model() as OnnxModel;
  requireConsistent(model, (problem) => parser.fail(problem, bytes.length));
  return model;
}
