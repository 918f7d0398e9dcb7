/** One training step of the digits CNN, as every test here runs it: seeded, on whatever device is current. */
import { readFileSync } from 'node:fs';
import { valueAndGrad } from '@hebb/autograd';
import { ConvolutionalNetwork } from '@hebb/architectures';
import { ArrayDataset, DataLoader, parseCsv } from '@hebb/data';
import type { Module } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { AdamW } from '@hebb/optimizers';
import { compile, manualSeed, type DeviceName, type Tensor } from '@hebb/tensor';

const batchSize = 64;

/** Devices that these tests run on: WebGPU where `npm test` has found an adapter. */
export const devices: readonly DeviceName[] =
  process.env['HEBB_TEST_WEBGPU'] === '1' || process.env['HEBB_REQUIRE_WEBGPU'] === '1' ? ['wasm', 'webgpu'] : ['wasm'];

/** The 1,797 handwritten digits that the quickstart carries, as float32 [n, 1, 8, 8] in 0 … 1 and labels. */
function digits(): ArrayDataset {
  const table = parseCsv(readFileSync(new URL('../../../../apps/quickstart/data/digits.csv', import.meta.url), 'utf8'));
  const pixels = table.columns(table.names.slice(0, 64)).data.map((value) => value / 16);
  const label = table.names[64] ?? '';
  return new ArrayDataset({
    x: { data: Float32Array.from(pixels), shape: [1, 8, 8] },
    y: { data: Int32Array.from(table.numbers(label)), shape: [] },
  });
}

/** Batches of one size, in the order of a seed, again and again. */
export function* batches(seed = 1): Generator<{ x: Tensor; y: Tensor }> {
  const loader = new DataLoader(digits(), { batchSize, shuffle: true, seed, dropLast: true });
  for (;;) for (const { x, y } of loader) yield { x, y } as { x: Tensor; y: Tensor };
}

export interface TrainingStep {
  readonly model: Module;
  /** Forward, backward and AdamW, recorded anew at each call. */
  readonly record: (x: Tensor, y: Tensor) => Tensor;
  /** The same, compiled. */
  readonly compiled: (x: Tensor, y: Tensor) => Tensor;
}

/** Every step made so far: a model collected in the middle of a test would make memory shrink for reasons of its own. */
const alive: TrainingStep[] = [];

/** A fresh network with dropout and its optimizer on the current device. */
export function trainingStep(): TrainingStep {
  manualSeed(1);
  const model = new ConvolutionalNetwork({ channels: 1, imageSize: 8, classes: 10, dropout: 0.25 });
  const optimizer = new AdamW(model, { learningRate: 3e-3 });
  const record = (x: Tensor, y: Tensor): Tensor => {
    const { value: loss, grads } = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
    optimizer.step(grads);
    return loss;
  };
  const step = { model, record, compiled: compile(record) };
  alive.push(step);
  return step;
}
