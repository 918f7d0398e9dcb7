/** NumPy's file of one array: a header in Python's syntax, then the elements. Format: numpy.lib.format, versions 1.0 to 3.0. */
import { describe, requireBytes } from '../arguments/index.ts';
import { DTypeError, ShapeError, ArgumentError } from '../graph/errors.ts';
import type { DType } from '../graph/types.ts';
import { requireTensor } from '../handle.ts';
import { tensor } from '../ops/creation.ts';
import { permute } from '../ops/movement.ts';
import type { Tensor } from '../tensor.ts';
import { halfBits, halfValue } from '../graph/half.ts';

const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

type Read = (view: DataView, offset: number, little: boolean) => number;

/** What can be read, by NumPy's letter and number of bytes. */
const elements: Readonly<Record<string, { readonly dtype: DType; readonly read: Read }>> = {
  b1: { dtype: 'bool', read: (view, at) => Number(view.getUint8(at) !== 0) },
  i1: { dtype: 'int32', read: (view, at) => view.getInt8(at) },
  u1: { dtype: 'uint8', read: (view, at) => view.getUint8(at) },
  i2: { dtype: 'int32', read: (view, at, little) => view.getInt16(at, little) },
  u2: { dtype: 'int32', read: (view, at, little) => view.getUint16(at, little) },
  i4: { dtype: 'int32', read: (view, at, little) => view.getInt32(at, little) },
  u4: { dtype: 'int32', read: (view, at, little) => view.getUint32(at, little) },
  i8: { dtype: 'int32', read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  u8: { dtype: 'int32', read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  f2: { dtype: 'float16', read: (view, at, little) => halfValue(view.getUint16(at, little)) },
  f4: { dtype: 'float32', read: (view, at, little) => view.getFloat32(at, little) },
  f8: { dtype: 'float32', read: (view, at, little) => view.getFloat64(at, little) },
};

const written: Readonly<Record<DType, string>> = {
  float32: '<f4',
  float16: '<f2',
  int32: '<i4',
  uint8: '|u1',
  bool: '|b1',
};

function notNpy(op: string, what: string): ArgumentError {
  return new ArgumentError(`[${op}] this is no .npy file: ${what}.`, {
    hint: 'numpy.save writes one; of an archive (.npz) decodeNpz reads all arrays.',
  });
}

/**
 * The array of an `.npy` file. float16, float32, uint8 and bool stay what they are, float64 becomes float32, other integers int32; arrays in Fortran's order and in either
 * order of bytes are read, too.
 *
 * Throws {@link ArgumentError} for bytes that are no such file, {@link DTypeError} for elements of another kind (complex numbers, texts, records), and for
 * numbers that float32 or int32 cannot hold.
 *
 * ```ts
 * const bytes = await encodeNpy(tensor([[1, 2], [3, 4]]));
 * await decodeNpy(bytes).toArray(); // [[1, 2], [3, 4]]
 * ```
 */
export function decodeNpy(bytes: Uint8Array): Tensor {
  return readNpy('decodeNpy', bytes);
}

export function readNpy(op: string, bytes: Uint8Array): Tensor {
  requireBytes(op, 'the file', bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte)) throw notNpy(op, 'its first bytes are others');
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3 || bytes[7] !== 0)
    throw notNpy(op, `its version is ${version}.${bytes[7]}; 1.0, 2.0 and 3.0 are known`);
  const start = version === 1 ? 10 : 12;
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > bytes.length) throw notNpy(op, 'it ends within its header');
  const header = new TextDecoder().decode(bytes.subarray(start, end));
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const extents = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(header)?.[1];
  const described = /'descr'\s*:\s*('[^']*'|\[)/.exec(header)?.[1];
  if (order === undefined || extents === undefined || described === undefined)
    throw notNpy(op, `its header is ${describe(header)}`);
  const [, endian = '', kind = ''] = /^'([<>=|]?)(\w+)'$/.exec(described) ?? [];
  const element = Object.hasOwn(elements, kind) ? elements[kind] : undefined;
  if (element === undefined) {
    throw new DTypeError(`[${op}] cannot read elements of NumPy's type ${described === '[' ? 'record' : described}.`, {
      hint: 'It reads bool, integers and floating-point numbers: array.astype("float32").',
    });
  }
  const shape = (extents.match(/\d+/g) ?? []).map(Number);
  const size = shape.reduce((product, n) => product * n, 1);
  const width = Number(kind.slice(1));
  if (end + size * width > bytes.length) {
    const count = Math.floor((bytes.length - end) / width);
    throw new ShapeError(
      `[${op}] the file is cut off: it has ${count} of the ${size} elements of [${shape.join(', ')}].`,
    );
  }
  const values = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const value = element.read(view, end + i * width, endian !== '>');
    // NaN and infinities are themselves; a finite number that float32 makes infinite is lost.
    if (element.dtype === 'float32' && Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
      throw outOfRange(op, 'float32', i, value);
    if (element.dtype === 'int32' && (value | 0) !== value) throw outOfRange(op, 'int32', i, value);
    values[i] = value;
  }
  const { dtype } = element;
  if (order === 'False') return tensor(values, { shape, dtype });
  const axes = shape.map((_, axis) => shape.length - 1 - axis);
  return permute(tensor(values, { shape: [...shape].reverse(), dtype }), axes);
}

function outOfRange(op: string, dtype: DType, element: number, value: number): DTypeError {
  return new DTypeError(`[${op}] element ${element} is ${value}, which ${dtype} cannot hold.`);
}

/**
 * The bytes of an `.npy` file with the elements of a tensor, as `numpy.save` writes them, in row-major order.
 *
 * Throws what reading a value throws.
 *
 * ```ts
 * const bytes = await encodeNpy(tensor([1, 2, 3])); // numpy.load reads it
 * bytes.length; // 140
 * ```
 */
export async function encodeNpy(x: Tensor): Promise<Uint8Array> {
  requireTensor('encodeNpy', 'x', x);
  const { shape, dtype } = x;
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${written[dtype]}', 'fortran_order': False, 'shape': (${extents}), }`;
  // The elements begin at a multiple of 64 bytes.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const header = new TextEncoder().encode(`${text.padEnd(length - 1)}\n`);
  const data = await x.data();
  const width = Number(written[dtype].slice(2));
  const bytes = new Uint8Array(10 + length + width * data.length);
  bytes.set(magic);
  bytes.set([1, 0, length & 255, length >> 8], 6);
  bytes.set(header, 10);
  const view = new DataView(bytes.buffer, 10 + length);
  if (dtype === 'float16') (data as Float32Array).forEach((value, i) => view.setUint16(2 * i, halfBits(value), true));
  else if (data instanceof Float32Array) data.forEach((value, i) => view.setFloat32(4 * i, value, true));
  else if (data instanceof Int32Array) data.forEach((value, i) => view.setInt32(4 * i, value, true));
  else bytes.set(data, 10 + length);
  return bytes;
}
