/** Values of Python that are plain data, and that a pickle makes by calls: dicts that count, sets, bytes, complex numbers, devices, numbers of NumPy. */
import { halfValue } from '@hebb/tensor/arguments';
import { quoted, type Fail } from './error.ts';
import { unknownName, Unreadable } from './unreadable.ts';
import { kindOf, narrow, Tuple } from './unpickler.ts';

/** A name that the pickle mentions and that stands for something. */
export class Global {
  /** Under its name of today, … */
  readonly name: string;
  /** … and as the file has it. */
  readonly kind: string;

  constructor(name: string) {
    this.name = todaysName(name);
    this.kind = `the ${name} itself`;
  }
}

/** Modules of Python 2 and of NumPy that have another name now, or had one before. */
export function todaysName(name: string): string {
  return name
    .replace(/^__builtin__\./, 'builtins.')
    .replace(/^copy_reg\./, 'copyreg.')
    .replace(/^numpy\._core\./, 'numpy.core.');
}

export class ComplexNumber {
  readonly kind = 'a complex number';
  readonly re: number;
  readonly im: number;

  constructor(re: number, im: number) {
    this.re = re;
    this.im = im;
  }
}

/** A type of NumPy's numbers; attributes that are set later say the order of its bytes. */
export class NumpyType {
  readonly kind = 'a dtype of NumPy';
  readonly code: string;
  littleEndian = true;

  constructor(code: string) {
    this.code = code;
  }

  /** (version, order, …) */
  setState(state: unknown, fail: Fail): void {
    const order = state instanceof Tuple ? state.items[1] : undefined;
    if (typeof order !== 'string' || !['<', '>', '|', '='].includes(order)) throw fail('a dtype of NumPy in it has no order of bytes'); // prettier-ignore
    this.littleEndian = order !== '>';
  }
}

/** What a call may use besides its arguments. */
export interface Making {
  readonly fail: Fail;
  /** Counts items and bytes that are copied: a pickle can name what is large again and again, and all copies together are no more than the pickle has bytes. */
  readonly spend: (count: number) => void;
}

export type Call = (args: readonly unknown[], making: Making) => unknown;

export function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (value instanceof Tuple) return value.items;
  return Array.isArray(value) ? value : undefined;
}

const orderedDict: Call = ([items, ...others], { fail, spend }) => {
  const pairs = items === undefined ? [] : items;
  const wrong = (): Error => fail('it makes an OrderedDict of what is no list of pairs');
  if (others.length > 0 || !Array.isArray(pairs)) throw wrong();
  spend(pairs.length);
  const dict = new Map<unknown, unknown>();
  for (const pair of pairs as readonly unknown[]) {
    const both = itemsOf(pair);
    if (both?.length !== 2) throw wrong();
    dict.set(both[0], both[1]);
  }
  return dict;
};

const setOf: Call = ([items = [], ...others], { fail, spend }) => {
  const list = itemsOf(items);
  if (list === undefined || others.length > 0) throw fail(`it makes a set of ${kindOf(items)}`);
  spend(list.length);
  return new Set(list);
};

/** `bytes` of protocols before 3 are a text in Latin-1 and a call. */
const encoded: Call = ([text, encoding], { fail, spend }) => {
  if (typeof text !== 'string' || typeof encoding !== 'string') throw fail(`it makes bytes of ${kindOf(text)}`);
  if (!/^latin-?1$/.test(encoding)) return unknownName(`_codecs.encode to ${encoding.slice(0, 100)}`);
  spend(text.length);
  return Uint8Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code > 255) throw fail(`bytes in it have the character ${quoted(character)}, which is none of Latin-1`);
    return code;
  });
};

const bytesOf: Call = (args, making) => {
  const [value] = args;
  if (args.length === 0) return new Uint8Array(0);
  if (args.length === 1 && value instanceof Uint8Array) return value;
  return encoded(args, making);
};

/** Types that values name, a `defaultdict` its factory, say; they are no values themselves. */
const typeName = /^(?:builtins\.(?:int|long|float|bool|str|unicode|list|tuple|dict|object)|copyreg\._reconstructor)$/;

/** What calls make, by the name of what is called. */
export const plainCalls: Readonly<Record<string, Call>> = {
  'collections.OrderedDict': orderedDict,
  'collections.Counter': ([counts = new Map<unknown, unknown>(), ...others], { fail }) => {
    if (!(counts instanceof Map) || others.length > 0) throw fail(`it makes a Counter of ${kindOf(counts)}`);
    return counts;
  },
  // The factory makes what is missing: nothing is missing here, and nothing calls it.
  'collections.defaultdict': ([factory = null, ...others], { fail }) => {
    if (!(factory === null || factory instanceof Global) || others.length > 0)
      throw fail(`it makes a defaultdict with ${kindOf(factory)} for its factory`);
    return new Map<unknown, unknown>();
  },
  'builtins.set': setOf,
  'builtins.frozenset': setOf,
  '_codecs.encode': encoded,
  'builtins.bytes': bytesOf,
  'builtins.bytearray': bytesOf,
  'builtins.complex': ([re, im], { fail }) => {
    if (typeof re !== 'number' || typeof im !== 'number') throw fail('it makes a complex number of what are no numbers'); // prettier-ignore
    return new ComplexNumber(re, im);
  },
  'torch.Size': ([sizes, ...others], { fail }) => {
    const items = itemsOf(sizes ?? new Tuple([]));
    if (others.length > 0 || items === undefined) throw fail('it makes a torch.Size of what is no tuple');
    return new Tuple(items);
  },
  'torch.device': ([type, index], { fail }) => {
    if (typeof type !== 'string' || !(index === undefined || Number.isSafeInteger(index))) throw fail(`it makes a device of ${kindOf(type)}`); // prettier-ignore
    return index === undefined ? type : `${type.slice(0, 100)}:${Number(index)}`;
  },
  'numpy.dtype': ([code], { fail }) => {
    if (typeof code !== 'string') throw fail(`it makes a dtype of NumPy of ${kindOf(code)}`);
    return Object.hasOwn(numbers, code) ? new NumpyType(code) : numpyValue(code);
  },
  'numpy.core.multiarray.scalar': ([type, content], { fail }) => {
    if (!(type instanceof NumpyType)) throw fail(`it makes a number of NumPy of ${kindOf(type)}`);
    const [width, read] = numbers[type.code] as NumberFormat;
    // A `str` of Python 2 that happens to be a text, too.
    const bytes = typeof content === 'string' && content.length <= width ? new TextEncoder().encode(content) : content;
    if (!(bytes instanceof Uint8Array && bytes.length === width))
      throw fail(`a number of NumPy in it, ${type.code}, does not have ${width} bytes`);
    return read(new DataView(bytes.buffer, bytes.byteOffset, width), type.littleEndian);
  },
};

/** Whether a name stands for a value that this file makes, or for a type. */
export function isPlain(name: string): boolean {
  const own = todaysName(name);
  return Object.hasOwn(plainCalls, own) || typeName.test(own);
}

type NumberFormat = readonly [width: number, read: (view: DataView, little: boolean) => unknown];

const numbers: Readonly<Record<string, NumberFormat>> = {
  b1: [1, (view) => view.getUint8(0) !== 0],
  i1: [1, (view) => view.getInt8(0)],
  u1: [1, (view) => view.getUint8(0)],
  i2: [2, (view, little) => view.getInt16(0, little)],
  u2: [2, (view, little) => view.getUint16(0, little)],
  i4: [4, (view, little) => view.getInt32(0, little)],
  u4: [4, (view, little) => view.getUint32(0, little)],
  i8: [8, (view, little) => narrow(view.getBigInt64(0, little))],
  u8: [8, (view, little) => narrow(view.getBigUint64(0, little))],
  f2: [2, (view, little) => halfValue(view.getUint16(0, little))],
  f4: [4, (view, little) => view.getFloat32(0, little)],
  f8: [8, (view, little) => view.getFloat64(0, little)],
  c8: [8, (view, little) => new ComplexNumber(view.getFloat32(0, little), view.getFloat32(4, little))],
  c16: [16, (view, little) => new ComplexNumber(view.getFloat64(0, little), view.getFloat64(8, little))],
};

function numpyValue(code: string): Unreadable {
  const what = `a value of NumPy of the type ${quoted(code)}`;
  return new Unreadable(what, `it is ${what}, not a number`, 'Save numbers, float(x), or texts, str(x).');
}
