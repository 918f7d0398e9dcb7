/** Training that PyTorch began goes on here: `torch.save({'model': …, 'optimizer': …, 'epoch': 3})`, read directly (tools/golden/pytorch_checkpoints.py). */
import { Linear, readPyTorch, readPyTorchObject, Sequential, Tanh } from '@hebb/layers';
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ASGD,
  cosineSchedule,
  fromPyTorchState,
  LBFGS,
  minimize,
  NAdam,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
  toPyTorchState,
  type Optimizer,
  type Schedule,
} from '@hebb/optimizers';
import { setDevice, Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, golden, toTensor, type Stored } from '../../../tensor/test/support/golden.ts';

const { x, y, runs } = golden(new URL('../golden/pytorch-checkpoints.json', import.meta.url)) as {
  readonly x: Stored;
  readonly y: Stored;
  readonly runs: readonly { readonly name: string; readonly file: string; readonly after: Readonly<Record<string, Stored>> }[];
}; // prettier-ignore

const makers: Readonly<Record<string, (model: Sequential) => Optimizer>> = {
  SGD: (model) => new SGD(model, { learningRate: 1 }),
  Adam: (model) => new Adam(model, { learningRate: 1 }),
  'AdamW, groups': (model) => new AdamW(model, { learningRate: 1, groups: [{ match: /bias$/ }] }),
  'AdamW, cosine': (model) => new AdamW(model, { learningRate: 1, groups: [{ match: /bias$/ }] }),
  Adamax: (model) => new Adamax(model, { learningRate: 1 }),
  NAdam: (model) => new NAdam(model, { learningRate: 1 }),
  RAdam: (model) => new RAdam(model, { learningRate: 1 }),
  Adagrad: (model) => new Adagrad(model, { learningRate: 1 }),
  Adadelta: (model) => new Adadelta(model, { learningRate: 1 }),
  RMSprop: (model) => new RMSprop(model, { learningRate: 1 }),
  Rprop: (model) => new Rprop(model, { learningRate: 1 }),
  ASGD: (model) => new ASGD(model, { learningRate: 1 }),
};
const searches: Readonly<Record<string, (model: Sequential) => LBFGS>> = {
  LBFGS: (model) => new LBFGS(model, { learningRate: 1, maxIter: 2 }),
  'LBFGS, cosine': (model) => new LBFGS(model, { learningRate: 1, maxIter: 2 }),
  'LBFGS, strong Wolfe': (model) => new LBFGS(model, { maxIter: 2, historySize: 3, lineSearchFn: 'strong_wolfe' }),
  'LBFGS, one direction': (model) => new LBFGS(model, { learningRate: 1, maxIter: 1 }),
};

/** Those that CosineAnnealingLR(optimizer, 10) has taken through three steps. */
const scheduleOf = (name: string): Schedule => (name.endsWith('cosine') ? cosineSchedule() : () => 1);

beforeAll(() => setDevice('wasm'));

describe.each(runs.map((run, i) => [`${run.name} (${i})`, run] as const))('%s', (_, run) => {
  const file = new Uint8Array(Buffer.from(run.file, 'base64'));
  const inputs = toTensor(x);
  const targets = toTensor(y);
  const start = async (): Promise<{ model: Sequential; loss: () => Tensor; saved: unknown }> => {
    const model = new Sequential(new Linear(3, 4), new Tanh(), new Linear(4, 1));
    model.loadStateDict(await readPyTorch(file, { key: 'model' }));
    const loss = (): Tensor => model.forward(inputs).sub(targets).square().mean();
    return { model, loss, saved: await readPyTorchObject(file, { key: 'optimizer' }) };
  };
  const check = async (model: Sequential): Promise<void> => {
    for (const [name, value] of model.stateDict()) await expectClose(value, run.after[name] as Stored, name);
  };

  it('goes on from its checkpoint, and again from its state there and back', async () => {
    const { model, loss, saved } = await start();
    const search = searches[run.name]?.(model);
    if (search !== undefined) {
      search.loadStateDict(await fromPyTorchState(search, saved));
      search.loadStateDict(await fromPyTorchState(search, toPyTorchState(search)));
      for (let i = 0; i < 3; i++) {
        search.factor = scheduleOf(run.name)(3 + i, 10);
        await search.step(loss);
      }
    } else {
      const optimizer = makers[run.name]?.(model) as Optimizer;
      optimizer.loadStateDict(await fromPyTorchState(optimizer, saved));
      optimizer.loadStateDict(await fromPyTorchState(optimizer, toPyTorchState(optimizer)));
      for (let i = 0; i < 3; i++) {
        optimizer.factor = scheduleOf(run.name)(optimizer.stepCount, 10);
        minimize(optimizer, loss);
      }
    }
    await check(model);
  });
});

describe.each(['AdamW, cosine', 'LBFGS, cosine'])('the rates of %s', (name) => {
  const { file = '' } = runs.find((run) => run.name === name) ?? {};
  const start = async () => {
    const model = new Sequential(new Linear(3, 4), new Tanh(), new Linear(4, 1));
    const optimizer = (makers[name] ?? searches[name])?.(model) as Optimizer | LBFGS;
    const saved = (await readPyTorchObject(new Uint8Array(Buffer.from(file, 'base64')), { key: 'optimizer' })) as ReadonlyMap<string, unknown>; // prettier-ignore
    return { optimizer, saved, groups: saved.get('param_groups') as readonly Map<string, unknown>[] };
  };

  it('are those before the schedule, with its factor, and travel back as lr and initial_lr', async () => {
    const { optimizer, saved, groups } = await start();
    const state = await fromPyTorchState(optimizer, saved);
    expect(state.factor).toBeCloseTo(cosineSchedule()(3, 10), 12);
    optimizer.loadStateDict(state as never);
    const rates = optimizer instanceof LBFGS ? [optimizer.learningRate] : optimizer.groups.map(({ options }) => options.learningRate); // prettier-ignore
    expect(rates).toEqual(optimizer instanceof LBFGS ? [0.5] : [0.02, 0.05]);
    const { param_groups } = toPyTorchState(optimizer);
    expect(param_groups.map(({ initial_lr }) => initial_lr)).toEqual(rates);
    for (const [i, group] of groups.entries()) expect(param_groups[i]?.['lr']).toBeCloseTo(group.get('lr') as number, 15); // prettier-ignore
    optimizer.factor = 1;
    expect(toPyTorchState(optimizer).param_groups.map((group) => [group['lr'], 'initial_lr' in group])).toEqual(rates.map((rate) => [rate, false])); // prettier-ignore
    optimizer.factor = 0;
    const ended = await fromPyTorchState(optimizer, toPyTorchState(optimizer));
    optimizer.loadStateDict(ended as never);
    expect([optimizer.factor, optimizer.learningRate]).toEqual([0, rates[0]]);
  });

  it('are refused where there is no one factor', async () => {
    const { optimizer, saved, groups } = await start();
    const [group] = groups;
    group?.set('lr', 0.125).set('initial_lr', 0);
    await expect(fromPyTorchState(optimizer, saved)).rejects.toThrow(
      /\[fromPyTorchState\] lr \/ initial_lr must be one for all of param_groups, as optimizer.factor is, not 0\.125 \/ 0/,
    );
    for (const each of groups) each.delete('initial_lr');
    const { factor } = await fromPyTorchState(optimizer, saved);
    expect(factor).toBe(1);
    if (optimizer instanceof LBFGS) return;
    group?.set('lr', 0.25).set('initial_lr', 0.5);
    await expect(fromPyTorchState(optimizer, saved)).rejects.toThrow(/0\.25 \/ 0\.5, .*hint: Delete initial_lr/s);
  });
});

describe('states that do not fit', () => {
  const [adam, lbfgs] = ['Adam', 'LBFGS'].map((name) => new Uint8Array(Buffer.from(runs.find((run) => run.name === name)?.file ?? '', 'base64'))) as [Uint8Array, Uint8Array]; // prettier-ignore
  const model = (): Sequential => new Sequential(new Linear(3, 4), new Tanh(), new Linear(4, 1));

  it('are refused by name', async () => {
    const saved = await readPyTorchObject(lbfgs, { key: 'optimizer' });
    const other = new LBFGS(new Linear(3, 4));
    await expect(fromPyTorchState(other, saved)).rejects.toThrow('there are 2 names, and none for the parameter 2');
    const reversed = ['2.bias', '2.weight', '0.bias', '0.weight'];
    await expect(fromPyTorchState(new LBFGS(model()), saved, reversed)).rejects.toThrow('all of them count, in their order'); // prettier-ignore
    const foreign = new LBFGS(model());
    const ofAdam = await readPyTorchObject(adam, { key: 'optimizer' });
    await expect(fromPyTorchState(foreign, ofAdam)).rejects.toThrow('the state is that of another optimizer');
    const back = await fromPyTorchState(new Adam(model()), saved);
    expect(() => new Adam(model()).loadStateDict(back)).toThrow('unexpected 0.weight.d');
    await expect(fromPyTorchState(foreign, await readPyTorchObject(adam))).rejects.toThrow("a state_dict() of PyTorch's optimizer"); // prettier-ignore
    await expect(fromPyTorchState(foreign, 3)).rejects.toThrow("a state_dict() of PyTorch's optimizer");
  });

  it("give L-BFGS's memory as PyTorch has it", async () => {
    const optimizer = new LBFGS(model(), { learningRate: 0.5, maxIter: 2 });
    const saved = (await readPyTorchObject(lbfgs, { key: 'optimizer' })) as ReadonlyMap<string, unknown>;
    optimizer.loadStateDict(await fromPyTorchState(optimizer, saved));
    const { param_groups, state } = toPyTorchState(optimizer);
    const [group] = saved.get('param_groups') as readonly ReadonlyMap<string, unknown>[];
    expect(param_groups[0]).toEqual(Object.fromEntries(group ?? []));
    const own = (state as Readonly<Record<string, Readonly<Record<string, unknown>>>>)[0] ?? {};
    const theirs = (saved.get('state') as ReadonlyMap<number, ReadonlyMap<string, unknown>>).get(0);
    // `al` is scratch of PyTorch's loop, made anew where it is missing.
    expect(Object.keys(own).sort()).toEqual([...(theirs?.keys() ?? [])].filter((name) => name !== 'al').sort());
    for (const [name, value] of Object.entries(own)) {
      const expected = theirs?.get(name);
      if (value instanceof Tensor && expected instanceof Tensor) expect(value.shape, name).toEqual(expected.shape);
      else if (typeof value === 'number') expect(value, name).toBe(expected);
    }
  });
});
