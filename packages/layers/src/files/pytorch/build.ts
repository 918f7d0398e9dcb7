/** Tensors and plain values of what a file describes: storage by storage, so that no more than one is in memory besides its tensors. */
import { broadcastTo, tensor, zeros, type Tensor } from '@hebb/tensor';
import { DTypeName, TensorRecord, type TensorView } from './builders.ts';
import type { Container } from './container.ts';
import { quoted, type Fail } from './error.ts';
import { ComplexNumber } from './plain.ts';
import { Unreadable } from './unreadable.ts';
import { kindOf, Tuple } from './unpickler.ts';

/**
 * What a file of `torch.save` may hold: None is null, a list or tuple an array, a dict (a Counter or defaultdict, too) a Map in its order, a set a Set, bytes a Uint8Array, an integer beyond
 * 2⁵³ a bigint, a complex number `{ re, im }`, a number of NumPy a number, a device or dtype its text ('cuda:0', 'torch.float32').
 */
export type PyTorchValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Tensor
  | Uint8Array
  | { readonly re: number; readonly im: number }
  | readonly PyTorchValue[]
  | ReadonlySet<PyTorchValue>
  | ReadonlyMap<string | number | bigint | boolean | null, PyTorchValue>;

const deepest = 200;
/** Views of one storage may repeat its elements; not without end. */
const mostRepeated = 16;

/** The value with its tensors read. What is one object in the file is one here: tied weights are one tensor. */
export async function buildValue(value: unknown, container: Container, fail: Fail): Promise<PyTorchValue> {
  const found = new Map<TensorView, string>();
  collect(value, '', 0, new Set(), new Set(), found, fail);
  const tensors = await readTensors(found, container, fail);
  const made = new Map<unknown, PyTorchValue>();
  const convert = (part: unknown): PyTorchValue => {
    if (part instanceof TensorRecord) return tensors.get(part.view) as Tensor;
    if (part instanceof DTypeName) return part.name;
    if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return part as PyTorchValue;
    const before = made.get(part);
    if (before !== undefined) return before;
    const own = convertParts(part, convert);
    made.set(part, own);
    return own;
  };
  return convert(value);
}

function convertParts(value: object, convert: (part: unknown) => PyTorchValue): PyTorchValue {
  if (value instanceof ComplexNumber) return { re: value.re, im: value.im };
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key as string, convert(item)]));
  if (value instanceof Set) return new Set([...value].map(convert));
  return (value instanceof Tuple ? value.items : (value as unknown[])).map(convert);
}

/** The parts of a container by their names; undefined for what is none. */
function partsOf(value: object): Iterable<readonly [unknown, unknown]> | undefined {
  if (value instanceof Map) return value;
  if (value instanceof Set) return [...value].entries();
  if (value instanceof Tuple) return value.items.entries();
  return Array.isArray(value) ? value.entries() : undefined;
}

/** No message shows more of a name; a long key must not be copied for all that is behind it. */
const shownName = 100;

function nameWithin(outer: string, key: unknown): string {
  if (outer.length > shownName) return outer;
  const own = String(key).slice(0, shownName + 1);
  return outer === '' ? own : `${outer}.${own}`;
}

/** All tensors with a name for messages; throws for what is none and no plain value, for circles, and for what is nested too deeply. */
function collect(
  value: unknown,
  name: string,
  depth: number,
  open: Set<unknown>,
  done: Set<unknown>,
  found: Map<TensorView, string>,
  fail: Fail,
): void {
  if (typeof value !== 'object' || value === null || done.has(value)) return;
  if (value instanceof DTypeName || value instanceof ComplexNumber || value instanceof Uint8Array) return;
  if (value instanceof TensorRecord) {
    found.set(value.view, name);
    done.add(value);
    return;
  }
  if (value instanceof Unreadable) throw value.error(name, fail);
  const parts = partsOf(value);
  if (parts === undefined)
    throw fail(`${depth === 0 ? 'it' : quoted(name)} is ${kindOf(value)}, not a tensor or plain data`);
  if (open.has(value)) throw fail(`${quoted(name)} holds itself`);
  if (depth >= deepest) throw fail(`it is nested more than ${deepest} deep`);
  open.add(value);
  for (const [key, item] of parts) {
    if (key instanceof Unreadable) throw key.error(name, fail);
    if (key !== null && !['string', 'number', 'bigint', 'boolean'].includes(typeof key))
      throw fail(`a dict has a key that is ${kindOf(key)}`, 'What is beside it is read with { key }.');
    collect(item, nameWithin(name, key), depth + 1, open, done, found, fail);
  }
  open.delete(value);
  done.add(value);
}

/** Where in its storage a tensor is, and how: equal texts are one tensor. */
const placeOf = ({ format, offset, shape, strides }: TensorView): string =>
  [format.name, offset, ...shape, '|', ...strides].join(' ');

async function readTensors(
  found: ReadonlyMap<TensorView, string>,
  container: Container,
  fail: Fail,
): Promise<Map<TensorView, Tensor>> {
  const byStorage = new Map<string, TensorView[]>();
  for (const view of found.keys()) {
    const views = byStorage.get(view.storage.key);
    if (views === undefined) byStorage.set(view.storage.key, [view]);
    else views.push(view);
  }
  for (const [key, views] of byStorage) {
    const places = new Map(views.map((view) => [placeOf(view), sizeOf(innerShape(view)) * view.format.bytes]));
    const bytes = [...places.values()].reduce((sum, size) => sum + size, 0);
    const held = views[0]?.storage.bytes ?? 0;
    if (bytes > mostRepeated * Math.max(held, 1024))
      throw fail(
        `its tensors of the storage ${quoted(key)} would take ${bytes} bytes, and it has ${held}`,
        'Save x.clone() of tensors that overlap.',
      );
  }
  const tensors = new Map<TensorView, Tensor>();
  for (const views of byStorage.values()) {
    const [{ storage, format }] = views as [TensorView];
    const bytes = await container.readStorage(storage, format.bytes);
    const read = new Map<string, Tensor>();
    for (const view of views) {
      const place = placeOf(view);
      const own = read.get(place) ?? readView(view, bytes, found.get(view) ?? '', fail);
      read.set(place, own);
      tensors.set(view, own);
    }
  }
  return tensors;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** The shape without what is repeated along an axis. */
function innerShape({ shape, strides }: TensorView): number[] {
  return shape.map((extent, axis) => (strides[axis] === 0 ? Math.min(extent, 1) : extent));
}

function readView(view: TensorView, bytes: Uint8Array, name: string, fail: Fail): Tensor {
  const { format, shape } = view;
  const { dtype } = format;
  const inner = innerShape(view);
  if (sizeOf(shape) === 0) return zeros(shape, { dtype });
  try {
    const own = tensor(format.decode(elementsOf(view, inner, bytes)), { shape: inner, dtype });
    return inner.join() === shape.join() ? own : broadcastTo(own, shape);
  } catch (error) {
    if (error instanceof RangeError) throw fail(`${quoted(name)} cannot be read as ${dtype}: ${error.message}`);
    throw error;
  }
}

/** The elements of a view in a row, as they are stored. */
function elementsOf({ format, offset, strides }: TensorView, shape: readonly number[], bytes: Uint8Array): ArrayBuffer {
  const width = format.bytes;
  const count = sizeOf(shape);
  const [start, end] = [offset * width, (offset + count) * width];
  if (isContiguous(shape, strides)) {
    const { buffer, byteOffset } = bytes;
    // Read for this storage alone: its own memory, as it is.
    if (buffer instanceof ArrayBuffer && byteOffset === 0 && start === 0 && end === buffer.byteLength) return buffer;
    return new Uint8Array(bytes.subarray(start, end)).buffer;
  }
  const elements = new Uint8Array(count * width);
  const position = shape.map(() => 0);
  for (let i = 0, from = offset; i < count; i++) {
    for (let byte = 0; byte < width; byte++) elements[i * width + byte] = bytes[from * width + byte] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [extent, stride] = [shape[axis] as number, strides[axis] as number];
      const next = (position[axis] as number) + 1;
      if (next < extent) {
        position[axis] = next;
        from += stride;
        break;
      }
      position[axis] = 0;
      from -= (extent - 1) * stride;
    }
  }
  return elements.buffer;
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    if (extent === 1) continue;
    if (strides[axis] !== expected) return false;
    expected *= extent;
  }
  return true;
}
