/** Element types and interned tensor types. Two types are equal exactly when they are the same object. */

/**
 * Element type of a tensor: IEEE 754's binary32 and binary16, integers from −2³¹ to 2³¹ − 1 and from 0 to 255, truth values. float16 and uint8 are computed as
 * float32 and int32, and rounded or wrapped after each operation.
 */
export type DType = 'float32' | 'float16' | 'int32' | 'uint8' | 'bool';

/** All dtypes, the later of two being what they have in common: see {@link promoteTypes}. */
export const dtypes: readonly DType[] = ['bool', 'uint8', 'int32', 'float16', 'float32'];

/** Bytes that an element takes on the host, and in WebAssembly. */
export const elementBytes: Readonly<Record<DType, number>> = { float32: 4, float16: 2, int32: 4, uint8: 1, bool: 4 };

/** Most elements of a tensor: positions are 32-bit integers on the devices. */
export const largestSize: number = 2 ** 31 - 1;

/** Whether gradients flow through numbers of this dtype. */
export function isFloat(dtype: DType): dtype is 'float32' | 'float16' {
  return dtype === 'float32' || dtype === 'float16';
}

/** Whether numbers of this dtype are integers. */
export function isInteger(dtype: DType): dtype is 'int32' | 'uint8' {
  return dtype === 'int32' || dtype === 'uint8';
}

/** The dtype that numbers of this one are computed in. */
export function computedDType(dtype: DType): 'float32' | 'int32' | 'bool' {
  return dtype === 'float16' ? 'float32' : dtype === 'uint8' ? 'int32' : dtype;
}

/** A shape and an element type; made only by {@link tensorType} and {@link tupleType}, which return one object per distinct type. */
export interface TensorType {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly size: number;
  /**
   * Of a node with several results, their types. Such a node is read by `result` nodes alone; its dtype is float32 where a gradient may
   * reach one of them, and its size that of all.
   */
  readonly parts: readonly TensorType[] | undefined;
}

interface TrieNode {
  children: Map<number, TrieNode>;
  type: TensorType | undefined;
}

const emptyRoots = (): Record<DType, TrieNode> => ({
  float32: { children: new Map(), type: undefined },
  float16: { children: new Map(), type: undefined },
  int32: { children: new Map(), type: undefined },
  uint8: { children: new Map(), type: undefined },
  bool: { children: new Map(), type: undefined },
});

/** Types held while they are young; past that they live as long as somebody holds them, so that a program may meet any number of shapes. */
const youngTypes = 16_384;

let roots = emptyRoots();
let tuples = new Map<string, TensorType>();
let young: TensorType[] = [];
let old = new Map<string, WeakRef<TensorType>>();
let nextId = 1;

/** The unique {@link TensorType} for a dtype and shape. */
export function tensorType(dtype: DType, shape: readonly number[]): TensorType {
  let node = roots[dtype];
  for (const extent of shape) {
    let child = node.children.get(extent);
    if (child === undefined) {
      child = { children: new Map(), type: undefined };
      node.children.set(extent, child);
    }
    node = child;
  }
  return (node.type ??= remembered(dtype, shape, undefined));
}

/** The unique type of several values of these types. */
export function tupleType(parts: readonly TensorType[]): TensorType {
  const name = formatParts(parts);
  const known = tuples.get(name);
  if (known !== undefined) return known;
  const type = remembered(parts.some(({ dtype }) => isFloat(dtype)) ? 'float32' : 'int32', [], parts);
  tuples.set(name, type);
  return type;
}

function remembered(dtype: DType, shape: readonly number[], parts: readonly TensorType[] | undefined): TensorType {
  const known = old.size === 0 ? undefined : old.get(format(dtype, shape, parts))?.deref();
  const type = known ?? {
    id: nextId++,
    dtype,
    shape: Object.freeze([...shape]),
    size: parts === undefined ? sizeOf(shape) : parts.reduce((total, { size }) => total + size, 0),
    parts,
  };
  young.push(type);
  if (young.length > youngTypes) age();
  return type;
}

function age(): void {
  const alive = [...old].filter(([, reference]) => reference.deref() !== undefined);
  old = new Map([...alive, ...young.map((type) => [formatType(type), new WeakRef(type)] as const)]);
  young = [];
  roots = emptyRoots();
  tuples = new Map();
}

/** `float32[2,3]`, the way types print everywhere; `(float32[2], int32[])` of several values. */
export function formatType({ dtype, shape, parts }: TensorType): string {
  return format(dtype, shape, parts);
}

function format(dtype: DType, shape: readonly number[], parts: readonly TensorType[] | undefined): string {
  return parts === undefined ? `${dtype}[${shape.join(',')}]` : formatParts(parts);
}

function formatParts(parts: readonly TensorType[]): string {
  return `(${parts.map(formatType).join(', ')})`;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] ?? 1;
  }
  return strides;
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** A number of bytes for people: '800 bytes', '12.5 MiB'. */
export function formatBytes(bytes: number): string {
  return bytes < 2 ** 16 ? `${bytes} bytes` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
