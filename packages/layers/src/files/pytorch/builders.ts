/** What the pickle of a PyTorch file may name: storages, what makes tensors of them, and a few containers. Everything else is refused by its name. */
import { elementFormats, type ElementFormat, type ElementName } from '../elements.ts';
import { quoted, type Fail } from './error.ts';
import { kindOf, Tuple, type Builders } from './unpickler.ts';

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

  /** Bytes of the whole storage, and of an element in it. */
  readonly bytes: number;

  constructor(key: string, format: ElementFormat | undefined, size: number, offset = 0, length: number = size) {
    this.key = key;
    this.format = format;
    this.size = size;
    this.offset = offset;
    this.length = length;
    this.bytes = size * (format?.bytes ?? 1);
  }
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

/** A name that the pickle mentions and that stands for something. */
class Global {
  readonly kind: string;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
    this.kind = `the ${name} itself`;
  }
}

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

/** The element type of `torch.FloatStorage` or `torch.cuda.FloatStorage`. */
function storageFormat(name: string): ElementName | undefined {
  const [, own = ''] = /^torch\.(?:cuda\.)?(\w+)$/.exec(name) ?? [];
  return lookUp(storages, own);
}

const untypedStorages: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'torch.storage.UntypedStorage',
  'torch.UntypedStorage',
]);

function formatOf(name: ElementName): ElementFormat {
  return elementFormats.find((format) => format.name === name) as ElementFormat;
}

/** What calls make, by the name of what is called. */
type Call = (args: readonly unknown[], fail: Fail) => unknown;

const calls: Readonly<Record<string, Call>> = {
  'collections.OrderedDict': ([items, ...others], fail) => {
    if (others.length > 0 || (items !== undefined && !Array.isArray(items))) throw fail('it makes an OrderedDict of what is no list of pairs'); // prettier-ignore
    const dict = new Map<unknown, unknown>();
    for (const pair of (items ?? []) as readonly unknown[]) {
      const [key, value, ...more] = itemsOf(pair) ?? [];
      if (typeof key !== 'string' || value === undefined || more.length > 0) throw fail('it makes an OrderedDict of what is no list of pairs'); // prettier-ignore
      dict.set(key, value);
    }
    return dict;
  },
  'torch.Size': ([sizes, ...others], fail) => {
    const items = itemsOf(sizes ?? new Tuple([]));
    if (others.length > 0 || items === undefined) throw fail('it makes a torch.Size of what is no tuple');
    return new Tuple(items);
  },
  // (storage, offset, shape, strides)
  'torch._utils._rebuild_tensor': (args, fail) => tensorOf(args, undefined, fail),
  // (storage, offset, shape, strides, requires_grad, backward_hooks, metadata?)
  'torch._utils._rebuild_tensor_v2': (args, fail) => {
    const [, , , , , , metadata = null] = args;
    refuseBits(metadata, fail);
    return tensorOf(args, undefined, fail);
  },
  // (storage, offset, shape, strides, requires_grad, backward_hooks, dtype, metadata?)
  'torch._utils._rebuild_tensor_v3': (args, fail) => {
    const [, , , , , , dtype, metadata = null] = args;
    const name = dtype instanceof Global ? lookUp(dtypes, dtype.name.replace(/^torch\./, '')) : undefined;
    if (name === undefined) throw fail(`a tensor in it has ${kindOf(dtype)} for its dtype`);
    refuseBits(metadata, fail);
    return tensorOf(args, formatOf(name), fail);
  },
  // (tensor, requires_grad, backward_hooks)
  'torch._utils._rebuild_parameter': parameterOf,
  // (tensor, requires_grad, backward_hooks, attributes)
  'torch._utils._rebuild_parameter_with_state': parameterOf,
};

/** What makes something else, and what to do about it. */
const hints: readonly (readonly [RegExp, string])[] = [
  [/^torch\.(?:cuda\.)?Complex(?:Float|Double)Storage$/, 'No dtype here holds complex numbers: save torch.view_as_real(x).'], // prettier-ignore
  [/^torch\.(?:cuda\.)?Q\w+Storage$|_rebuild_qtensor$/, 'Quantised tensors are not read: save x.dequantize().'],
  [/^torch\.(?:float8|complex)/, 'Save it in a dtype that is read: x.float().'],
  [/_rebuild_sparse/, 'Sparse tensors are not read: save x.to_dense().'],
  [/^numpy\./, 'Numbers of NumPy are objects to Python: save float(x), or torch.from_numpy(x).'],
  [/\.(?:nn|models?|modules?)\./, 'It holds a whole module: save model.state_dict().'],
];

/** How the values of one file are built; `fail` is given what is wrong with the pickle. */
export function builders(fail: Fail): Builders {
  const known = new Map<string, StorageRecord>();
  return {
    global(name) {
      const isKnown = lookUp(calls, name) ?? storageFormat(name) ?? lookUp(dtypes, name.replace(/^torch\./, ''));
      if (isKnown !== undefined || untypedStorages.has(name)) return new Global(name);
      throw refused(name, fail);
    },
    call(callable, args) {
      const call = callable instanceof Global ? lookUp(calls, callable.name) : undefined;
      if (call === undefined) throw fail(`it calls ${kindOf(callable)}`);
      return call(args, fail);
    },
    // `_metadata` of a state dict: the versions of its modules.
    build(target, state) {
      if (!(target instanceof Map)) throw fail(`it sets attributes of ${kindOf(target)}`);
      if (!(state instanceof Map)) throw fail(`it sets attributes of a dict to ${kindOf(state)}`);
    },
    persistent(id) {
      const storage = storageOf(id, fail);
      const before = known.get(storage.key);
      if (before !== undefined && (before.format !== storage.format || before.size !== storage.size))
        throw fail(`it describes the storage ${quoted(storage.key)} in two ways`);
      known.set(storage.key, storage);
      return storage;
    },
  };
}

function refused(name: string, fail: Fail): Error {
  const [, hint] = hints.find(([pattern]) => pattern.test(name)) ?? [];
  return fail(
    `it names ${quoted(name)}, which is not for tensors and plain data. Nothing of it was run`,
    hint ??
      'Save tensors, dicts, lists, texts and numbers alone; do not load the file with Python unless you trust it.',
  );
}

function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (value instanceof Tuple) return value.items;
  return Array.isArray(value) ? value : undefined;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** ('storage', type, key, location, number of elements, view?), where a view is (key, offset, length). */
function storageOf(id: unknown, fail: Fail): StorageRecord {
  const [what, type, key, , size, view = null, ...others] = itemsOf(id) ?? [];
  if (what === 'module') throw fail('it holds a whole module, with its source', 'Save model.state_dict().');
  if (what !== 'storage' || others.length > 0) throw fail('it names something outside of it that is no storage');
  const name = type instanceof Global ? type.name : '';
  const element = storageFormat(name);
  if (element === undefined && !untypedStorages.has(name)) throw fail(`a storage in it has ${kindOf(type)} for its type`); // prettier-ignore
  if (typeof key !== 'string' || !/^[\w-]{1,100}$/.test(key)) throw fail(`a storage in it has the key ${quoted(key)}`);
  if (!isCount(size)) throw fail(`the storage ${quoted(key)} is said to have ${quoted(size)} elements`);
  const format = element === undefined ? undefined : formatOf(element);
  if (view === null) return new StorageRecord(key, format, size);
  const [, offset, length] = itemsOf(view) ?? [];
  if (!isCount(offset) || !isCount(length) || offset + length > size)
    throw fail(`a view of the storage ${quoted(key)} is outside of it`);
  return new StorageRecord(key, format, size, offset, length);
}

/** Elements count in int32 here. */
const mostElements = 2 ** 31 - 1;
const mostAxes = 64;

function tensorOf(args: readonly unknown[], dtype: ElementFormat | undefined, fail: Fail): TensorRecord {
  const [storage, offset, size, stride] = args;
  if (!(storage instanceof StorageRecord)) throw fail(`it makes a tensor of ${kindOf(storage)}`);
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

function parameterOf([tensor]: readonly unknown[], fail: Fail): TensorRecord {
  if (!(tensor instanceof TensorRecord)) throw fail(`it makes a parameter of ${kindOf(tensor)}`);
  return tensor;
}

/** A tensor may be the negative or the conjugate of what its storage holds. */
function refuseBits(metadata: unknown, fail: Fail): void {
  if (metadata === null) return;
  if (!(metadata instanceof Map)) throw fail(`a tensor in it has ${kindOf(metadata)} for its metadata`);
  for (const bit of ['neg', 'conj'])
    if (metadata.get(bit) === true) throw fail(`a tensor in it is kept as ${bit}`, 'Save x.resolve_neg().resolve_conj().'); // prettier-ignore
}
