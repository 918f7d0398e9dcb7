/**
 * Files that are damaged, or made to harm: each ends in a typed error that says why, at once, without memory for what it claims to hold.
 *
 * @module-tag long: hundreds of harmful files.
 */
import { readFileSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';
import { setDevice, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { PyTorchFileError, readPyTorch, readPyTorchObject, type PyTorchValue } from '../src/index.ts';
import {
  archive,
  bytes,
  call,
  dict,
  floats,
  fourFloats,
  global,
  integer,
  legacy,
  little,
  mark,
  pickle,
  proto,
  storage,
  tensorPickle,
  text,
  tuple,
  zip,
  type Piece,
} from './support/pytorch-file.ts';

beforeAll(() => setDevice('reference'));

const refused = JSON.parse(readFileSync(new URL('golden/pytorch-refused.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, string>
>;
const names = (name: string): string => `it names '${name}', which is not for tensors and plain data. Nothing of it was run`; // prettier-ignore
const one = pickle(dict('x', tensorPickle()));
/** What is saved with the last argument of `_rebuild_tensor_v2` saying so. */
const negative = call('torch._utils._rebuild_tensor_v2', storage('0', 4), integer(0), tuple(integer(4)), tuple(integer(1)), 0x89, '}', dict('neg', 0x88)); // prettier-ignore
const repeated = (count: number, ...pieces: readonly Uint8Array[]): Uint8Array =>
  bytes(...Array.from({ length: count }, () => bytes(...pieces)));
const view = (key: string, ...others: readonly Uint8Array[]): Uint8Array =>
  bytes(tuple(text('storage'), global('torch.FloatStorage'), text(key), text('cpu'), integer(4), ...others), 'Q');
const bomb = deflateRawSync(new Uint8Array(2 ** 24));

type Case = readonly [what: string, file: Uint8Array, message: string];

/** What Python saved (tools/golden/pytorch_files.py). */
const saved: readonly (readonly [name: string, message: string])[] = [
  ['os.system, zip', names('posix.system')],
  ['os.system, legacy', names('posix.system')],
  ['os.system, protocol 4', names('posix.system')],
  ['os.system as a key', names('posix.system')],
  ['eval', names('__builtin__.eval')],
  ['subprocess', names('commands.Popen')],
  ['pickle.loads', names('pickle.loads')],
  ['functools.partial', names('functools.partial')],
  ['an instance', names('argparse.Namespace')],
  ['a whole module, zip', 'hint: It holds a whole module: save model.state_dict().'],
  ['a whole module, legacy', names('torch.nn.modules.linear.Linear')],
  ['TorchScript', 'it is a program of TorchScript'],
  ['a complex tensor', 'hint: No dtype here holds complex numbers'],
  ['a quantised tensor', 'hint: Quantised tensors are not read'],
  ['a sparse tensor', 'hint: Sparse tensors are not read'],
  ['a storage', 'it is a storage, not a tensor or plain data'],
  ['pickle.dump', 'it is a pickle, but not one of torch.save'],
  ['pickle.dump of a call', 'it is none that torch.save writes'],
  ['tar', 'it is a tar archive, the format before PyTorch 0.1.10'],
  ['too large for int32', "'ids' cannot be read as int32: the value 2147483648 does not fit into int32"],
  ['too large for float32', "'model.scale' cannot be read as float32: the value 1e+300 does not fit into float32"],
  ['tuples as keys', 'a dict has a key that is a tuple'],
  ['a defaultdict of a class', names('__main__.Net')],
  ['an array of NumPy', 'hint: Arrays of NumPy are objects to Python: save torch.from_numpy(x)'],
  ['a date of NumPy', "it is a value of NumPy of the type 'M8', not a number"],
  ['a function in a list', `'1.f' cannot be read: ${names('torch._C._VariableFunctionsClass.relu')}`],
  ['a class in a set', names('torch.nn.modules.linear.Linear')],
  ...['1, zip', '2, zip', '4, zip', '1, legacy', '2, legacy', '4, legacy'].map((form) => [`beside ${form}`, `'before' cannot be read: ${names('torch.ComplexFloatStorage')}`] as const), // prettier-ignore
];

const code: readonly Case[] = [
  ['INST', archive(bytes(mark, text('id'), 'iposix\nsystem\n.')), names('posix.system')],
  ['INST of what is known', archive(bytes(mark, 'icollections\nOrderedDict\n.')), 'its opcode INST is not for plain data'],
  ['OBJ of a function', archive(pickle(mark, global('posix.system'), text('id'), 'o')), names('posix.system')],
  ['OBJ of nothing', archive(pickle(mark, 'o')), 'its opcode OBJ is not for plain data'],
  ['NEWOBJ of a function', archive(pickle(global('posix.system'), tuple(text('id')), 0x81)), names('posix.system')],
  ['NEWOBJ_EX of a function', archive(pickle(global('posix.system'), tuple(text('id')), '}', 0x92)), names('posix.system')],
  ['what a call made, called', archive(pickle(call('posix.system', text('id')), tuple(text('id')), 'R')), names('posix.system')],
  ['what a call made, with attributes, items and members', archive(pickle(call('posix.system', text('id')), '}', 'b', 'N', 'a', 'N', 'N', 's', mark, 'N', 0x90)), names('posix.system')],
  ['a tensor of what a call made', archive(pickle(call('torch._utils._rebuild_tensor_v2', call('posix.system', text('id'))))), names('posix.system')],
  ['a function that makes what is missing', archive(pickle(call('collections.defaultdict', global('posix.system')))), names('posix.system')],
  ['a function in a set', archive(pickle(call('builtins.set', bytes(']', global('posix.system'), 'a')))), names('posix.system')],
  ['a function for a storage', archive(pickle(tuple(text('storage'), global('posix.system'), text('0'), text('cpu'), 'K', 4), 'Q')), names('posix.system')],
  ['a function for a module', archive(pickle(tuple(text('module'), global('posix.system'), text('x'), text('y')), 'Q')), names('posix.system')],
  ['a member of a module', archive(pickle(call('__builtin__.getattr', global('posix.path'), text('system')))), names('posix.path.system')],
  ['a member of a member, a thousand deep', archive(pickle(repeated(1000, bytes(global('__builtin__.getattr'), mark)), global('posix.path'), repeated(1000, bytes(text('system'), 'tR')))), "it names 'posix.path.system.system"],
  ['a codec that is a program', archive(pickle(call('_codecs.encode', text('x'), text('hex')))), names('_codecs.encode to hex')],
  ['a dtype of objects', archive(pickle(call('numpy.core.multiarray.scalar', call('numpy.dtype', text('O8')), text('x')))), "a value of NumPy of the type 'O8'"],
  ['a dtype that is a name of JavaScript', archive(pickle(call('numpy.dtype', text('constructor')))), "a value of NumPy of the type 'constructor'"],
  ['a type that is called', archive(pickle(call('builtins.list', ']'))), 'it calls the builtins.list itself'],
  ['OBJ', archive(pickle(mark, global('collections.OrderedDict'), 'o')), 'its opcode OBJ is not for plain data'],
  ['NEWOBJ', archive(pickle(global('collections.OrderedDict'), ')', 0x81)), 'its opcode NEWOBJ is not for plain data'],
  ['NEWOBJ_EX', archive(pickle(global('collections.OrderedDict'), ')', '}', 0x92)), 'its opcode NEWOBJ_EX is not'],
  ['a name from the stack', archive(pickle(text('posix'), text('system'), 0x93)), names('posix.system')],
  ['a name that is no text', archive(pickle('K', 1, 'K', 2, 0x93)), 'it names a global by what is no text'],
  ['a name out of the memo', archive(pickle(text('posix'), 'q', 0, text('system'), 'q', 1, '0', '0', 'h', 0, 'h', 1, 0x93)), names('posix.system')], // prettier-ignore
  ['attributes of names that are known', archive(pickle(global('torch._utils.os'))), names('torch._utils.os')],
  ["JavaScript's own names", archive(pickle(global('torch.constructor'))), names('torch.constructor')],
  ['__proto__', archive(pickle(global('.__proto__'))), names('.__proto__')],
  ['a call of a storage class', archive(pickle(call('torch.FloatStorage', 'K', 4))), 'it calls the torch.FloatStorage itself'],
  ['a call of a text', archive(pickle(text('system'), tuple(text('id')), 'R')), 'it calls a text'],
  ['a call of a call', archive(pickle(call('collections.OrderedDict'), ')', 'R')), 'it calls a dict'],
  ['arguments that are a list', archive(pickle(global('collections.OrderedDict'), ']', 'R')), 'it calls with a list for arguments'],
  ['attributes of a tensor', archive(pickle(tensorPickle(), '}', 'b')), 'it sets attributes of a tensor'],
  ['attributes that are a call', archive(pickle(call('collections.OrderedDict'), tuple(), 'b')), 'it sets attributes of a dict to a tuple'],
  ['an extension', archive(pickle(0x82, 1)), 'its opcode EXT1 is not for plain data'],
  ['an id in text', archive(bytes('Pmodule\n.')), "its opcode PERSID names something outside of it, 'module'"],
  ['an id of a module', archive(pickle(tuple(text('module'), text('x')), 'Q')), 'it holds a whole module, with its source'],
  ['an id of something else', archive(pickle(text('x'), 'Q')), 'it names something outside of it that is no storage'],
  ['a class in the place of a value', archive(pickle(global('torch.FloatStorage'))), 'it is the torch.FloatStorage itself, not a tensor'],
]; // prettier-ignore

const archives: readonly Case[] = [
  ['a way up', archive(one, { others: [{ name: 'a/../../etc/passwd', data: bytes('x') }] }), "'a/../../etc/passwd', which would lie outside of it"],
  ['an absolute path', archive(one, { others: [{ name: '/etc/passwd', data: bytes('x') }] }), "a file '/etc/passwd', which would"],
  ["Windows' path", archive(one, { others: [{ name: 'a\\..\\x', data: bytes('x') }] }), 'which would lie outside of it'],
  ['a drive', archive(one, { others: [{ name: 'C:x', data: bytes('x') }] }), "a file 'C:x', which would lie outside of it"],
  ['a storage that is a path', archive(pickle(tensorPickle({ key: '../../x' }))), "a storage in it has the key '../../x'"],
  ['a name twice', zip([{ name: 'a/data.pkl', data: one }, { name: 'a/data.pkl', data: one }]), 'it has two files of the name "a/data.pkl"'],
  ['two values', archive(one, { others: [{ name: 'b/data.pkl', data: one }] }), 'its archive has more than one data.pkl'],
  ['no value', zip([{ name: 'x.npy', data: one }]), 'its archive has no data.pkl'],
  ['a wrong checksum', archive(one, { others: [{ name: 'a/data/0', data: fourFloats, crc: 1 }] }), 'the checksum of a/data/0 is another one'],
  ['a wrong checksum of the pickle', archive(one, { others: [{ name: 'a/data.pkl', data: one, crc: 1 }] }), 'the checksum of a/data.pkl is another one'],
  ['another name where it begins', archive(one, { others: [{ name: 'a/data/0', localName: 'a/data/1', data: fourFloats }] }), 'a/data/0 is "a/data/1" where it begins'],
  ['entries in one another', archive(one, { others: [{ name: 'a/data/0', data: fourFloats, position: 20 }] }), 'a/data.pkl overlaps another file'],
  ['a size beyond the file', archive(one, { others: [{ name: 'a/data/0', data: fourFloats, size: 2 ** 31, packed: 2 ** 31 }] }), 'it ends within a/data/0'],
  ['a size of 8 EB', archive(one, { others: [{ name: 'a/data/0', data: fourFloats, wide: [2n ** 63n, 2n ** 63n, 0n] }] }), 'it ends within a/data/0'],
  ['64-bit sizes that are missing', archive(one, { others: [{ name: 'a/data/0', data: fourFloats, size: 0xffffffff }] }), 'the sizes of a/data/0 are missing'],
  ['a stored file of two sizes', archive(one, { others: [{ name: 'a/data/0', data: fourFloats, size: 2 ** 30 }] }), 'said to be 1073741824 bytes, which 16 bytes cannot hold'],
  ['more than deflate can pack', archive(one, { others: [{ name: 'a/data/0', data: bomb, method: 8, size: 2 ** 31 }] }), 'said to be 2147483648 bytes, which'],
  ['a deflated bomb', archive(one, { others: [{ name: 'a/data/0', data: bomb, method: 8, size: 16 }] }), 'a/data/0 does not decompress'],
  ['deflated noise', archive(one, { others: [{ name: 'a/data/0', data: bytes(7, 7, 7), method: 8, size: 16 }] }), 'a/data/0 does not decompress'],
  ['an unknown method', archive(one, { others: [{ name: 'a/data/0', data: fourFloats, method: 12 }] }), 'is compressed by method 12, and 0 and 8 are known'],
  ['encryption', archive(one, { others: [{ name: 'a/data/0', data: fourFloats, flags: 1 }] }), 'a/data/0 is encrypted'],
  ['a directory of 60,000', zip([{ name: 'a/data.pkl', data: one }], { count: 60_000 }), 'cannot list 60000 files'],
  ['a future version', archive(one, { version: '11\n' }), "its format has the version '11'; 1 to 10 are known"],
  ['a version that is none', archive(one, { version: '-3' }), "its format has the version '-3'"],
  ['an order of bytes that is none', archive(one, { others: [{ name: 'a/byteorder', data: bytes('middle') }] }), "its order of bytes is 'middle'"],
  ['no storage', archive(one, { storages: {} }), "the storage '0' is missing"],
  ['a storage that is too short', archive(one, { storages: { 0: bytes(1, 2, 3) } }), "the storage '0' is said to have 16 bytes, and has 3"],
  ['a storage of two sizes', archive(pickle(dict('x', tensorPickle()), text('y'), tensorPickle({ size: 5 }), 's')), "describes the storage '0' in two ways"],
  ['a cut archive', archive(one).subarray(0, 300), 'it is no whole ZIP archive: it has no directory at its end'],
  ['nothing', bytes(), 'it is empty'],
  ['a pointer of Git LFS', bytes('version https://git-lfs.github.com/spec/v1\n'), 'it is a pointer of Git LFS, not the file'],
]; // prettier-ignore

const huge: readonly Case[] = [
  ['a shape of 10¹⁸', archive(pickle(tensorPickle({ shape: [1e9, 1e9], strides: [1e9, 1] }))), 'more than 2147483647 elements'],
  ['a shape of 10¹⁸ that repeats one number', archive(pickle(tensorPickle({ shape: [1e9, 1e9], strides: [0, 0] }))), 'more than 2147483647 elements'],
  ['a shape beyond 2⁵³', archive(pickle(tensorPickle({ shape: [2n ** 62n], strides: [1] }))), 'has the shape \'[4611686018427387904]\''],
  ['a shape of a gigabyte', archive(pickle(tensorPickle({ shape: [2 ** 28] }))), "reaches to element 268435455 of the storage '0', which has 4"],
  ['a storage of 16 TB', archive(pickle(tensorPickle({ size: 2 ** 42, shape: [2 ** 30] }))), "said to have 17592186044416 bytes, and has 16"],
  ['a storage of a negative size', archive(pickle(tensorPickle({ size: -4 }))), "the storage '0' is said to have '-4' elements"],
  ['a negative extent', archive(pickle(tensorPickle({ shape: [-1] }))), "has the shape '[-1]'"],
  ['a negative stride', archive(pickle(tensorPickle({ strides: [-1] }))), "has the strides '[-1]'"],
  ['a negative offset', archive(pickle(tensorPickle({ offset: -1 }))), "a tensor in it begins at '-1'"],
  ['an offset beyond the storage', archive(pickle(tensorPickle({ offset: 1 }))), "reaches to element 4 of the storage '0', which has 4"],
  ['windows over and over', archive(pickle(tensorPickle({ shape: [2, 2, 2, 1], strides: [1, 1, 1, 1] }))), 'uses the 4 elements of its storage over and over'],
  ['strides of another length', archive(pickle(tensorPickle({ shape: [2, 2], strides: [1] }))), "has the strides '[1]'"],
  ['a thousand axes', archive(pickle(tensorPickle({ shape: Array(1000).fill(1), strides: Array(1000).fill(1) }))), 'has the shape'],
  ['thousands of views', archive(pickle(']', mark, Array.from({ length: 1025 }, (_, i) => tensorPickle({ shape: [1024, ...Array(i % 60).fill(1)], strides: [1, ...Array(i % 60).fill(i)], size: 1024 })), 'e'), { storages: { 0: new Uint8Array(4096) } }), 'bytes, and it has 4096'],
  ['a tensor of a list', archive(pickle(call('torch._utils._rebuild_tensor_v2', ']', 'K', 0, ')', ')'))), 'it makes a tensor of a list'],
  ['a tensor of nothing', archive(pickle(call('torch._utils._rebuild_tensor_v2'))), 'it makes a tensor of nothing'],
  ['a parameter of a text', archive(pickle(call('torch._utils._rebuild_parameter', text('x')))), 'it makes a parameter of a text'],
  ['a storage of a text', archive(pickle(tuple(text('storage'), text('x'), text('0'), text('cpu'), 'K', 4), 'Q')), 'has a text for its type'],
  ['a view outside of its storage', legacy(pickle(view('0', tuple(text('1'), integer(2), integer(3))))), "a view of the storage '0' is outside of it"],
  ['the negative of what is there', archive(pickle(negative)), 'a tensor in it is kept as neg'],
]; // prettier-ignore

const machines: readonly Case[] = [
  ['the end of the pickle', archive(proto()), 'its pickle is cut off'],
  ['a text that is cut off', archive(bytes(proto(), 'X', little(4, 2 ** 31), 'abc')), 'its pickle is cut off'],
  ['a text of 2⁶⁰ bytes', archive(bytes(proto(4), 0x8d, little(8, 2n ** 60n), 'abc')), 'its pickle is cut off'],
  ['a frame of 2⁶⁰ bytes', archive(bytes(proto(4), 0x95, little(8, 2n ** 60n), '}.')), 'its pickle is cut off'],
  ['an integer of 4 GB', archive(bytes(proto(), 0x8b, little(4, 2 ** 32 - 1), 1)), 'an integer in it has 4294967295 bytes'],
  ['an integer of a million digits', archive(bytes(`L${'9'.repeat(1_000_000)}L\n.`)), 'a line in it is longer than 1000 bytes'],
  ['what is no integer', archive(bytes('I1e5\n.')), "the integer '1e5' in it is none"],
  ['what is no number', archive(bytes('F0x10\n.')), "the number '0x10' in it is none"],
  ['a text that is not UTF-8', archive(pickle('X', little(4, 1), 0xff)), 'a text in it is not UTF-8'],
  ['an opcode that does not exist', archive(pickle(0xff)), 'it has an opcode that does not exist, 255'],
  ['protocol 6', archive(bytes(proto(6), 'N.')), 'its protocol is 6; 0 to 5 are known'],
  ['an empty stack', archive(pickle('s')), 'it takes from an empty stack'],
  ['an end of nothing', archive(pickle()), 'it takes from an empty stack'],
  ['values left over', archive(pickle('N', 'N')), 'it ends with values left over'],
  ['a mark that is not there', archive(pickle('t')), 'it goes back to a mark that was not set'],
  ['what lies below a mark', archive(pickle('N', mark, '0', '0', '0')), 'it goes back to a mark that was not set'],
  ['a note that is not there', archive(pickle('h', 7)), 'it recalls the value 7, which it did not note'],
  ['a note far away', archive(pickle('N', 'r', little(4, 2 ** 32 - 1))), 'it notes a value as number 4294967295'],
  ['a note beyond counting', archive(pickle('g99999999999\n')), "the note '99999999999' in it is none"],
  ['an item for a tuple', archive(pickle(')', 'N', 'a')), 'it appends to a tuple'],
  ['items for a text', archive(pickle(text('x'), mark, 'N', 'N', 'u')), 'it sets an item of a text'],
  ['a key without a value', archive(pickle('}', mark, 'N', 'u')), 'it sets an item of a dict without a value'],
  ['an OrderedDict of three', archive(pickle(call('collections.OrderedDict', bytes(']', tuple('N', 'N', 'N'), 'a')))), 'it makes an OrderedDict of what is no list of pairs'],
  ['a Counter of a number', archive(pickle(call('collections.Counter', 'K', 3))), 'it makes a Counter of a number'],
  ['a defaultdict of a number', archive(pickle(call('collections.defaultdict', 'K', 3))), 'it makes a defaultdict with a number for its factory'],
  ['a set of a text', archive(pickle(call('builtins.set', text('x')))), 'it makes a set of a text'],
  ['a member for a list', archive(pickle(']', mark, 'N', 0x90)), 'it adds to a list'],
  ['a set in itself', archive(pickle(0x8f, 'q', 0, mark, 'h', 0, 0x90)), "'0' holds itself"],
  ['bytes beyond Latin-1', archive(pickle(call('_codecs.encode', text('€'), text('latin1')))), "bytes in it have the character '€', which is none of Latin-1"],
  ['bytes of a number', archive(pickle(call('_codecs.encode', 'K', 3, text('latin1')))), 'it makes bytes of a number'],
  ['bytes of 2⁶⁰', archive(pickle(0x8e, little(8, 2n ** 60n), 'abc')), 'its pickle is cut off'],
  ['a complex number of texts', archive(pickle(call('builtins.complex', text('x'), text('y')))), 'it makes a complex number of what are no numbers'],
  ['a device of a number', archive(pickle(call('torch.device', 'K', 3))), 'it makes a device of a number'],
  ['a number of NumPy that is short', archive(pickle(call('numpy.core.multiarray.scalar', call('numpy.dtype', text('f8')), text('x')))), 'a number of NumPy in it, f8, does not have 8 bytes'],
  ['a number of NumPy of a text', archive(pickle(call('numpy.core.multiarray.scalar', text('f8'), text('x')))), 'it makes a number of NumPy of a text'],
  ['an order of bytes that is none', archive(pickle(call('numpy.dtype', text('f8')), tuple('K', 3, text('x')), 'b')), 'a dtype of NumPy in it has no order of bytes'],
  ['a call with a thousand arguments', archive(pickle(call('torch.Size', 'N'.repeat(1000)))), 'it calls the torch.Size itself with 1000 arguments'],
  ['a list copied over and over', archive(pickle(mark, 'N'.repeat(100_000), 'l', 'q', 0, '0', repeated(100_000, global('builtins.set'), bytes('h', 0, 0x85, 'R0')))), 'it copies more than the'],
  ['pairs copied over and over', archive(pickle(mark, repeated(100_000, bytes('NN', 0x86)), 'l', 'q', 0, '0', repeated(100_000, global('collections.OrderedDict'), bytes('h', 0, 0x85, 'R0')))), 'it copies more than the'],
  ['a text made bytes over and over', archive(pickle(text('x'.repeat(1_000_000)), text('latin1'), 0x86, 'q', 0, '0', repeated(100_000, global('_codecs.encode'), bytes('h', 0, 'R0')))), 'it copies more than the'],
  ['a key of a megabyte before 300,000 lists', archive(pickle(dict('x'.repeat(1_000_000), bytes(']', mark, ']'.repeat(300_000), global('posix.system'), 'e')))), `xx…' cannot be read: ${names('posix.system')}`],
  ['a name of a megabyte', archive(pickle(text('x'.repeat(1_000_000)), text('y'), 0x93)), 'it names what has a name of 1000002 characters'],
  ['a member of a megabyte, 50,000 times', archive(pickle(global('__builtin__.getattr'), 'q', 0, '0', global('posix.path'), text('x'.repeat(1_000_000)), 0x86, 'q', 1, '0', repeated(50_000, bytes('h', 0, 'h', 1, 'R0')), 'h', 0, 'h', 1, 'R')), "it names 'posix.path.xxx"],
  ['a codec of a megabyte, 50,000 times', archive(pickle(global('_codecs.encode'), 'q', 0, '0', text('x'), text('y'.repeat(1_000_000)), 0x86, 'q', 1, '0', repeated(50_000, bytes('h', 0, 'h', 1, 'R0')), 'h', 0, 'h', 1, 'R')), "it names '_codecs.encode to yyy"],
  ['a list in itself', archive(pickle(']', 'q', 0, 'h', 0, 'a')), "'0' holds itself"],
  ['a dict in itself', archive(pickle('}', 'q', 0, text('me'), 'h', 0, 's')), "'me' holds itself"],
  ['300,000 lists in one another', archive(bytes(']'.repeat(300_000), 'a'.repeat(299_999), '.')), 'it is nested more than 200 deep'],
  ['a million dicts', archive(bytes('}'.repeat(1_050_000), '.')), 'it makes more than 1048576 lists, tuples and dicts'],
  ['nine million numbers', archive(bytes('N'.repeat(9_000_000), '.')), 'it has more than 8388608 opcodes'],
  ['two million notes', archive(bytes('N', new Uint8Array(2_100_000).fill(0x94), '.')), 'it notes a value as number 2097152, and 2097152 may be noted'],
  ['an OrderedDict of a number', archive(pickle(call('collections.OrderedDict', 'K', 3))), 'it makes an OrderedDict of what is no list of pairs'],
  ['a torch.Size of a text', archive(pickle(call('torch.Size', text('x')))), 'it makes a torch.Size of what is no tuple'],
]; // prettier-ignore

const before: readonly Case[] = [
  ['another protocol', bytes(legacy(one).subarray(0, 17), 'M', little(2, 1002), '.'), "its protocol is '1002'; 1001 is known"],
  ['a storage that nothing describes', legacy(one, ['1']), "it has a storage '1' that nothing describes"],
  ['a storage twice', legacy(one, ['0', '0'], [bytes(little(8, 4), fourFloats), bytes(little(8, 4), fourFloats)]), "it has the storage '0' twice"],
  ['a storage of another size', legacy(one, ['0'], [bytes(little(8, 5), fourFloats)]), "said to have 4 elements, and has 5"],
  ['a storage of 2⁶³ elements', legacy(one, ['0'], [bytes(little(8, 2n ** 63n - 1n), fourFloats)]), 'said to have 4 elements, and has 9223372036854775807'],
  ['a storage that is cut off', legacy(one).subarray(0, -1), "the storage '0' needs 16 bytes; the file has 15 there"],
  ['a storage of 16 TB', legacy(pickle(tensorPickle({ size: 2 ** 42 }))), 'needs 17592186044416 bytes; the file has 16 there'],
  ['a tensor whose storage is not listed', legacy(one, [], []), "the storage '0' is missing"],
  ['bytes behind it', bytes(legacy(one), 0), 'it has 1 bytes behind its last storage'],
  ['pickles that are cut off', legacy(one).subarray(0, 60), 'its pickle is cut off'],
  ['a list of storages that is none', bytes(legacy(one, [], []).subarray(0, -6), pickle('N')), 'it does not list its storages'],
]; // prettier-ignore

/** Zeros, deflated a thousandfold: they fit what the pickle says, and each storage alone would be an honest one. */
const zeros = deflateRawSync(new Uint8Array(2 ** 26));
const zerosCrc = crc32(new Uint8Array(2 ** 26));
const bombOf = (count: number): Uint8Array =>
  archive(
    pickle('}', Array.from({ length: count }, (_, i) => [text(`x${i}`), tensorPickle({ key: `${i}`, size: 2 ** 24, shape: [2 ** 24] }), 's'])),
    { others: Array.from({ length: count }, (_, i) => ({ name: `a/data/${i}`, data: zeros, method: 8, size: 2 ** 26, crc: zerosCrc })) },
  ); // prettier-ignore
const bombs: readonly Case[] = [
  ['twelve storages of zeros', bombOf(12), 'would unpack to 805306368, more than 32 times as many'],
  ['one storage of zeros', bombOf(1), 'would unpack to 67108864, more than 32 times as many'],
  ['a pickle of zeros', archive(one, { others: [{ name: 'a/data.pkl', data: zeros, method: 8, size: 2 ** 26, crc: zerosCrc }] }), 'would unpack to 67108864, more than 32 times as many'],
]; // prettier-ignore

async function expectRefused(file: Uint8Array, message: string): Promise<void> {
  const memory = process.memoryUsage().arrayBuffers;
  const start = performance.now();
  const attempt = readPyTorchObject(file);
  const error: unknown = await attempt.catch((cause: unknown) => cause);
  const taken = process.memoryUsage().arrayBuffers - memory;
  expect(error).toBeInstanceOf(PyTorchFileError);
  expect(String(error)).toContain(message);
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(taken).toBeLessThan(file.length + 2 ** 26);
}

describe('code', () => {
  it.each(saved)('%s, as Python saved it', (name, message) =>
    expectRefused(new Uint8Array(Buffer.from(refused[name] ?? '', 'base64')), message),
  );
  it.each(code)('%s', (_, file, message) => expectRefused(file, message));
  it('all that Python saved is asked about', () => {
    expect(saved.map(([name]) => name).sort()).toEqual(Object.keys(refused).sort());
  });
});
describe('archives', () => {
  it.each(archives)('%s', (_, file, message) => expectRefused(file, message));
});
describe('bombs', () => {
  it.each(bombs)('%s', async (_, file, message) => {
    const before = process.memoryUsage().arrayBuffers;
    const start = performance.now();
    await expectRefused(file, `${message}.`);
    await expect(readPyTorch(file)).rejects.toThrow('hint: torch.save compresses nothing');
    // Nothing of the zeros was unpacked.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
describe('sizes', () => {
  it.each(huge)('%s', (_, file, message) => expectRefused(file, message));
});
describe('pickles', () => {
  it.each(machines)('%s', (_, file, message) => expectRefused(file, message));
});
describe('the format before', () => {
  it.each(before)('%s', (_, file, message) => expectRefused(file, message));
});

describe('what is odd and right', () => {
  const read = (...pieces: readonly Piece[]): Promise<PyTorchValue> => readPyTorchObject(archive(pickle(...pieces))); // prettier-ignore

  it('is read: notes, copies, marks, texts and numbers of all protocols', async () => {
    expect(await read(text('a'), '2', 0x86)).toEqual(['a', 'a']);
    expect(await read(mark, 'N', '1', 'N')).toBe(null);
    expect(await read(mark, 'I01\n', 'I00\n', 'I-7\n', 'L123L\n', 'F-1.5e3\n', 'Finf\n', 'l')).toEqual([true, false, -7, 123, -1500, Infinity]); // prettier-ignore
    expect(await read('V', 'caf', 0xe9, '\\u20ac\\U0001f600\n')).toBe('café€😀');
    expect(await read('J', little(4, -5), 0x8a, 0, 0x8a, 1, 0xff, 0x87)).toEqual([-5, 0, -1]);
    expect(await read(0x8a, 9, little(9, 2n ** 64n), 0x85)).toEqual([2n ** 64n]);
    expect(await read(mark, text('a'), 'K', 1, 'd')).toEqual(new Map([['a', 1]]));
    expect(await read(call('collections.OrderedDict', bytes(']', tuple(text('a'), 'K', 1), 'a')))).toEqual(
      new Map([['a', 1]]),
    );
  });

  it('is read: bytes of Python 2 that are no text, numbers of NumPy in them', async () => {
    expect(await read('U', 2, 0xff, 0)).toEqual(Uint8Array.of(255, 0));
    const scalar = (...content: readonly Piece[]): Uint8Array =>
      call('numpy.core.multiarray.scalar', call('numpy.dtype', text('f4')), content);
    expect(await read(scalar('U', 4, floats(1.5)))).toBe(1.5);
    expect(await read(scalar('T', little(4, 4), floats(-1.5)))).toBe(-1.5);
    const modern = call('numpy._core.multiarray.scalar', call('numpy.dtype', text('i2')), bytes('C', 2, little(2, -2)));
    expect(await read(modern)).toBe(-2);
  });

  it('is read beside a tensor that is kept as the negative of its elements', async () => {
    const file = archive(pickle(negative, '0', dict('x', tensorPickle()), text('negative'), negative, 's'));
    await expect(readPyTorchObject(file, { key: 'negative' })).rejects.toThrow('a tensor in it is kept as neg');
    expect(await ((await readPyTorchObject(file, { key: 'x' })) as Tensor).toArray()).toEqual([1, 2, 3, 4]);
  });

  it('keeps names that mean something to JavaScript as names', async () => {
    const value = await read(dict('__proto__', text('x')));
    expect([...(value as Map<string, unknown>)]).toEqual([['__proto__', 'x']]);
  });

  it('what is shared 2²⁰⁰ times is read once', async () => {
    const doubled = repeated(190, bytes('q', 0, '0', 'h', 0, 'h', 0, 0x86));
    const value = await read(']', doubled);
    let depth = 0;
    for (let part: unknown = value; Array.isArray(part) && part.length === 2; part = part[0]) depth++;
    expect(depth).toBe(190);
  });

  it('views of views of the oldest files, untyped storages of the newest', async () => {
    const old = legacy(
      pickle(call('torch._utils._rebuild_tensor', view('0', tuple(text('1'), integer(1), integer(3))), integer(1), tuple(integer(2)), tuple(integer(1)))), // prettier-ignore
    );
    expect(await ((await readPyTorchObject(old)) as Tensor).toArray()).toEqual([3, 4]);
    const state = await readPyTorch(
      archive(
        pickle(
          dict(
            'x',
            call('torch._utils._rebuild_tensor_v3', storage('0', 16, 'torch.storage.UntypedStorage'), integer(1), tuple(integer(3)), tuple(integer(2)), 0x89, call('collections.OrderedDict'), global('torch.uint16')), // prettier-ignore
          ),
        ),
      ),
    );
    // The upper and lower halves of 1, 2, 3, 4 as float32.
    expect([`${state.get('x')}`, await state.get('x')?.toArray()]).toEqual(['int32[3]', [0x3f80, 0x4000, 0x4040]]); // prettier-ignore
  });

  it('archives of 64 bits: sizes and places beyond the fields of 32', async () => {
    const first = { name: 'a/data.pkl', data: one };
    const at = BigInt(30 + first.name.length + one.length);
    const second = { name: 'a/data/0', data: fourFloats, wide: [16n, 16n, at] as const };
    const plain = zip([first, second, { name: 'a/version', data: bytes('3') }]);
    const end = new DataView(plain.buffer, plain.length - 22);
    const [count, length, position] = [end.getUint16(10, true), end.getUint32(12, true), end.getUint32(16, true)];
    const body = plain.subarray(0, plain.length - 22);
    const places = [count, count, length, position].map((value) => little(8, value));
    const record = bytes('PK\x06\x06', little(8, 44), little(2, 45), little(2, 45), little(8, 0), places);
    const locator = bytes('PK\x06\x07', little(4, 0), little(8, body.length), little(4, 1));
    const short = bytes('PK\x05\x06', little(4, 0), new Uint8Array(12).fill(255), little(2, 0));
    for (const file of [plain, bytes(body, record, locator, short)])
      expect(await (await readPyTorch(file)).get('x')?.toArray()).toEqual([1, 2, 3, 4]);
    const far = bytes(body, record, bytes('PK\x06\x07', little(4, 0), little(8, 2n ** 60n), little(4, 1)), short);
    await expectRefused(far, 'its directory is damaged');
  });
});
