/**
 * The part of the ONNX file format that Hebb writes and reads, as types and as a table of field numbers (onnx.proto, published with the
 * standard at https://github.com/onnx/onnx). Names are those of onnx.proto in camelCase.
 */

export interface OnnxModel {
  irVersion?: number;
  opsetImport?: OnnxOperatorSet[];
  producerName?: string;
  producerVersion?: string;
  modelVersion?: number;
  docString?: string;
  graph?: OnnxGraph;
  metadataProps?: OnnxEntry[];
}

export interface OnnxOperatorSet {
  domain?: string;
  version?: number;
}

export interface OnnxEntry {
  key?: string;
  value?: string;
}

export interface OnnxGraph {
  name?: string;
  node?: OnnxNode[];
  initializer?: OnnxTensor[];
  input?: OnnxValueInfo[];
  output?: OnnxValueInfo[];
}

export interface OnnxNode {
  opType?: string;
  name?: string;
  input?: string[];
  output?: string[];
  attribute?: OnnxAttribute[];
}

export interface OnnxAttribute {
  name?: string;
  /** One of {@link attributeTypes}. */
  type?: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  g?: OnnxGraph;
  floats?: number[];
  ints?: number[];
  strings?: Uint8Array[];
}

export interface OnnxTensor {
  name?: string;
  dims?: number[];
  /** One of {@link elementTypes}. */
  dataType?: number;
  /** Little-endian elements in row-major order. */
  rawData?: Uint8Array;
}

export interface OnnxValueInfo {
  name?: string;
  type?: OnnxType;
}

export interface OnnxType {
  tensorType?: { elemType?: number; shape?: { dim?: OnnxDimension[] } };
}

/** A number, or a name where the extent is free. */
export interface OnnxDimension {
  dimValue?: number;
  dimParam?: string;
}

export const elementTypes = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const;
export const attributeTypes = { float: 1, int: 2, string: 3, graph: 5, floats: 6, ints: 7, strings: 8 } as const;

export type ScalarKind = 'int32' | 'int64' | 'float' | 'string' | 'bytes';
export type MessageName =
  | 'Model'
  | 'OperatorSet'
  | 'Entry'
  | 'Graph'
  | 'Node'
  | 'Attribute'
  | 'Tensor'
  | 'ValueInfo'
  | 'Type'
  | 'TensorType'
  | 'Shape'
  | 'Dimension';

export interface Field {
  readonly number: number;
  readonly kind: ScalarKind | MessageName;
  readonly repeated?: true;
}

export const messages: { readonly [M in MessageName]: Readonly<Record<string, Field>> } = {
  Model: {
    irVersion: { number: 1, kind: 'int64' },
    producerName: { number: 2, kind: 'string' },
    producerVersion: { number: 3, kind: 'string' },
    modelVersion: { number: 5, kind: 'int64' },
    docString: { number: 6, kind: 'string' },
    graph: { number: 7, kind: 'Graph' },
    opsetImport: { number: 8, kind: 'OperatorSet', repeated: true },
    metadataProps: { number: 14, kind: 'Entry', repeated: true },
  },
  OperatorSet: { domain: { number: 1, kind: 'string' }, version: { number: 2, kind: 'int64' } },
  Entry: { key: { number: 1, kind: 'string' }, value: { number: 2, kind: 'string' } },
  Graph: {
    node: { number: 1, kind: 'Node', repeated: true },
    name: { number: 2, kind: 'string' },
    initializer: { number: 5, kind: 'Tensor', repeated: true },
    input: { number: 11, kind: 'ValueInfo', repeated: true },
    output: { number: 12, kind: 'ValueInfo', repeated: true },
  },
  Node: {
    input: { number: 1, kind: 'string', repeated: true },
    output: { number: 2, kind: 'string', repeated: true },
    name: { number: 3, kind: 'string' },
    opType: { number: 4, kind: 'string' },
    attribute: { number: 5, kind: 'Attribute', repeated: true },
  },
  Attribute: {
    name: { number: 1, kind: 'string' },
    f: { number: 2, kind: 'float' },
    i: { number: 3, kind: 'int64' },
    s: { number: 4, kind: 'bytes' },
    g: { number: 6, kind: 'Graph' },
    floats: { number: 7, kind: 'float', repeated: true },
    ints: { number: 8, kind: 'int64', repeated: true },
    strings: { number: 9, kind: 'bytes', repeated: true },
    type: { number: 20, kind: 'int32' },
  },
  Tensor: {
    dims: { number: 1, kind: 'int64', repeated: true },
    dataType: { number: 2, kind: 'int32' },
    name: { number: 8, kind: 'string' },
    rawData: { number: 9, kind: 'bytes' },
  },
  ValueInfo: { name: { number: 1, kind: 'string' }, type: { number: 2, kind: 'Type' } },
  Type: { tensorType: { number: 1, kind: 'TensorType' } },
  TensorType: { elemType: { number: 1, kind: 'int32' }, shape: { number: 2, kind: 'Shape' } },
  Shape: { dim: { number: 1, kind: 'Dimension', repeated: true } },
  Dimension: { dimValue: { number: 1, kind: 'int64' }, dimParam: { number: 2, kind: 'string' } },
};
