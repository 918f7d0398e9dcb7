/**
 * Encodes {@link OnnxModel} by walking the table of fields with protobufjs' writer; `parse.ts` reads it. protobufjs' own reflection
 * generates code at run time, which a page with a content security policy forbids; this does not.
 */
import protobuf from 'protobufjs/minimal.js';
import { messages, type MessageName, type OnnxModel, type ScalarKind } from './schema.ts';

type Fields = Record<string, unknown>;

export const isMessage = (kind: ScalarKind | MessageName): kind is MessageName => kind in messages;
export const wireTypes: Readonly<Record<ScalarKind, number>> = { int32: 0, int64: 0, string: 2, bytes: 2, float: 5 };
export const lengthDelimited = 2;

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

/** The bytes of an ONNX file. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const writer = new protobuf.Writer();
  writeMessage(writer, 'Model', model as Fields);
  return new Uint8Array(writer.finish());
}
