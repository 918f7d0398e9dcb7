/** Models in several safetensors files, in Hugging Face's layout. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setDevice, tensor, variable, assign, type Tensor } from '@hebb/tensor';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  encodeSafetensors,
  Linear,
  readSafetensors,
  readSafetensorsMetadata,
  readShardedSafetensors,
  SafetensorsError,
  Sequential,
  writeSafetensors,
  writeShardedSafetensors,
} from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'hebb-shards-'));
const at = (name: string): string => join(folder, name);
const path = at('model.safetensors');
const index = at('model.safetensors.index.json');
beforeAll(() => setDevice('reference'));
beforeEach(() => readdirSync(folder).forEach((name) => rmSync(at(name), { recursive: true })));
afterAll(() => rmSync(folder, { recursive: true }));

/** 8, 12, 4 and 16 bytes. */
const state = (): Record<string, Tensor> => ({
  'b.weight': tensor([1, 2]),
  'a.weight': tensor([[3, 4, 5]], { dtype: 'int32' }),
  flag: tensor([true, false, true, true]),
  last: tensor([6, 7, 8, 9]),
});
const valuesOf = async (tensors: ReadonlyMap<string, Tensor>): Promise<unknown> =>
  Promise.all([...tensors].map(async ([name, value]) => [name, `${value}`, await value.toArray()]));
const two = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];

describe('writing', () => {
  it("is Hugging Face's layout: files of so many bytes, the index last, what their loaders ask for in the metadata", async () => {
    const files = await writeShardedSafetensors(path, state(), { maxShardSize: 24 });
    expect(files).toEqual([...two, 'model.safetensors.index.json']);
    expect(readdirSync(folder).sort()).toEqual([...files].sort());
    expect(readFileSync(index, 'utf8')).toBe(
      `${JSON.stringify(
        {
          metadata: { total_size: 40 },
          weight_map: { 'a.weight': two[0], 'b.weight': two[0], flag: two[0], last: two[1] },
        },
        null,
        2,
      )}\n`,
    );
    expect([...(await readSafetensors(at(two[1] ?? ''))).keys()]).toEqual(['last']);
    expect(await readSafetensorsMetadata(at(two[0] ?? ''))).toEqual({ format: 'pt' });
  });

  it('is one file where all fits, without an index', async () => {
    expect(await writeShardedSafetensors(path, state(), { metadata: {} })).toEqual(['model.safetensors']);
    expect(new Uint8Array(readFileSync(path))).toEqual(await encodeSafetensors(state()));
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  it('gives a tensor that is larger than a file a file to itself, and takes no tensor twice', async () => {
    const files = await writeShardedSafetensors(path, state(), { maxShardSize: 1 });
    expect(files.length).toBe(5);
    expect(files[3]).toBe('model-00004-of-00004.safetensors');
    expect([...(await readShardedSafetensors(index)).keys()].sort()).toEqual(Object.keys(state()).sort());
  });

  it('removes what an earlier call wrote for the same path, and nothing else', async () => {
    writeFileSync(at('other-00001-of-00002.safetensors'), 'x');
    writeFileSync(at('model-00009-of-00009.safetensors'), 'x');
    await writeShardedSafetensors(path, state(), { maxShardSize: 1 });
    await writeShardedSafetensors(path, state(), { maxShardSize: 24 });
    const others = ['model-00009-of-00009.safetensors', 'other-00001-of-00002.safetensors'];
    expect(readdirSync(folder).sort()).toEqual([...two, ...others, 'model.safetensors.index.json'].sort());
    await writeShardedSafetensors(path, state());
    expect(readdirSync(folder).sort()).toEqual(['model.safetensors', ...others].sort());
    await writeShardedSafetensors(path, state(), { maxShardSize: 24 });
    expect(readdirSync(folder).sort()).toEqual([...two, ...others, 'model.safetensors.index.json'].sort());
  });

  it('leaves what was there, and nothing of the new, where a file cannot be written', async () => {
    await writeShardedSafetensors(path, state(), { maxShardSize: 24 });
    const before = readdirSync(folder).map((name) => readFileSync(at(name), 'utf8'));
    const broken = tensor([1]).add(1);
    broken.data = () => Promise.reject(new Error('the device is gone'));
    broken.detach = () => broken;
    await expect(writeShardedSafetensors(path, { ...state(), broken }, { maxShardSize: 24 })).rejects.toThrow(
      'the device is gone',
    );
    expect(readdirSync(folder).map((name) => readFileSync(at(name), 'utf8'))).toEqual(before);
    const nowhere = at('none/model.safetensors');
    const failed = writeShardedSafetensors(nowhere, state(), { maxShardSize: 24 });
    await expect(failed).rejects.toThrow(SafetensorsError);
    await expect(failed).rejects.toThrow('the folder does not exist');
    await expect(writeShardedSafetensors(at('model.bin'), state())).rejects.toThrow(
      "a text that ends in '.safetensors'",
    );
    await expect(writeShardedSafetensors(path, state(), { maxShardSize: 0 })).rejects.toThrow('maxShardSize');
  });

  it('writes values of one moment, whatever is assigned while it writes', async () => {
    const p = variable(tensor([1, 1]));
    const q = variable(tensor([1, 1]));
    const written = writeShardedSafetensors(path, { p, q }, { maxShardSize: 8 });
    assign(p, tensor([2, 2]));
    assign(q, tensor([2, 2]));
    await written;
    expect(await valuesOf(await readShardedSafetensors(index))).toEqual([
      ['p', 'float32[2]', [1, 1]],
      ['q', 'float32[2]', [1, 1]],
    ]);
  });
});

describe('reading', () => {
  it('gives a model back, from a path, a URL, and from what a page has', async () => {
    const [model, other] = [new Sequential(new Linear(4, 3), new Linear(3, 2)), new Sequential(new Linear(4, 3), new Linear(3, 2))]; // prettier-ignore
    await writeShardedSafetensors(path, model.stateDict(), { maxShardSize: 40 });
    const expected = await valuesOf(model.stateDict());
    other.loadStateDict(await readShardedSafetensors(index));
    expect(await valuesOf(other.stateDict())).toEqual(expected);
    const asked: string[] = [];
    const fetched = await readShardedSafetensors(new Blob([readFileSync(index)]), {
      shard: (name) => {
        asked.push(name);
        return new Blob([readFileSync(at(name))]);
      },
    });
    expect(new Map(await valuesOf(fetched) as [string, unknown][])).toEqual(new Map(expected as [string, unknown][])); // prettier-ignore
    expect(asked.sort()).toEqual(readdirSync(folder).filter((name) => !name.endsWith('.json')).sort()); // prettier-ignore
    expect([...(await readShardedSafetensors(pathToFileURL(index))).keys()].length).toBe(4);
    await expect(readShardedSafetensors(readFileSync(index))).rejects.toThrow('given as bytes has no files beside it');
  });

  const wrong = (text: unknown): string => (typeof text === 'string' ? text : JSON.stringify(text));
  const map = (places: unknown): object => ({ weight_map: places });
  it.each([
    ['no JSON', '{', 'is not JSON'],
    ['a list', [], 'has no weight_map'],
    ['no map', { metadata: {} }, 'has no weight_map'],
    ['a way up', map({ a: '../a.safetensors' }), 'puts "a" into "../a.safetensors", which is no safetensors file beside it'],
    ['a folder', map({ a: 'x/a.safetensors' }), 'puts "a" into "x/a.safetensors"'],
    ["Windows' folder", map({ a: 'x\\a.safetensors' }), 'which is no safetensors file beside it'],
    ['an absolute path', map({ a: '/etc/a.safetensors' }), 'puts "a" into "/etc/a.safetensors"'],
    ['an address', map({ a: 'https://example.org/a.safetensors' }), 'which is no safetensors file beside it'],
    ['another kind of file', map({ a: 'a.bin' }), 'puts "a" into "a.bin"'],
    ['a number', map({ a: 3 }), 'puts "a" into 3'],
    ['a name twice', '{"weight_map":{"a":"a.safetensors","a":"b.safetensors"}}', 'has the name "a" twice'],
    ['a size that is none', { metadata: { total_size: 'much' }, ...map({}) }, 'has a total_size that is no number'],
  ])('refuses an index with %s', async (_, text, message) => {
    writeFileSync(index, wrong(text));
    const attempt = readShardedSafetensors(index);
    await expect(attempt).rejects.toThrow(SafetensorsError);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toThrow(index);
  }); // prettier-ignore

  it.each([
    ['a tensor that is missing', { a: 'one', b: 'one' }, { one: ['a'] }, 8, 'b is missing in one.safetensors'],
    ['a tensor that is not in the index', { a: 'one' }, { one: ['a', 'b'] }, 16, 'b of one.safetensors is not in the index'],
    ['a tensor in two files', { a: 'one', b: 'two' }, { one: ['a'], two: ['a', 'b'] }, 16, 'a is in one.safetensors and in two.safetensors'],
    ['a tensor in the wrong file', { a: 'one', b: 'two' }, { one: ['b'], two: ['a'] }, 16, 'b is in one.safetensors, not in two.safetensors'],
    ['another size', { a: 'one' }, { one: ['a'] }, 9, 'the index says 9 bytes, and the tensors have 8'],
  ] as const)('names %s', async (_, places, files, size, message) => {
    for (const [name, tensors] of Object.entries<readonly string[]>(files))
      await writeSafetensors(at(`${name}.safetensors`), Object.fromEntries(tensors.map((each) => [each, tensor([1, 2])])));
    const weight_map = Object.fromEntries(Object.entries(places).map(([name, file]) => [name, `${file}.safetensors`]));
    writeFileSync(index, JSON.stringify({ metadata: { total_size: size }, weight_map }));
    const attempt = readShardedSafetensors(index);
    await expect(attempt).rejects.toThrow(SafetensorsError);
    await expect(attempt).rejects.toThrow(message);
    if (size === 9) expect((await readShardedSafetensors(index, { checkTotalSize: false })).size).toBe(1);
  }); // prettier-ignore

  it('opens no file but those of the index, and says which is missing or damaged', async () => {
    await writeShardedSafetensors(path, state(), { maxShardSize: 24 });
    writeFileSync(at('model-00003-of-00002.safetensors'), 'no safetensors');
    await readShardedSafetensors(index);
    writeFileSync(at(two[1] ?? ''), 'short');
    await expect(readShardedSafetensors(index)).rejects.toThrow(
      `${at(two[1] ?? '')}: [safetensors] the file has 5 bytes`,
    );
    rmSync(at(two[1] ?? ''));
    await expect(readShardedSafetensors(index)).rejects.toThrow(
      `cannot read ${at(two[1] ?? '')}: there is no such file`,
    );
  });
});
