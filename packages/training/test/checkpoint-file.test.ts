import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { valueAndGrad } from '@hebb/autograd';
import { Dropout, Linear, readSafetensors, Sequential, writeSafetensors, type StateDict } from '@hebb/layers';
import { AdamW, SGD } from '@hebb/optimizers';
import { assign, Generator, setDevice, tensor, variable, type State, type Stateful, type Tensor } from '@hebb/tensor';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointError, decodeState, encodeState, loadCheckpoint, saveCheckpoint } from '../src/index.ts';
import { plain } from './support/plain.ts';

const folder = mkdtempSync(join(tmpdir(), 'hebb-checkpoint-file-'));
beforeEach(() => setDevice('wasm'));
afterAll(() => rmSync(folder, { recursive: true }));

async function failureOf(attempt: Promise<unknown>): Promise<CheckpointError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  return error as CheckpointError;
}

describe('a state', () => {
  it('comes back as it was', async () => {
    const state: State = {
      numbers: [0, -0, NaN, Infinity, -Infinity, 0.1, Number.MAX_SAFE_INTEGER, 5e-324],
      long: Array.from({ length: 100 }, (_, i) => (i === 3 ? NaN : i === 4 ? -0 : i / 3)),
      'a.b': tensor([1, 2]),
      a: { b: tensor([3, 4]), $: 'not ours', list: [null, undefined, true, '', 'naïve \ud800 "x"\n'] },
      map: new Map<string, State>([
        ['2', 'second'],
        ['1', tensor([[1, -2]], { dtype: 'int32' })],
        ['$', new Map()],
      ]),
      bools: tensor([true, false]),
      empty: [[], {}, new Map(), tensor([], { shape: [0, 3] })],
      arrays: [
        Float64Array.of(0.1, NaN, -0),
        Float32Array.of(0.1),
        Int8Array.of(-1),
        Uint8Array.of(255),
        Uint8ClampedArray.of(255),
        Int16Array.of(-300),
        Uint16Array.of(65535),
        Int32Array.of(-7),
        Uint32Array.of(2 ** 32 - 1),
        new Float64Array(0),
      ],
      ['__proto__']: 'own',
    };
    const back = decodeState(await encodeState(state));
    expect(await plain(back)).toStrictEqual(await plain(state));
    expect(Object.keys(back as object)).toEqual(Object.keys(state as object));
    expect([...(back as { map: Map<string, State> }).map.keys()]).toEqual(['2', '1', '$']);
    for (const single of [undefined, NaN, 'text', [1, 2], tensor(3)])
      expect(await plain(decodeState(await encodeState(single)))).toStrictEqual(await plain(single));
  });

  it('is the same bytes for the same state, with arrays under their paths', async () => {
    const make = (): State => ({
      model: new Map([['0.weight', tensor([1, 2])]]),
      losses: new Array<number>(40).fill(2),
    });
    const bytes = await encodeState(make(), { note: 'x' });
    expect(await encodeState(make(), { note: 'x' })).toEqual(bytes);
    const tensors = await readSafetensors(bytes);
    expect([...tensors.keys()].sort()).toEqual(['losses', 'model.0.weight']);
    expect(await tensors.get('model.0.weight')?.toArray()).toEqual([1, 2]);
  });

  it('stores what is there twice once, and it comes back as one', async () => {
    const shared = tensor(new Float32Array(1000));
    const bytes = await encodeState({ head: shared, embedding: shared });
    expect(bytes.length).toBeLessThan(5000);
    const { head, embedding } = decodeState(bytes) as { head: Tensor; embedding: Tensor };
    expect(head).toBe(embedding);
  });

  it('takes tensors as they are at the time of the call', async () => {
    const weight = variable(tensor([1]));
    const pending = encodeState({ weight });
    assign(weight, tensor([2]));
    const back = decodeState(await pending) as { weight: Tensor };
    expect(await back.weight.toArray()).toEqual([1]);
  });

  it.each([
    ['a function', { a: [() => 1] }, '[encodeState] a.0 is a function, which cannot be saved.'],
    ['an instance', { when: new Date(0) }, '[encodeState] when is a Date, which cannot be saved.'],
    ['a bigint', 3n, '[encodeState] the state is 3n, which cannot be saved.'],
    ['other keys', { m: new Map([[3, 1]]) }, '[encodeState] the Map m has the key 3: the keys of a state are texts.'],
  ])('says where %s is', async (_, state, message) => {
    await expect(encodeState(state as never)).rejects.toThrow(message);
  });

  it('says where it contains itself', async () => {
    const state: Record<string, unknown> = {};
    state['inner'] = { outer: state };
    await expect(encodeState(state as never)).rejects.toThrow('[encodeState] inner.outer contains itself');
  });
});

function trained(classes = 2): { model: Sequential; optimizer: AdamW; generator: Generator } {
  const model = new Sequential(new Linear(3, 4), new Dropout(0.5), new Linear(4, classes));
  return { model, optimizer: new AdamW(model, { learningRate: 0.1 }), generator: new Generator(3) };
}

async function step({ model, optimizer, generator }: ReturnType<typeof trained>): Promise<number> {
  const x = generator.uniform([5, 3]);
  const { value, grads } = valueAndGrad(() => model.forward(x).square().mean(), optimizer.parameters);
  optimizer.step(grads);
  return value.item();
}

const stateOf = async (parts: Readonly<Record<string, Stateful>>): Promise<unknown> =>
  plain(Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.stateDict()])));

describe('a checkpoint', () => {
  const path = join(folder, 'deep', 'a.safetensors');

  it('lets an own loop go on as if nothing had been', async () => {
    const first = trained();
    for (let i = 0; i < 3; i++) await step(first);
    await saveCheckpoint(path, first);
    const second = trained();
    await loadCheckpoint(path, second);
    expect(await stateOf(second)).toStrictEqual(await stateOf(first));
    for (const { model } of [first, second]) model.eval();
    const [a, b] = [await step(first), await step(second)];
    expect(a).toBe(b);
    expect(await stateOf(second)).toStrictEqual(await stateOf(first));
    expect(readdirSync(join(folder, 'deep'))).toEqual(['a.safetensors']);
  });

  it('sweeps what a process that was killed while saving left', async () => {
    const to = mkdtempSync(join(folder, 'swept-'));
    const ending = `${crypto.randomUUID()}.tmp`;
    for (const name of [`a.safetensors.${ending}`, `b.safetensors.${ending}`]) writeFileSync(join(to, name), 'half');
    const generator = new Generator(1);
    await Promise.all([1, 2, 3].map(() => saveCheckpoint(join(to, 'a.safetensors'), { generator })));
    expect(readdirSync(to)).toEqual(['a.safetensors', `b.safetensors.${ending}`]);
  });

  it('counts a step whose loss nobody has read', async () => {
    const parts = trained();
    const x = parts.generator.uniform([5, 3]);
    const { grads } = valueAndGrad(() => parts.model.forward(x).mean(), parts.optimizer.parameters);
    parts.optimizer.step(grads);
    await saveCheckpoint(path, parts);
    const again = trained();
    await loadCheckpoint(path, again);
    expect([again.optimizer.stepCount, again.generator.draws]).toEqual([1, 1]);
  });

  it('lists every difference of every part, and changes nothing', async () => {
    const given = trained();
    await step(given);
    await saveCheckpoint(path, { ...given, extra: { stateDict: () => 1, loadStateDict: () => undefined } });
    const other = trained(7);
    const own: Stateful & { value: number } = {
      value: 1,
      stateDict: () => 2,
      loadStateDict: () => {
        own.value = 3;
      },
    };
    const parts = { ...other, optimizer: new SGD(other.model, { learningRate: 0.5 }), own };
    const before = await stateOf(parts);
    const error = await failureOf(loadCheckpoint(path, parts));
    expect(error.differences.map((each) => each.split(':')[0])).toEqual(
      expect.arrayContaining(['extra', 'model', 'optimizer', 'own']),
    );
    for (const difference of error.differences) expect(error.message).toContain(difference);
    expect(error.message).toMatch(/2\.weight/);
    expect(error.message).toMatch(/AdamW/);
    expect(error.path).toBe(path);
    expect(await stateOf(parts)).toStrictEqual(before);
    expect(own.value).toBe(1);
    expect((await failureOf(loadCheckpoint(path, given))).differences).toEqual([
      'extra: a part of the file that is not among those to load',
    ]);
    await loadCheckpoint(path, given, { partial: true });
    await loadCheckpoint(path, { generator: other.generator }, { partial: true });
    expect(other.generator.draws).toBe(1);
  });

  it('does not load two weights into one that is tied', async () => {
    const pair = (isTied: boolean): Sequential => {
      const [first, second] = [new Linear(3, 3), new Linear(3, 3)];
      if (isTied) second.setMember('weight', first.weight);
      return new Sequential(first, second);
    };
    const tied = pair(true);
    await saveCheckpoint(path, { model: pair(false) });
    const before = await stateOf({ model: tied });
    expect((await failureOf(loadCheckpoint(path, { model: tied }))).differences).toEqual([
      'model: one parameter here, in the state several: 0.weight and 1.weight',
    ]);
    expect(await stateOf({ model: tied })).toStrictEqual(before);
    await saveCheckpoint(path, { model: tied });
    await loadCheckpoint(path, { model: pair(true) });
    expect((await failureOf(loadCheckpoint(path, { model: pair(false) }))).differences).toEqual([
      'model: missing: 1.weight',
    ]);
  });

  it('takes back what parts without differences took over', async () => {
    let value = 1;
    const counter = {
      stateDict: () => value,
      loadStateDict: (state: number) => {
        value = state;
      },
    };
    const linear = new Linear(2, 2);
    const plainPart: Stateful<StateDict> = {
      stateDict: () => linear.stateDict(),
      loadStateDict: (state: StateDict) => linear.loadStateDict(state),
    };
    const refusing: Stateful = {
      stateDict: () => 'x',
      loadStateDict: () => {
        throw new RangeError('not today');
      },
    };
    await saveCheckpoint(path, { counter, plainPart, refusing });
    value = 5;
    const weight = await new Linear(2, 2).weight.data();
    assign(linear.weight, tensor(weight, { shape: [2, 2] }));
    const error = await failureOf(loadCheckpoint(path, { counter, plainPart, refusing }));
    expect(error.differences).toEqual(['refusing: not today']);
    expect(value).toBe(5);
    expect(await linear.weight.data()).toEqual(weight);
  });

  it('says what is wrong with a file that is no checkpoint', async () => {
    const { model } = trained();
    const absent = join(folder, 'absent.safetensors');
    expect((await failureOf(loadCheckpoint(absent, { model }))).message).toContain(
      `[loadCheckpoint] cannot read ${absent}: there is no such file or folder.`,
    );
    await writeSafetensors(path, model.stateDict());
    expect((await failureOf(loadCheckpoint(path, { model }))).message).toMatch(/no state[^]*readSafetensors/);
    writeFileSync(path, 'a text that is long enough');
    expect((await failureOf(loadCheckpoint(path, { model }))).message).toMatch(/not a safetensors file/);
  });

  it('refuses a file that was cut short anywhere, and one that was damaged: nothing changes', async () => {
    const parts = trained();
    await step(parts);
    await saveCheckpoint(path, parts);
    const whole = readFileSync(path);
    const before = await stateOf(parts);
    const lengths = [
      ...Array.from({ length: 40 }, (_, i) => Math.floor((whole.length * i) / 40)),
      7,
      8,
      9,
      whole.length - 1,
    ];
    for (const length of lengths) {
      writeFileSync(path, whole.subarray(0, length));
      const error = await failureOf(loadCheckpoint(path, parts));
      expect(error.message).toContain(`cannot read ${path}: `);
    }
    // Bytes of the header: refused, or read as it says.
    for (let i = 8; i < 1500; i += 7) {
      const damaged = Uint8Array.from(whole);
      damaged[i] = ((damaged[i] ?? 0) + 1) % 256;
      writeFileSync(path, damaged);
      await loadCheckpoint(path, trained()).catch((error: unknown) => expect(error).toBeInstanceOf(CheckpointError));
    }
    expect(await stateOf(parts)).toStrictEqual(before);
  });
});
