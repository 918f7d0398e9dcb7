/** Types of elements in files, and how they become ours. */
import type { DType } from '@hebb/tensor';
import { halfValue } from '@hebb/tensor/arguments';

/** Names of element types in files, as safetensors has them. */
export type ElementName = 'F64' | 'I64' | 'U64' | 'F32' | 'I32' | 'U32' | 'F16' | 'BF16' | 'I16' | 'U16' | 'I8' | 'U8' | 'BOOL'; // prettier-ignore

/** How elements are stored, and how they become ours. */
export interface ElementFormat {
  readonly name: ElementName;
  readonly bytes: number;
  readonly dtype: DType;
  /** The elements; `buffer` holds exactly them, little-endian. Throws RangeError for a value that does not fit. */
  decode(buffer: ArrayBuffer): Float32Array | Int32Array | Uint8Array;
}

/** In the order in which safetensors are written: wide elements first, so that each lies at a multiple of its size. */
export const elementFormats: readonly ElementFormat[] = [
  {
    name: 'F64',
    bytes: 8,
    dtype: 'float32',
    decode: (buffer) => Float32Array.from(new Float64Array(buffer), toFloat32),
  },
  { name: 'I64', bytes: 8, dtype: 'int32', decode: (buffer) => Int32Array.from(new BigInt64Array(buffer), toInt32) },
  { name: 'U64', bytes: 8, dtype: 'int32', decode: (buffer) => Int32Array.from(new BigUint64Array(buffer), toInt32) },
  { name: 'F32', bytes: 4, dtype: 'float32', decode: (buffer) => new Float32Array(buffer) },
  { name: 'I32', bytes: 4, dtype: 'int32', decode: (buffer) => new Int32Array(buffer) },
  {
    name: 'U32',
    bytes: 4,
    dtype: 'int32',
    decode: (buffer) => Int32Array.from(new Uint32Array(buffer), (value) => toInt32(BigInt(value))),
  },
  {
    name: 'F16',
    bytes: 2,
    dtype: 'float16',
    decode: (buffer) => Float32Array.from(new Uint16Array(buffer), halfValue),
  },
  {
    name: 'BF16',
    bytes: 2,
    dtype: 'float32',
    decode: (buffer) => new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer),
  },
  { name: 'I16', bytes: 2, dtype: 'int32', decode: (buffer) => Int32Array.from(new Int16Array(buffer)) },
  { name: 'U16', bytes: 2, dtype: 'int32', decode: (buffer) => Int32Array.from(new Uint16Array(buffer)) },
  { name: 'I8', bytes: 1, dtype: 'int32', decode: (buffer) => Int32Array.from(new Int8Array(buffer)) },
  { name: 'U8', bytes: 1, dtype: 'uint8', decode: (buffer) => new Uint8Array(buffer) },
  { name: 'BOOL', bytes: 1, dtype: 'bool', decode: (buffer) => new Uint8Array(buffer) },
];

/** NaN and ∞ are themselves; a finite number that would become ∞ is lost. */
function toFloat32(value: number): number {
  if (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
    throw new RangeError(`the value ${value} does not fit into float32`);
  return value;
}

function toInt32(value: bigint): number {
  if (value !== BigInt.asIntN(32, value)) throw new RangeError(`the value ${value} does not fit into int32`);
  return Number(value);
}
