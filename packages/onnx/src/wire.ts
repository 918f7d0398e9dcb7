/**
 * Encodes and decodes {@link OnnxModel} by walking the table of fields with protobufjs' writer and reader. protobufjs' own reflection
 * generates code at run time, which a page with a content security policy forbids; this does not.
 */
import protobuf from 'protobufjs/minimal.js';
import { messages, type MessageName, type OnnxModel, type ScalarKind } from './schema.ts';

type Fields = Record<string, unknown>;

const isMessage = (kind: ScalarKind | MessageName): kind is MessageName => kind in messages;
const wireTypes: Readonly<Record<ScalarKind, number>> = { int32: 0, int64: 0, string: 2, bytes: 2, float: 5 };
const lengthDelimited = 2;

function writeScalar(writer: protobuf.Writer, kind: ScalarKind, value: unknown): void {
  if (kind === 'string') writer.string(value as string);
  else if (kind === 'bytes') writer.bytes(value as Uint8Array);
  else if (kind === 'float') writer.float(value as number);
  else if (kind === 'int32') writer.int32(value as number);
  else writer.int64(value as number);
}

function writeMessage(writer: protobuf.Writer, name: MessageName, message: Fields): void {
  for (const [key, { number, kind, repeated }] of Object.entries(messages[name])) {
    const value = message[key];
    if (value === undefined) continue;
    for (const item of repeated ? (value as readonly unknown[]) : [value]) {
      if (isMessage(kind)) {
        writer.uint32((number << 3) | lengthDelimited).fork();
        writeMessage(writer, kind, item as Fields);
        writer.ldelim();
      } else {
        writer.uint32((number << 3) | wireTypes[kind]);
        writeScalar(writer, kind, item);
      }
    }
  }
}

function readScalar(reader: protobuf.Reader, kind: ScalarKind): unknown {
  if (kind === 'string') return reader.string();
  if (kind === 'bytes') return reader.bytes();
  if (kind === 'float') return reader.float();
  if (kind === 'int32') return reader.int32();
  return Number(reader.int64());
}

function readMessage(reader: protobuf.Reader, name: MessageName, end: number): Fields {
  const fields = Object.entries(messages[name]);
  const message: Fields = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const entry = fields.find(([, field]) => field.number === tag >>> 3);
    if (entry === undefined) {
      reader.skipType(tag & 7);
      continue;
    }
    const [key, { kind, repeated }] = entry;
    const values: unknown[] = [];
    if (isMessage(kind)) {
      const length = reader.uint32();
      values.push(readMessage(reader, kind, reader.pos + length));
    } else if ((tag & 7) === lengthDelimited && wireTypes[kind] !== lengthDelimited) {
      // Other writers pack repeated numbers into one field.
      const length = reader.uint32();
      for (const stop = reader.pos + length; reader.pos < stop;) values.push(readScalar(reader, kind));
    } else values.push(readScalar(reader, kind));
    if (!repeated) message[key] = values[values.length - 1];
    else if (message[key] === undefined) message[key] = values;
    else (message[key] as unknown[]).push(...values);
  }
  return message;
}

/** The bytes of an ONNX file. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const writer = new protobuf.Writer();
  writeMessage(writer, 'Model', model as Fields);
  return new Uint8Array(writer.finish());
}

/** The structure of an ONNX file: graph, operators, initializers. Fields that Hebb does not write are left out. */
export function parseOnnx(bytes: Uint8Array): OnnxModel {
  const reader = new protobuf.Reader(bytes);
  return readMessage(reader, 'Model', reader.len);
}
