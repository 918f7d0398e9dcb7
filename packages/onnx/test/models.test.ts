/** Whole models: one file for every batch size, PyTorch's names inside, the modes and the state of the model left alone. */
import {
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  GELU,
  initialize,
  LazyLinear,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
  Softmax,
} from '@hebb/layers';
import { assign, indexSelect, manualSeed, pad, setDevice, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exportOnnx, parseOnnx, runOnnx, verifyOnnx } from '@hebb/onnx';
import { expectSame, numbers, operatorsOf, sample } from './support/compare.ts';

beforeEach(() => manualSeed(7));

const batches = [{ batch: 1 }, { batch: 2 }, { batch: 3 }, { batch: 7 }, { batch: 17 }];

class Net extends Module {
  readonly features: Sequential = new Sequential(
    new Conv2d(1, 4, 3),
    new BatchNorm2d(4),
    new ReLU(),
    new MaxPool2d(2),
    new Dropout(0.25),
  );
  readonly classifier: Sequential = new Sequential(
    new Flatten(),
    new Linear(4 * 5 * 5, 16),
    new GELU(),
    new Dropout(0.5),
    new Linear(16, 10),
  );
  forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}

/** Running statistics and parameters other than the initial ones. */
function scramble(model: Module): void {
  let seed = 1;
  for (const [name, state] of model.stateDict()) {
    if (state.dtype !== 'float32') continue;
    const values = numbers(state.size, seed++).map((v) => (name.endsWith('running_var') ? Math.abs(v) + 0.5 : v / 2));
    assign(state, tensor(values, { shape: state.shape }));
  }
}

describe.each(['reference', 'wasm'] as const)('models on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('names weights by the keys of the objects and Maps that hold them', async () => {
    class Heads extends Module {
      readonly parts = { body: new Linear(3, 4) };
      readonly heads = new Map([['cat', new Linear(4, 2)]]);
      forward(x: Tensor): Tensor {
        return [...this.heads.values()].reduce((value, head) => head.forward(value), this.parts.body.forward(x));
      }
    }
    const model = new Heads();
    const bytes = await exportOnnx(model, { inputs: { x: ['batch', 3] }, outputs: ['y'] });
    const weights = parseOnnx(bytes).graph?.initializer ?? [];
    expect(new Set(weights.map(({ name }) => name))).toEqual(new Set(model.stateDict().keys()));
  });

  it('a perceptron becomes Gemm and Relu', async () => {
    const model = new Sequential(
      new Linear(6, 8),
      new ReLU(),
      new BatchNorm1d(8),
      new Dropout(0.5),
      new Linear(8, 3, { bias: false }),
      new Softmax(),
    ).eval();
    scramble(model);
    const file = await expectSame(model, { inputs: { x: ['batch', 6] } }, batches);
    expect(operatorsOf(file)).toEqual(['Gemm', 'Relu', 'BatchNormalization', 'Gemm', 'Softmax']);
    expect(file.graph?.initializer?.map(({ name, dims }) => [name, dims])).toEqual([
      ['0.weight', [8, 6]],
      ['0.bias', [8]],
      ['2.weight', [8]],
      ['2.bias', [8]],
      ['2.running_mean', [8]],
      ['2.running_var', [8]],
      ['4.weight', [3, 8]],
    ]);
  });

  it('a convolutional network becomes the operators that people expect, named by module', async () => {
    const model = new Net();
    scramble(model);
    const options = { inputs: { image: ['batch', 1, 12, 12] }, outputs: ['logits'] };
    const file = await expectSame(model.eval(), options, batches);
    expect(file.graph?.node?.map(({ name, opType }) => `${name}: ${opType}`)).toEqual([
      'features.0/Conv: Conv',
      'features.1/BatchNormalization: BatchNormalization',
      'features.2/Relu: Relu',
      'features.3/MaxPool: MaxPool',
      'classifier.0/Reshape: Reshape',
      'classifier.1/Gemm: Gemm',
      'classifier.2/Gelu: Gelu',
      'classifier.4/Gemm: Gemm',
    ]);
    expect(file.graph?.name).toBe('Net');
    expect(file.graph?.input?.[0]?.type?.tensorType).toEqual({
      elemType: 1,
      shape: { dim: [{ dimParam: 'batch' }, { dimValue: 1 }, { dimValue: 12 }, { dimValue: 12 }] },
    });
    expect(file.graph?.output).toEqual([
      {
        name: 'logits',
        type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'batch' }, { dimValue: 10 }] } } },
      },
    ]);
    expect(file).toMatchObject({ irVersion: 9, producerName: 'hebb', opsetImport: [{ version: 20 }] });
  });

  it('older operator sets get decompositions', async () => {
    const model = new Net().eval();
    const options = { inputs: { image: ['batch', 1, 12, 12] }, opset: 17 } as const;
    const file = await expectSame(model, options, batches);
    // The five operators that runtimes fuse.
    const gelu = ['Div', 'Erf', 'Add', 'Mul', 'Mul'];
    expect(operatorsOf(file)).toEqual([
      'Conv',
      'BatchNormalization',
      'Relu',
      'MaxPool',
      'Reshape',
      'Gemm',
      ...gelu,
      'Gemm',
    ]);
    expect(file.irVersion).toBe(8);
  });

  it.each([17, 18, 19, 20, 21, 22, 23, 24, 25, 26])('operator set %i is written as it is defined', async (opset) => {
    const run = (x: Tensor): Tensor =>
      pad(
        x
          .gelu()
          .max(1, { keepDims: true })
          .add(x.min([0, 2]))
          .sub(x.mean(0)),
        [
          [0, 0],
          [1, 1],
        ],
      ).flip(1);
    const file = await expectSame(run, { inputs: { x: ['batch', 3, 3] }, opset }, batches);
    expect(file.opsetImport).toEqual([{ domain: '', version: opset }]);
  });

  it('is traced in evaluation mode; each module keeps its own mode, also on errors', async () => {
    const model = new Net();
    model.features.eval();
    const modes = (): boolean[] => [...model.namedModules().values()].map(({ training }) => training);
    const before = modes();
    const bytes = await exportOnnx(model, { inputs: { image: ['batch', 1, 12, 12] } });
    expect(modes()).toEqual(before);
    expect(operatorsOf(parseOnnx(bytes))).not.toContain('Where');
    await expect(exportOnnx(model, { inputs: { image: ['batch', 2, 12, 12] } })).rejects.toThrow(/channels/);
    expect(modes()).toEqual(before);
    expect(Object.keys(model.features)).not.toContain('forward');
  });

  it('leaves nothing behind: the model trains on after an export', async () => {
    const model = new Sequential(new Linear(4, 4), new BatchNorm1d(4));
    const x = sample([5, 4]);
    await exportOnnx(model, { inputs: { x: ['batch', 4] } });
    const output = model.forward(x);
    for (const parameter of model.parameters()) assign(parameter, parameter.mul(0.5));
    await output.data();
    expect(await model.namedBuffers().get('1.num_batches_tracked')?.item()).toBe(1);
    const { output: exported } = await runOnnx(await exportOnnx(model, { inputs: { x: ['batch', 4] } }), x);
    const expected = await model.eval().forward(x).data();
    expect(await exported?.data()).toEqual(expect.objectContaining({ length: expected.length }));
    (await exported?.data())?.forEach((value, i) => expect(value).toBeCloseTo(expected[i] as number, 5));
  });

  it('takes several inputs and gives several outputs, by order and by name', async () => {
    const inputs = { x: ['batch', 3], ids: { shape: ['batch', 2], dtype: 'int32' } } as const;
    await expectSame(
      (x: Tensor, ids: Tensor) => [x.add(1), ids.mul(2), x],
      { inputs, outputs: ['a', 'b', 'c'] },
      batches,
    );
    const file = await expectSame(
      (x: Tensor, ids: Tensor) => ({ sum: x.sum(1), parity: ids.equal(0), again: x }),
      { inputs },
      batches,
    );
    expect(file.graph?.output?.map(({ name }) => name)).toEqual(['sum', 'parity', 'again']);
    const chosen = parseOnnx(
      await exportOnnx((x: Tensor) => ({ a: x.exp(), b: x.log() }), { inputs: { x: [2] }, outputs: ['b'] }),
    );
    expect(operatorsOf(chosen)).toEqual(['Log']);
  });

  it('takes modules of several inputs and outputs, with hooks, fields that are functions, lazy and tied layers', async () => {
    class Cell extends Module<[x: Tensor, state: Tensor], { output: Tensor; state: Tensor }> {
      input: Module<[x: Tensor]> = new LazyLinear(4, { bias: false });
      scale = new Scale();
      head = new Linear(3, 4, { bias: false });
      forward(x: Tensor, state: Tensor): { output: Tensor; state: Tensor } {
        const next = this.input.forward(x).add(this.scale.forward(state)).tanh();
        return { output: this.head.forward(x).add(next), state: next };
      }
    }
    class Scale extends Module {
      forward = (x: Tensor): Tensor => x.mul(0.5);
    }
    const model = initialize(new Cell(), [
      ['batch', 3],
      ['batch', 4],
    ]);
    model.setMember('head.weight', model.getMember('input.weight'));
    model.scale.registerForwardHook((_, __, output) => output.exp());
    const inputs = { x: ['batch', 3], before: ['batch', 4] };
    const file = await expectSame(model, { inputs }, batches);
    expect(file.graph?.output?.map(({ name }) => name)).toEqual(['output', 'state']);
    expect(file.graph?.initializer?.map(({ name }) => name)).toContain('input.weight');
    expect(file.graph?.initializer?.map(({ name }) => name)).not.toContain('head.weight');
    expect(file.graph?.node?.map(({ name }) => name).filter((name) => name?.startsWith('scale/'))).toEqual([
      'scale/Mul',
      'scale/Exp',
    ]);
  });

  it('does not expand what operators broadcast themselves', async () => {
    const file = await expectSame(
      (x: Tensor) =>
        x
          .mul(2)
          .add(tensor([1, 2, 3]))
          .sub(x.mean(1, { keepDims: true })),
      { inputs: { x: ['batch', 3] } },
      batches,
    );
    expect(operatorsOf(file)).not.toContain('Expand');
  });

  it('keeps sizes of free axes free in attention', async () => {
    const [heads, width] = [2, 4];
    const attention = (x: Tensor): Tensor => {
      const [batch, time] = x.shape as [number, number];
      const split = (t: Tensor): Tensor => t.reshape([batch, time, heads, width]).permute([0, 2, 1, 3]);
      const [q, k, v] = [x, x.mul(0.5), x.add(1)].map(split) as [Tensor, Tensor, Tensor];
      const scores = q.matmul(k.transpose(2, 3)).mul(1 / Math.sqrt(width));
      const position = tensor(Int32Array.from({ length: 128 }, (_, i) => i)).narrow(0, 0, time);
      const mask = position.unsqueeze(1).less(position.unsqueeze(0));
      const weights = mask.where(-Infinity, scores).softmax(-1);
      return weights
        .matmul(v)
        .permute([0, 2, 1, 3])
        .reshape([batch, time, heads * width]);
    };
    const sizes = [
      { batch: 1, time: 1 },
      { batch: 3, time: 5 },
      { batch: 2, time: 9 },
    ];
    await expectSame(attention, { inputs: { x: ['batch', 'time', heads * width] } }, sizes);
  });

  it('is verified on any number of rows, in batches', async () => {
    const model = new Net();
    const x = sample([70, 1, 12, 12]);
    const bytes = await exportOnnx(model, { inputs: { image: ['batch', 1, 12, 12] }, outputs: ['logits'] });
    const proof = await verifyOnnx(bytes, model, x, { batchSize: 32 });
    expect(proof).toMatchObject({ ok: true, rows: 70, agreement: 1, outputs: [{ name: 'logits', shape: [70, 10] }] });
    expect(proof.maxAbsoluteDifference).toBeLessThan(1e-5);
    expect(String(proof)).toMatch(/^logits \[70, 10\]: largest difference .* argmax agrees on 100 %$/);
    expect(await verifyOnnx(bytes, model, { image: x })).toMatchObject({ ok: true });
    assign(model.parameters()[0] as Tensor, zeros([4, 1, 3, 3]));
    expect((await verifyOnnx(bytes, model, x)).ok).toBe(false);
  });

  it('counts the rows of what comes out, where inputs have others', async () => {
    const pick = (table: Tensor, at: Tensor): Tensor => indexSelect(table, 0, at);
    const bytes = await exportOnnx(pick, { inputs: { table: ['rows', 4], at: { shape: ['picked'], dtype: 'int32' } } });
    const table = sample([50, 4]);
    expect(await verifyOnnx(bytes, pick, { table, at: tensor(Int32Array.of(3, 1, 7)) })).toMatchObject({ ok: true, rows: 3 }); // prettier-ignore
  });
});
