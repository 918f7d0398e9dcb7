import { ArrayDataset, DataLoader } from '@hebb/data';
import { BatchNorm1d, Dropout, Linear, ReLU, Sequential } from '@hebb/layers';
import { meanSquaredError } from '@hebb/losses';
import { SGD, SWA } from '@hebb/optimizers';
import { defaultGenerator, manualSeed, setDevice } from '@hebb/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectClose, golden, toTensor, type Stored } from '../../tensor/test/support/golden.ts';
import { fit, predict, updateBatchNorm } from '../src/index.ts';

type Named = Readonly<Record<string, Stored>>;

/** Made by tools/golden/update_bn.py. */
const pytorch = golden(new URL('golden/update-bn.json', import.meta.url)) as {
  readonly initial: Named;
  readonly x: Stored;
  readonly y: Stored;
  readonly state: Named;
  readonly outputs: Stored;
};

const data = new ArrayDataset({
  x: { data: Float32Array.from(pytorch.x.data as number[]), shape: [3] },
  y: { data: Float32Array.from(pytorch.y.data as number[]), shape: [2] },
});
const inOrder = (): DataLoader => new DataLoader(data, { batchSize: 8 });

beforeEach(() => {
  setDevice('wasm');
});

const net = (): Sequential =>
  new Sequential(
    new Linear(3, 4),
    new BatchNorm1d(4),
    new ReLU(),
    new Linear(4, 5),
    new BatchNorm1d(5, { momentum: 0.25 }),
    new Linear(5, 2),
  );

/** Trained with averages, which are in the place of the weights now. */
async function averaged(): Promise<Sequential> {
  const model = net();
  model.loadStateDict(Object.fromEntries(Object.entries(pytorch.initial).map(([name, value]) => [name, toTensor(value)])), { strict: false }); // prettier-ignore
  const optimizer = new SWA(new SGD(model, { learningRate: 0.125 }));
  await fit(model, inOrder(), { loss: meanSquaredError, optimizer, epochs: 3 });
  return model;
}

async function values(model: Sequential): Promise<Readonly<Record<string, unknown>>> {
  const entries = [...model.stateDict()].map(async ([name, tensor]) => [name, await tensor.toArray()] as const);
  return Object.fromEntries(await Promise.all(entries)) as Readonly<Record<string, unknown>>;
}

describe('updateBatchNorm', () => {
  it('gives averages of weights the statistics that PyTorch’s update_bn gives them', async () => {
    const model = await averaged();
    await updateBatchNorm(model, inOrder());
    const state = model.stateDict();
    for (const [name, expected] of Object.entries(pytorch.state)) {
      const actual = state.get(name);
      if (actual === undefined) throw new Error(name);
      await expectClose(actual.to('float32'), expected, name, 2e-5);
    }
    model.eval();
    await expectClose(model.forward(toTensor(pytorch.x)), pytorch.outputs, 'outputs', 1e-4);
  });

  it('takes a dataset as batches in its order, and leaves modes, momenta, generator and loader as they were', async () => {
    const model = new Sequential(new Linear(3, 4), new BatchNorm1d(4), new Dropout(0.5), new BatchNorm1d(4));
    model.at(1)?.eval();
    manualSeed(3);
    const before = [...model.namedModules().values()].map(({ training }) => training);
    await updateBatchNorm(model, data, { batchSize: 8 });
    expect([...model.namedModules().values()].map(({ training }) => training)).toEqual(before);
    expect([...model.modules].flatMap((module) => (module instanceof BatchNorm1d ? [module.momentum] : []))).toEqual([0.1, 0.1]); // prettier-ignore
    expect([defaultGenerator.seed, defaultGenerator.draws]).toEqual([3, 0]);
    const once = await values(model);
    const loader = inOrder();
    await updateBatchNorm(model, loader);
    expect([loader.epoch, await values(model)]).toEqual([0, once]);
    await updateBatchNorm(model, data, { batchSize: 8, output: ({ x }) => model.forward(x as never) });
    expect(await values(model)).toEqual(once);
    expect(once['1.num_batches_tracked']).toBe(3);
  });

  it('changes nothing where it fails, nor in a model without batch normalisation', async () => {
    const model = await averaged();
    const before = await values(model);
    const broken = new DataLoader(data, {
      batchSize: 8,
      transform: (batch, { batch: number }) => {
        if (number === 2) throw new Error('no such image');
        return batch;
      },
    });
    await expect(updateBatchNorm(model, broken)).rejects.toThrow('no such image');
    // Batches of 7, 7, 7 and 1.
    await expect(updateBatchNorm(model, data, { batchSize: 7 })).rejects.toThrow(/dropLast: true/);
    expect(await values(model)).toEqual(before);
    await updateBatchNorm(model, data, { batchSize: 7, dropLast: true });
    expect((await values(model))['1.num_batches_tracked']).toBe(3);

    const plain = new Sequential(new Linear(3, 2));
    const unchanged = await values(plain);
    await updateBatchNorm(plain, data);
    expect(await values(plain)).toEqual(unchanged);
    await expect(updateBatchNorm(model, inOrder(), { batchSize: 8 })).rejects.toThrow(/batchSize/);
    expect((await predict(model, data)).shape).toEqual([22, 2]);
  });
});
