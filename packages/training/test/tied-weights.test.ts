/** A model with tied weights goes on from a checkpoint as if it had never been cut: one parameter in file, optimizer and model. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArrayDataset } from '@hebb/data';
import { Embedding, Linear, Module } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { AdamW } from '@hebb/optimizers';
import { manualSeed, setDevice, type Tensor } from '@hebb/tensor';
import { expect, it } from 'vitest';
import { Checkpoint, fit } from '../src/index.ts';

class Words extends Module {
  readonly embedding = new Embedding(7, 4);
  readonly head = new Linear(4, 7, { bias: false });
  constructor() {
    super();
    this.head.weight = this.embedding.weight;
  }
  forward(ids: Tensor): Tensor {
    return this.head.forward(this.embedding.forward(ids));
  }
}

const data = new ArrayDataset({
  x: { data: Int32Array.from({ length: 24 }, (_, i) => i % 7), shape: [] },
  y: { data: Int32Array.from({ length: 24 }, (_, i) => (3 * i + 1) % 7), shape: [] },
});

/** Trains up to an epoch in a folder, going on with what lies there. */
async function train(folder: string, epochs: number): Promise<{ model: Words; optimizer: AdamW }> {
  manualSeed(3);
  const model = new Words();
  const optimizer = new AdamW(model, { learningRate: 0.05 });
  const callbacks = [new Checkpoint(folder)];
  await fit(model, data, { loss: crossEntropy, optimizer, epochs, batchSize: 8, callbacks, resume: folder });
  return { model, optimizer };
}

it('tied weights are resumed to the last bit, and stay tied', async () => {
  setDevice('wasm');
  const folders = await Promise.all(['whole', 'cut'].map((name) => mkdtemp(join(tmpdir(), `hebb-tied-${name}-`))));
  const [whole = '', cut = ''] = folders;
  try {
    const uncut = await train(whole, 4);
    await train(cut, 2);
    const { model, optimizer } = await train(cut, 4);
    expect(model.head.weight).toBe(model.embedding.weight);
    expect([...optimizer.parameters.keys()]).toEqual(['embedding.weight']);
    expect([...optimizer.stateDict().state.keys()]).toEqual(['embedding.weight']);
    expect(optimizer.stepCount).toBe(12);
    expect([...(await model.head.weight.data())]).toEqual([...(await uncut.model.head.weight.data())]);
  } finally {
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
  }
});
