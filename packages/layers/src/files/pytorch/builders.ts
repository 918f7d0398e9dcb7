/** What the pickle of a PyTorch file may name: storages, what makes tensors of them, and plain data. Whatever else it names is unreadable. */
import { elementFormats, type ElementFormat, type ElementName } from '../elements.ts';
import { quoted, type Fail } from './error.ts';
import { Global, isPlain, itemsOf, NumpyType, plainCalls, type Call, type Making } from './plain.ts';
import { calledUnreadable, unknownName, Unreadable } from './unreadable.ts';
import { kindOf, type Builders } from './unpickler.ts';

/** Elements in a row that the file holds, not read yet. */
export class StorageRecord {
  readonly kind = 'a storage';
  readonly key: string;
  /** Undefined where the tensor says the type of the elements. */
  readonly format: ElementFormat | undefined;
  /** The whole storage has so many elements (bytes where no format is known), … */
  readonly size: number;
  /** … of which this one is these. */
  readonly offset: number;
  readonly length: number;

  /** Bytes of the whole storage. */
  readonly bytes: number;
  /** Where its elements are none that are read: what tensors of it are. */
  readonly foreign: Unreadable | undefined;

  constructor(
    key: string,
    format: ElementFormat | undefined,
    size: number,
    { offset = 0, length = size, foreign }: { offset?: number; length?: number; foreign?: ForeignElements } = {},
  ) {
    this.key = key;
    this.format = format;
    this.size = size;
    this.offset = offset;
    this.length = length;
    this.bytes = size * (foreign?.bytes ?? format?.bytes ?? 1);
    this.foreign = foreign?.value;
  }
}

interface ForeignElements {
  readonly bytes: number;
  readonly value: Unreadable;
}

/** A tensor that the file describes: elements of a storage from `offset` on, in steps. */
export interface TensorView {
  readonly storage: StorageRecord;
  readonly format: ElementFormat;
  /** In elements of the whole storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export class TensorRecord {
  readonly kind = 'a tensor';
  readonly view: TensorView;

  constructor(view: TensorView) {
    this.view = view;
  }
}

/** `torch.float32`, a value of its own and the type of a tensor of an untyped storage. */
export class DTypeName {
  readonly kind: string;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
    this.kind = `the ${name.slice(0, 100)} itself`;
  }
}

const dtypeName = /^torch\.(?:b?float\d+\w*|complex\d+|q?u?int\d+\w*|bits\w+|bool)$/;

const storages: Readonly<Record<string, ElementName>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/** Bytes of elements that are not read, so that the storages behind them are found. */
const foreignStorages: Readonly<Record<string, number>> = {
  ComplexFloatStorage: 8,
  ComplexDoubleStorage: 16,
  QInt8Storage: 1,
  QUInt8Storage: 1,
  QInt32Storage: 4,
};

/** Types of elements that a tensor of an untyped storage names. */
const dtypes: Readonly<Record<string, ElementName>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
};

const lookUp = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** The name in `torch.FloatStorage` and in `torch.cuda.FloatStorage`. */
const storageName = (name: string): string => /^torch\.(?:cuda\.)?(\w+)$/.exec(name)?.[1] ?? '';

const untypedStorages: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'torch.storage.UntypedStorage',
  'torch.UntypedStorage',
]);

function formatOf(name: ElementName): ElementFormat {
  return elementFormats.find((format) => format.name === name) as ElementFormat;
}

/** What makes tensors, by the name of what is called. */
const calls: Readonly<Record<string, Call>> = {
  // (storage, offset, shape, strides)
  'torch._utils._rebuild_tensor': (args, { fail }) => tensorOf(args, undefined, fail),
  // (storage, offset, shape, strides, requires_grad, backward_hooks, metadata?)
  'torch._utils._rebuild_tensor_v2': (args, { fail }) => {
    const [, , , , , , metadata = null] = args;
    return bitsOf(metadata, fail) ?? tensorOf(args, undefined, fail);
  },
  // (storage, offset, shape, strides, requires_grad, backward_hooks, dtype, metadata?)
  'torch._utils._rebuild_tensor_v3': (args, { fail }) => {
    const [, , , , , , dtype, metadata = null] = args;
    if (!(dtype instanceof DTypeName)) throw fail(`a tensor in it has ${kindOf(dtype)} for its dtype`);
    const name = lookUp(dtypes, dtype.name.replace(/^torch\./, ''));
    if (name === undefined) return unknownName(dtype.name);
    return bitsOf(metadata, fail) ?? tensorOf(args, formatOf(name), fail);
  },
  // (tensor, requires_grad, backward_hooks)
  'torch._utils._rebuild_parameter': parameterOf,
  // (tensor, requires_grad, backward_hooks, attributes)
  'torch._utils._rebuild_parameter_with_state': parameterOf,
};

/** No name in Python comes near; a long one out of the notes must not be looked at again and again. */
const longestName = 1000;
/** No call takes more. */
const mostArguments = 16;

/** How the values of one file are built; `fail` is given what is wrong with the pickle, `size` is how many bytes it has. */
export function builders(fail: Fail, size: number): Builders {
  const known = new Map<string, StorageRecord>();
  let spent = 0;
  const spend = (count: number): void => {
    spent += count;
    if (spent > size) throw fail(`it copies more than the ${size} bytes that it has`);
  };
  return {
    global(name) {
      if (name.length > longestName) throw fail(`it names what has a name of ${name.length} characters`);
      if (dtypeName.test(name)) return new DTypeName(name);
      const isTensors = lookUp(calls, name) ?? lookUp(storages, storageName(name)) ?? lookUp(foreignStorages, storageName(name)); // prettier-ignore
      if (isTensors !== undefined || untypedStorages.has(name) || isPlain(name)) return new Global(name);
      return unknownName(name);
    },
    call(callable, args) {
      if (callable instanceof Unreadable) return calledUnreadable(callable, args);
      if (!(callable instanceof Global)) throw fail(`it calls ${kindOf(callable)}`);
      if (args.length > mostArguments) throw fail(`it calls ${kindOf(callable)} with ${args.length} arguments`);
      // What is made of it is not read, either.
      const unreadable = args.find((arg) => arg instanceof Unreadable);
      if (unreadable !== undefined) return unreadable;
      const call = lookUp(calls, callable.name) ?? lookUp(plainCalls, callable.name);
      return call === undefined
        ? new Unreadable(`what ${callable.name} makes`, `it calls ${callable.kind}`, 'Save tensors, dicts, lists, texts and numbers alone.') // prettier-ignore
        : call(args, { fail, spend });
    },
    // `_metadata` of a state dict: the versions of its modules.
    build(target, state) {
      if (target instanceof Unreadable) return;
      if (target instanceof NumpyType) return target.setState(state, fail);
      if (!(target instanceof Map)) throw fail(`it sets attributes of ${kindOf(target)}`);
      if (!(state instanceof Map)) throw fail(`it sets attributes of a dict to ${kindOf(state)}`);
    },
    persistent(id) {
      const storage = storageOf(id, fail);
      if (storage instanceof Unreadable) return storage;
      const before = known.get(storage.key);
      if (before !== undefined && (before.format !== storage.format || before.bytes !== storage.bytes))
        throw fail(`it describes the storage ${quoted(storage.key)} in two ways`);
      known.set(storage.key, storage);
      return storage;
    },
  };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** ('storage', type, key, location, number of elements, view?), where a view is (key, offset, length). */
function storageOf(id: unknown, fail: Fail): StorageRecord | Unreadable {
  const items = itemsOf(id) ?? [];
  const [what, type, key, , size, view = null] = items;
  // ('module', class, file, source)
  if (what === 'module')
    return type instanceof Unreadable
      ? type
      : new Unreadable('a whole module', 'it holds a whole module, with its source', 'Save model.state_dict().');
  if (what !== 'storage' || items.length > 6) throw fail('it names something outside of it that is no storage');
  if (type instanceof Unreadable) return type;
  const name = type instanceof Global ? type.name : '';
  const element = lookUp(storages, storageName(name));
  const foreignBytes = lookUp(foreignStorages, storageName(name));
  if (element === undefined && foreignBytes === undefined && !untypedStorages.has(name)) throw fail(`a storage in it has ${kindOf(type)} for its type`); // prettier-ignore
  if (typeof key !== 'string' || !/^[\w-]{1,100}$/.test(key)) throw fail(`a storage in it has the key ${quoted(key)}`);
  if (!isCount(size)) throw fail(`the storage ${quoted(key)} is said to have ${quoted(size)} elements`);
  const format = element === undefined ? undefined : formatOf(element);
  if (foreignBytes !== undefined)
    return new StorageRecord(key, undefined, size, { foreign: { bytes: foreignBytes, value: unknownName(name) } });
  if (view === null) return new StorageRecord(key, format, size);
  const [, offset, length] = itemsOf(view) ?? [];
  if (!isCount(offset) || !isCount(length) || offset + length > size)
    throw fail(`a view of the storage ${quoted(key)} is outside of it`);
  return new StorageRecord(key, format, size, { offset, length });
}

/** Elements count in int32 here. */
const mostElements = 2 ** 31 - 1;
const mostAxes = 64;

function tensorOf(args: readonly unknown[], dtype: ElementFormat | undefined, fail: Fail): TensorRecord | Unreadable {
  const [storage, offset, size, stride] = args;
  if (!(storage instanceof StorageRecord)) throw fail(`it makes a tensor of ${kindOf(storage)}`);
  if (storage.foreign !== undefined) return storage.foreign;
  const [shape, strides] = [itemsOf(size), itemsOf(stride)];
  const format = dtype ?? storage.format;
  if (format === undefined) throw fail('it makes a tensor of an untyped storage without a dtype');
  if (storage.format !== undefined && storage.format !== format)
    throw fail(`it makes a tensor of ${format.name} of a storage of ${storage.format.name}`);
  if (!isCount(offset)) throw fail(`a tensor in it begins at ${quoted(offset)}`);
  if (shape === undefined || shape.length > mostAxes || !shape.every(isCount))
    throw fail(`a tensor in it has the shape ${quoted(listed(shape))}`);
  if (strides?.length !== shape.length || !strides.every(isCount))
    throw fail(`a tensor of shape [${shape.join(', ')}] in it has the strides ${quoted(listed(strides))}`);
  const unit = storage.format === undefined ? format.bytes : 1;
  const held = Math.floor(storage.length / unit);
  const base = storage.offset / unit + offset;
  if (!Number.isInteger(base)) throw fail(`a view of the storage ${quoted(storage.key)} begins within an element`);
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (count > mostElements)
    throw fail(`a tensor in it has the shape [${shape.join(', ')}], more than ${mostElements} elements`);
  const last = shape.reduce((sum, extent, axis) => sum + (extent - 1) * (strides[axis] as number), offset);
  if (count > 0 && last >= held)
    throw fail(
      `a tensor of shape [${shape.join(', ')}] and strides [${strides.join(', ')}] in it reaches to element ${last} of the storage ${quoted(storage.key)}, which has ${held}`,
    );
  // A storage of 0.1 kB must not become a tensor of 4 GB; what is repeated along an axis takes nothing.
  const distinct = shape.reduce((product, extent, axis) => (strides[axis] === 0 ? product : product * extent), 1);
  if (distinct > held && count > 0)
    throw fail(
      `a tensor of shape [${shape.join(', ')}] and strides [${strides.join(', ')}] in it uses the ${held} elements of its storage over and over`,
      'Save x.contiguous().',
    );
  return new TensorRecord({ storage, format, offset: base, shape, strides });
}

function listed(values: readonly unknown[] | undefined): string {
  return values === undefined ? 'nothing' : `[${values.slice(0, 8).map(String).join(', ')}]`;
}

function parameterOf([tensor]: readonly unknown[], { fail }: Making): TensorRecord {
  if (!(tensor instanceof TensorRecord)) throw fail(`it makes a parameter of ${kindOf(tensor)}`);
  return tensor;
}

/** A tensor may be the negative or the conjugate of what its storage holds, which is not read. */
function bitsOf(metadata: unknown, fail: Fail): Unreadable | undefined {
  if (metadata === null) return undefined;
  if (!(metadata instanceof Map)) throw fail(`a tensor in it has ${kindOf(metadata)} for its metadata`);
  const bit = ['neg', 'conj'].find((name) => metadata.get(name) === true);
  if (bit === undefined) return undefined;
  return new Unreadable(`a tensor kept as ${bit}`, `a tensor in it is kept as ${bit}`, 'Save x.resolve_neg().resolve_conj().'); // prettier-ignore
}
