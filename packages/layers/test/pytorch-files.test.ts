/** Files of torch.save, in both formats, as PyTorch wrote them (tools/golden/pytorch_files.py): the values that it saved. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setDevice, Tensor } from '@hebb/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  PyTorchFileError,
  readPyTorch,
  readPyTorchObject,
  Sequential,
  type PyTorchValue,
} from '../src/index.ts';

type Described =
  | { readonly tensor: readonly number[]; readonly dtype: string; readonly data: readonly (number | string)[] }
  | { readonly dict: readonly (readonly [string | number, Described])[] }
  | { readonly list: readonly Described[] }
  | { readonly set: readonly Described[] }
  | { readonly bytes: readonly number[] }
  | { readonly complex: readonly [number, number] }
  | { readonly integer: string }
  | { readonly number: number | string }
  | { readonly plain: string | number | boolean | null };

const files = JSON.parse(readFileSync(new URL('golden/pytorch-files.json', import.meta.url), 'utf8')) as readonly {
  readonly name: string;
  readonly file: string;
  readonly value: Described;
}[];
const bytesOf = (name: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(files.find((file) => file.name === name)?.file ?? '', 'base64'));
const ours: Readonly<Record<string, string>> = { float64: 'float32', bfloat16: 'float32', int64: 'int32', int16: 'int32', int8: 'int32' }; // prettier-ignore
const folder = mkdtempSync(join(tmpdir(), 'hebb-pytorch-'));

beforeAll(() => setDevice('reference'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What was read, in the form of the fixture. */
async function plain(value: PyTorchValue): Promise<unknown> {
  if (value instanceof Tensor)
    return { tensor: value.shape, dtype: value.dtype, data: [...(await value.data())].map(Number) };
  if (typeof value === 'bigint') return { integer: String(value) };
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Set) return { set: await Promise.all(inOrder([...value]).map(plain)) };
  if (value instanceof Map)
    return { dict: await Promise.all([...value].map(async ([key, item]) => [key, await plain(item as PyTorchValue)])) };
  if (Array.isArray(value)) return { list: await Promise.all((value as PyTorchValue[]).map(plain)) };
  if (typeof value === 'object' && value !== null && 're' in value) return { complex: [value.re, value.im] };
  return value;
}

const inOrder = (values: PyTorchValue[]): PyTorchValue[] =>
  values.sort((a, b) => (typeof a === 'number' ? a - Number(b) : JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

function expected(value: Described): unknown {
  if ('tensor' in value) {
    const dtype = ours[value.dtype] ?? value.dtype;
    return { tensor: value.tensor, dtype, data: value.data.map((x) => Math.fround(Number(x))) };
  }
  if ('dict' in value) return { dict: value.dict.map(([key, item]) => [key, expected(item)]) };
  if ('list' in value) return { list: value.list.map(expected) };
  if ('set' in value) return { set: value.set.map(expected) };
  if ('number' in value) return Number(value.number);
  return 'plain' in value ? value.plain : value;
}

describe('what PyTorch saved', () => {
  it.each(files.map((file) => [file.name, file.value] as const))('%s', async (name, value) => {
    expect(await plain(await readPyTorchObject(bytesOf(name)))).toEqual(expected(value));
  });

  it.each(['zip', 'legacy'])('loads into a model, with its int64 counter (%s)', async (form) => {
    const model = new Sequential(new Conv2d(1, 2, 3), new BatchNorm2d(2), new Flatten(), new Linear(8, 3));
    model.loadStateDict(await readPyTorch(bytesOf(`state dict, ${form}`)));
    for (const [name, value] of model.stateDict()) {
      const data = name.endsWith('tracked') ? [5] : Array.from({ length: value.size }, (_, i) => (i - 3) / 8);
      expect([...(await value.data())], name).toEqual(data);
    }
  });

  it.each(['zip', 'legacy'])('makes one tensor of tied weights (%s)', async (form) => {
    const state = await readPyTorch(bytesOf(`tied, ${form}`));
    expect(state.get('head.weight')).toBe(state.get('embedding.weight'));
    expect(state.get('head.bias')).not.toBe(state.get('embedding.weight'));
  });

  it('reads one entry of a checkpoint, or one inside', async () => {
    const bytes = bytesOf('checkpoint, zip');
    expect([...(await readPyTorch(bytes, { key: 'model' })).keys()]).toEqual(['weight', 'bias']);
    expect(await readPyTorchObject(bytes, { key: 'epoch' })).toBe(3);
    expect(await readPyTorchObject(bytes, { key: ['model', 'bias'] })).toBeInstanceOf(Tensor);
  });

  it('comes from a path, a file: URL, bytes, a buffer and a Blob, which gives only what is needed', async () => {
    const bytes = bytesOf('checkpoint, legacy');
    const path = join(folder, 'checkpoint.pth');
    writeFileSync(path, bytes);
    const asked: number[] = [];
    class Slices extends Blob {
      override slice(start?: number, end?: number): Blob {
        asked.push((end ?? 0) - (start ?? 0));
        return super.slice(start, end);
      }
    }
    const blob = new Slices([bytes, new Uint8Array(0)]);
    const first = await plain(await readPyTorchObject(bytes));
    for (const source of [path, pathToFileURL(path), bytes.buffer, blob])
      expect(await plain(await readPyTorchObject(source))).toEqual(first);
    asked.length = 0;
    const zip = new Slices([bytesOf('views, zip')]);
    await readPyTorchObject(zip, { key: 'flags' });
    expect(Math.max(...asked.slice(2))).toBeLessThan(zip.size / 2);
  });
});

describe('what stands beside the model, and is no data', () => {
  const refused = JSON.parse(readFileSync(new URL('golden/pytorch-refused.json', import.meta.url), 'utf8')) as Readonly<
    Record<string, string>
  >;
  const forms = Object.keys(refused).filter((name) => name.startsWith('beside'));
  const namesOf = (name: string): string => `it names '${name}', which is not for tensors and plain data. Nothing of it was run`; // prettier-ignore

  it.each(forms)('costs nothing where it is not asked for (%s)', async (form) => {
    const bytes = Uint8Array.from(Buffer.from(refused[form] ?? '', 'base64'));
    const model = new Linear(2, 1);
    model.loadStateDict(await readPyTorch(bytes, { key: 'model' }));
    const trained = await readPyTorch(bytesOf('checkpoint, zip'), { key: 'model' });
    for (const [name, value] of model.stateDict())
      expect(await value.toArray()).toEqual(await trained.get(name)?.toArray());
    expect(await readPyTorchObject(bytes, { key: 'epoch' })).toBe(4);
    expect(await readPyTorchObject(bytes, { key: ['one cycle', 'total_steps'] })).toBe(4);
  });

  it.each(
    forms.flatMap((form) =>
      [
        ['before', namesOf('torch.ComplexFloatStorage')],
        ['one cycle', `'anneal_func' cannot be read: ${namesOf('torch.optim.lr_scheduler.OneCycleLR._annealing_cos')}`],
        ['arguments', namesOf('argparse.Namespace')],
        ['net', namesOf('torch.nn.modules.linear.Linear')],
        ['quantised', namesOf('torch._utils._rebuild_qtensor')],
        ['sparse', 'hint: Sparse tensors are not read: save x.to_dense().'],
        ['array', namesOf('numpy.core.multiarray._reconstruct')],
        ['tuples', 'a dict has a key that is a tuple'],
        ['path', namesOf('pathlib.PosixPath')],
        ['large', 'cannot be read as int32: the value 2147483648 does not fit into int32'],
        ['function', namesOf('torch._C._VariableFunctionsClass.relu')],
        ['class', namesOf('torch.nn.modules.linear.Linear')],
        ['made', namesOf('__main__.Net')],
        ['generator', `'0.1' cannot be read: ${namesOf('numpy.core.multiarray._reconstruct')}`],
      ].map(([key = '', message = '']) => [form, key, message] as const),
    ),
  )('is an error by its name where it is (%s: %s)', async (form, key, message) => {
    const attempt = readPyTorchObject(Uint8Array.from(Buffer.from(refused[form] ?? '', 'base64')), { key });
    await expect(attempt).rejects.toThrow(PyTorchFileError);
    await expect(attempt).rejects.toThrow(message);
  });

  it('is refused as a state dict: by its name, or with the way to the model', async () => {
    const bytes = Uint8Array.from(Buffer.from(refused['beside 2, zip'] ?? '', 'base64'));
    await expect(readPyTorch(bytes)).rejects.toThrow("hint: Choose one: { key: 'model' }.");
    await expect(readPyTorch(bytes, { key: 'net' })).rejects.toThrow(namesOf('torch.nn.modules.linear.Linear'));
    await expect(readPyTorch(bytes, { key: 'one cycle' })).rejects.toThrow(`'anneal_func' cannot be read: ${namesOf('torch.optim.lr_scheduler.OneCycleLR._annealing_cos')}`); // prettier-ignore
    await expect(readPyTorch(bytes, { key: ['net', 'weight'] })).rejects.toThrow(namesOf('torch.nn.modules.linear.Linear')); // prettier-ignore
  });
});

describe('what holds no state dict', () => {
  it.each([
    ['a checkpoint', 'checkpoint, zip', {}, "it holds no state dict, but a dict of 'model' (a dict), 'optimizer' (a dict), 'epoch' (a number)"], // prettier-ignore
    ['a checkpoint, with the way', 'checkpoint, zip', {}, "hint: Choose one: { key: 'model' }."],
    ['an entry that is not there', 'checkpoint, legacy', { key: 'weights' }, "there is no 'weights' in it; it holds a dict of 'model' (a dict)"], // prettier-ignore
    ['an entry that is none', 'checkpoint, zip', { key: 'epoch' }, 'it holds no state dict, but a number'],
    ['a tensor', 'one tensor, zip', {}, 'it holds no state dict, but a tensor'],
  ])('%s', async (_, name, options, message) => {
    const attempt = readPyTorch(bytesOf(name), options);
    await expect(attempt).rejects.toThrow(PyTorchFileError);
    await expect(attempt).rejects.toThrow(message);
  });

  it('names the file', async () => {
    const path = join(folder, 'none.pt');
    await expect(readPyTorch(path)).rejects.toThrow(`[readPyTorch] cannot read ${path}: there is no such file`);
    writeFileSync(path, 'hello');
    await expect(readPyTorch(path)).rejects.toThrow(`[readPyTorch] ${path}: it is none that torch.save writes`);
  });
});
