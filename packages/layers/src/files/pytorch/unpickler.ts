/**
 * Python's pickles (protocols 0 to 5; PEP 3154, PEP 574, `pickletools`), the opcodes that plain data needs. A pickle is a program for a machine with a stack; this machine has no
 * instruction that imports or calls anything: what a global stands for, and what a call of one makes, say the `builders`; what they do not know is an {@link Unreadable}, to which everything
 * may happen and nothing does. Other opcodes are refused by name.
 *
 * It is a loop over bytes. Nothing recurses, each opcode makes one value, and how many there may be is limited.
 */
import { quoted, type Fail } from './error.ts';
import { Unreadable } from './unreadable.ts';

/** A tuple, which unlike a list nothing can be appended to. */
export class Tuple {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** A dict, in its order. */
export type Dict = Map<unknown, unknown>;

/** What a pickle may do besides plain data. */
export interface Builders {
  /** What `module.name` stands for; an Unreadable for what is not known. */
  global(name: string): unknown;
  /** The result of a call. */
  call(callable: unknown, args: readonly unknown[]): unknown;
  /** Sets attributes. */
  build(target: unknown, state: unknown): void;
  /** What an id of something outside the pickle stands for. */
  persistent(id: unknown): unknown;
}

export interface Unpickled {
  readonly value: unknown;
  /** The byte behind the pickle. */
  readonly end: number;
}

/** The bytes end within the pickle. */
export class PickleEnds extends Error {
  static override readonly name: string = 'PickleEnds';
}

/** Enough for 150,000 tensors, and few enough for memory. */
const mostOpcodes = 2 ** 23;
const mostContainers = 2 ** 20;
const mostMemos = 2 ** 21;
const longestLine = 1000;
const longestInteger = 1024;

const nothing = new Tuple([]);

/** Opcodes by their byte; those that are known by name alone are refused. */
const names: Readonly<Record<number, string>> = {
  0x80: 'PROTO', 0x95: 'FRAME', 0x2e: 'STOP', 0x28: 'MARK', 0x30: 'POP', 0x31: 'POP_MARK', 0x32: 'DUP',
  0x46: 'FLOAT', 0x47: 'BINFLOAT', 0x49: 'INT', 0x4a: 'BININT', 0x4b: 'BININT1', 0x4d: 'BININT2', 0x4c: 'LONG', 0x8a: 'LONG1', 0x8b: 'LONG4',
  0x4e: 'NONE', 0x88: 'NEWTRUE', 0x89: 'NEWFALSE',
  0x53: 'STRING', 0x54: 'BINSTRING', 0x55: 'SHORT_BINSTRING', 0x56: 'UNICODE', 0x58: 'BINUNICODE', 0x8c: 'SHORT_BINUNICODE', 0x8d: 'BINUNICODE8',
  0x42: 'BINBYTES', 0x43: 'SHORT_BINBYTES', 0x8e: 'BINBYTES8', 0x96: 'BYTEARRAY8', 0x97: 'NEXT_BUFFER', 0x98: 'READONLY_BUFFER',
  0x5d: 'EMPTY_LIST', 0x61: 'APPEND', 0x65: 'APPENDS', 0x6c: 'LIST', 0x29: 'EMPTY_TUPLE', 0x74: 'TUPLE', 0x85: 'TUPLE1', 0x86: 'TUPLE2', 0x87: 'TUPLE3',
  0x7d: 'EMPTY_DICT', 0x64: 'DICT', 0x73: 'SETITEM', 0x75: 'SETITEMS', 0x8f: 'EMPTY_SET', 0x90: 'ADDITEMS', 0x91: 'FROZENSET',
  0x67: 'GET', 0x68: 'BINGET', 0x6a: 'LONG_BINGET', 0x70: 'PUT', 0x71: 'BINPUT', 0x72: 'LONG_BINPUT', 0x94: 'MEMOIZE',
  0x63: 'GLOBAL', 0x93: 'STACK_GLOBAL', 0x52: 'REDUCE', 0x62: 'BUILD', 0x69: 'INST', 0x6f: 'OBJ', 0x81: 'NEWOBJ', 0x92: 'NEWOBJ_EX',
  0x82: 'EXT1', 0x83: 'EXT2', 0x84: 'EXT4', 0x50: 'PERSID', 0x51: 'BINPERSID',
}; // prettier-ignore

/**
 * Runs the pickle that begins at `start`. Throws what `fail` makes for a wrong one, and {@link PickleEnds} where the bytes end in it.
 */
export function unpickle(bytes: Uint8Array, start: number, builders: Builders, fail: Fail): Unpickled {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const marks: number[] = [];
  const memo: unknown[] = [];
  let noted = 0;
  let at = start;
  let containers = 0;

  /** Where the next `length` bytes begin. */
  const skip = (length: number): number => {
    if (!(length <= bytes.length - at)) throw new PickleEnds();
    at += length;
    return at - length;
  };
  const take = (length: number): Uint8Array => {
    const from = skip(length);
    return bytes.subarray(from, from + length);
  };
  const byte = (): number => view.getUint8(skip(1));
  const uint16 = (): number => view.getUint16(skip(2), true);
  const uint32 = (): number => view.getUint32(skip(4), true);
  const uint64 = (): number => Number(view.getBigUint64(skip(8), true));
  const decode = (text: Uint8Array): string => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
    } catch {
      throw fail('a text in it is not UTF-8');
    }
  };
  const rawLine = (): Uint8Array => {
    const end = bytes.subarray(at, at + longestLine).indexOf(0x0a);
    if (end < 0) {
      if (bytes.length - at < longestLine) throw new PickleEnds();
      throw fail(`a line in it is longer than ${longestLine} bytes`);
    }
    const text = take(end);
    skip(1);
    return text;
  };
  const line = (): string => decode(rawLine());
  const matching = (pattern: RegExp, what: string): string => {
    const text = line();
    if (!pattern.test(text)) throw fail(`the ${what} ${quoted(text)} in it is none`);
    return text;
  };
  const pop = (): unknown => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw fail('it takes from an empty stack');
    return stack.pop();
  };
  const popMark = (): unknown[] => {
    const mark = marks.pop();
    if (mark === undefined) throw fail('it goes back to a mark that was not set');
    return stack.splice(mark);
  };
  const top = (): unknown => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw fail('it takes from an empty stack');
    return stack[stack.length - 1];
  };
  const counted = <T>(container: T): T => {
    if (++containers > mostContainers) throw fail(`it makes more than ${mostContainers} lists, tuples and dicts`);
    return container;
  };
  const tuple = (length: number): Tuple => {
    const items = Array.from({ length }, pop).reverse();
    return counted(new Tuple(items));
  };
  const append = (list: unknown, items: readonly unknown[]): void => {
    if (list instanceof Unreadable) return;
    if (!Array.isArray(list)) throw fail(`it appends to ${kindOf(list)}`);
    for (const item of items) list.push(item);
  };
  const setItems = (dict: unknown, items: readonly unknown[]): void => {
    if (dict instanceof Unreadable) return;
    if (!(dict instanceof Map)) throw fail(`it sets an item of ${kindOf(dict)}`);
    if (items.length % 2 !== 0) throw fail('it sets an item of a dict without a value');
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  };
  /** What an instruction that makes an instance of a class gives. */
  const instance = (opcode: string, type: unknown): Unreadable => {
    if (type instanceof Unreadable) return type;
    throw refuse(opcode, 'is not for plain data');
  };
  const get = (index: number): unknown => {
    const value = memo[index];
    if (value === undefined) throw fail(`it recalls the value ${index}, which it did not note`);
    return value;
  };
  const put = (index: number): void => {
    if (index >= mostMemos) throw fail(`it notes a value as number ${index}, and ${mostMemos} may be noted`);
    if (memo[index] === undefined) noted++;
    memo[index] = top();
  };
  const integer = (length: number): number | bigint => {
    if (length > longestInteger) throw fail(`an integer in it has ${length} bytes`);
    const digits = take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i] ?? 0);
    return narrow(length === 0 ? 0n : BigInt.asIntN(8 * length, value));
  };
  const refuse = (name: string, what: string): Error =>
    fail(`its opcode ${name} ${what}`, 'Only tensors, dicts, lists, tuples, texts and numbers are read; save those.');

  for (let count = 0; ; count++) {
    if (count > mostOpcodes) throw fail(`it has more than ${mostOpcodes} opcodes`);
    const opcode = byte();
    const name = names[opcode];
    switch (name) {
      case 'PROTO': {
        const protocol = byte();
        if (protocol > 5) throw fail(`its protocol is ${protocol}; 0 to 5 are known`);
        break;
      }
      case 'FRAME': {
        const length = uint64();
        if (!(length <= bytes.length - at)) throw new PickleEnds();
        break;
      }
      case 'STOP': {
        const value = pop();
        if (stack.length > 0) throw fail('it ends with values left over');
        return { value, end: at };
      }
      case 'MARK':
        marks.push(stack.length);
        break;
      case 'POP':
        if (stack.length > (marks.at(-1) ?? 0)) stack.pop();
        else popMark();
        break;
      case 'POP_MARK':
        popMark();
        break;
      case 'DUP':
        stack.push(top());
        break;

      case 'NONE':
        stack.push(null);
        break;
      case 'NEWTRUE':
        stack.push(true);
        break;
      case 'NEWFALSE':
        stack.push(false);
        break;
      case 'BINFLOAT':
        stack.push(view.getFloat64(skip(8), false));
        break;
      case 'FLOAT':
        stack.push(toFloat(matching(/^[+-]?(?:inf|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i, 'number')));
        break;
      case 'INT': {
        const text = matching(/^[+-]?\d+$/, 'integer');
        stack.push(text === '00' ? false : text === '01' ? true : narrow(toInteger(text)));
        break;
      }
      case 'LONG':
        stack.push(narrow(toInteger(matching(/^[+-]?\d+L?$/, 'integer').replace('L', ''))));
        break;
      case 'BININT':
        stack.push(view.getInt32(skip(4), true));
        break;
      case 'BININT1':
        stack.push(byte());
        break;
      case 'BININT2':
        stack.push(uint16());
        break;
      case 'LONG1':
        stack.push(integer(byte()));
        break;
      case 'LONG4':
        stack.push(integer(uint32()));
        break;
      case 'UNICODE':
        stack.push(unescaped(String.fromCharCode(...rawLine()), fail));
        break;
      case 'BINUNICODE':
        stack.push(decode(take(uint32())));
        break;
      case 'SHORT_BINUNICODE':
        stack.push(decode(take(byte())));
        break;
      case 'BINSTRING':
        stack.push(textOrBytes(take(uint32())));
        break;
      case 'SHORT_BINSTRING':
        stack.push(textOrBytes(take(byte())));
        break;
      case 'BINBYTES':
        stack.push(new Uint8Array(take(uint32())));
        break;
      case 'SHORT_BINBYTES':
        stack.push(new Uint8Array(take(byte())));
        break;
      case 'BINBYTES8':
      case 'BYTEARRAY8':
        stack.push(new Uint8Array(take(uint64())));
        break;
      case 'BINUNICODE8':
        stack.push(decode(take(uint64())));
        break;

      case 'EMPTY_LIST':
        stack.push(counted([]));
        break;
      case 'LIST':
        stack.push(counted(popMark()));
        break;
      case 'APPEND': {
        const item = pop();
        append(top(), [item]);
        break;
      }
      case 'APPENDS': {
        const items = popMark();
        append(top(), items);
        break;
      }
      case 'EMPTY_TUPLE':
        stack.push(nothing);
        break;
      case 'TUPLE':
        stack.push(counted(new Tuple(popMark())));
        break;
      case 'TUPLE1':
        stack.push(tuple(1));
        break;
      case 'TUPLE2':
        stack.push(tuple(2));
        break;
      case 'TUPLE3':
        stack.push(tuple(3));
        break;
      case 'EMPTY_DICT':
        stack.push(counted(new Map<unknown, unknown>()));
        break;
      case 'DICT': {
        const items = popMark();
        const dict = counted(new Map<unknown, unknown>());
        setItems(dict, items);
        stack.push(dict);
        break;
      }
      case 'SETITEM': {
        const value = pop();
        const key = pop();
        setItems(top(), [key, value]);
        break;
      }
      case 'SETITEMS': {
        const items = popMark();
        setItems(top(), items);
        break;
      }

      case 'EMPTY_SET':
        stack.push(counted(new Set<unknown>()));
        break;
      case 'FROZENSET':
        stack.push(counted(new Set(popMark())));
        break;
      case 'ADDITEMS': {
        const items = popMark();
        const set = top();
        if (set instanceof Unreadable) break;
        if (!(set instanceof Set)) throw fail(`it adds to ${kindOf(set)}`);
        for (const item of items) set.add(item);
        break;
      }

      case 'GET':
        stack.push(get(Number(matching(/^\d{1,10}$/, 'note'))));
        break;
      case 'BINGET':
        stack.push(get(byte()));
        break;
      case 'LONG_BINGET':
        stack.push(get(uint32()));
        break;
      case 'PUT':
        put(Number(matching(/^\d{1,10}$/, 'note')));
        break;
      case 'BINPUT':
        put(byte());
        break;
      case 'LONG_BINPUT':
        put(uint32());
        break;
      case 'MEMOIZE':
        put(noted);
        break;

      case 'GLOBAL': {
        const module = line();
        stack.push(builders.global(`${module}.${line()}`));
        break;
      }
      case 'STACK_GLOBAL': {
        const own = pop();
        const module = pop();
        if (typeof own !== 'string' || typeof module !== 'string') throw fail('it names a global by what is no text');
        stack.push(builders.global(`${module}.${own}`));
        break;
      }
      case 'REDUCE': {
        const args = pop();
        const callable = pop();
        if (!(args instanceof Tuple)) throw fail(`it calls with ${kindOf(args)} for arguments`);
        stack.push(counted(builders.call(callable, args.items)));
        break;
      }
      case 'BUILD': {
        const state = pop();
        builders.build(top(), state);
        break;
      }
      case 'BINPERSID':
        stack.push(builders.persistent(pop()));
        break;
      case 'PERSID':
        throw refuse(name, `names something outside of it, ${quoted(line())}`);
      case 'INST': {
        const module = line();
        const type = builders.global(`${module}.${line()}`);
        popMark();
        stack.push(instance(name, type));
        break;
      }
      case 'OBJ':
        stack.push(instance(name, popMark()[0]));
        break;
      case 'NEWOBJ_EX':
        pop();
        pop();
        stack.push(instance(name, pop()));
        break;
      case 'NEWOBJ':
        pop();
        stack.push(instance(name, pop()));
        break;
      case undefined:
        throw fail(`it has an opcode that does not exist, ${opcode}`);
      default:
        throw refuse(name, 'is not for plain data');
    }
  }
}

/** What a value is, for a message. */
export function kindOf(value: unknown): string {
  if (value === null) return 'None';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Tuple) return 'a tuple';
  if (value instanceof Map) return 'a dict';
  if (value instanceof Set) return 'a set';
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'a bool';
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number';
  const { kind = 'nothing' } = (value ?? {}) as { readonly kind?: string };
  return kind;
}

/** A number where it is one exactly. */
export function narrow(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function toInteger(text: string): bigint {
  return BigInt(text.replace('+', '').replace('-', '')) * (text.startsWith('-') ? -1n : 1n);
}

function toFloat(text: string): number {
  const [sign, size] = [text.startsWith('-') ? -1 : 1, text.replace(/^[+-]/, '').toLowerCase()];
  return sign * (size === 'inf' ? Infinity : size === 'nan' ? NaN : Number(size));
}

/** A `str` of Python 2 is bytes; mostly they are a text. */
function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}

/** Text of protocol 0: Latin letters beyond ASCII as they are, others as \uXXXX and \UXXXXXXXX. */
function unescaped(text: string, fail: Fail): string {
  return text.replace(/\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8}))/g, (escape, short?: string, long?: string) => {
    const code = Number.parseInt(short ?? long ?? '', 16);
    if (code > 0x10ffff) throw fail(`a text in it has ${quoted(escape)}, which is no character`);
    return String.fromCodePoint(code);
  });
}
