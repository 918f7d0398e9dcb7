/** Running statistics that fit weights which no step has made: averages of weights (SWA, EMA), or weights set by hand. */
import type { TensorBatch } from '@hebb/data';
import { BatchNorm, type AnyModule } from '@hebb/layers';
import { assign, compile, realize, type Tensor } from '@hebb/tensor';
import {
  checkOptions,
  requireBoolean,
  requireFunction,
  requireInteger,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { batchSource, batchTensors, type Examples } from './batches.ts';
import { requireExamples, requireModel, requireOwnBatches } from './checks.ts';
import { TrainingError } from './errors.ts';
import { forwardOfX } from './evaluation-data.ts';
import { forwardBatches } from './forward-batches.ts';

export interface UpdateBatchNormOptions {
  /** Examples at a time, where the data is a dataset. Default 128. */
  batchSize?: number;
  /** Leave out a last batch that is smaller, where the data is a dataset. Default `false`. */
  dropLast?: boolean;
  /** What is computed of a batch. Default: `({ x }) => model.forward(x)`. */
  output?: (batch: TensorBatch) => unknown;
}

const updateOptions: OptionNames<UpdateBatchNormOptions> = {
  batchSize: (where, name, value) => requireInteger(where, name, value, 1),
  dropLast: requireBoolean,
  output: requireFunction,
};

/**
 * Computes the running statistics of all batch normalisations in a model anew: the plain means, over the batches of the data, of what each of them
 * sees in training mode, as PyTorch's `update_bn` does. Averages of weights (`SWA`) need it, because the statistics that training left are those of
 * other weights; without it such a model may be no better than chance.
 *
 * ```ts
 * const model = new Sequential(new Linear(2, 8), new BatchNorm1d(8), new ReLU(), new Linear(8, 2));
 * const optimizer = new SWA(new SGD(model, { learningRate: 0.1 }), { from: 3 });
 * const data = new ArrayDataset({
 *   x: { data: Float32Array.of(0, 1, 1, 0, 1, 1, 0, 0), shape: [2] },
 *   y: { data: Int32Array.of(0, 1, 1, 0), shape: [] },
 * });
 * await fit(model, data, { loss: crossEntropy, optimizer, epochs: 5 });
 * await updateBatchNorm(model, data); // the model holds the averages now, and statistics of its own
 * ```
 *
 * Nothing else changes: the mode of every module, its `momentum`, the loader and the default generator are as before. A model without
 * batch normalisation is left alone. Every batch counts alike, so a loader with batches of one size is best.
 *
 * @param data a dataset (in its order), a loader, or a stream of batches, with the field `x`; `y` is not needed
 * @throws TrainingError for what is no model or data, and for no examples; also whatever the model throws. The statistics are then as before.
 */
export async function updateBatchNorm(
  model: AnyModule,
  data: Examples,
  options: UpdateBatchNormOptions = {},
): Promise<void> {
  const where = 'updateBatchNorm';
  requireModel(where, model);
  checkOptions(where, options, updateOptions);
  requireExamples(where, 'the data', data);
  const { batchSize, dropLast } = options;
  const own = { ...(batchSize !== undefined && { batchSize }), ...(dropLast !== undefined && { dropLast }) };
  requireOwnBatches(where, data, own);
  const output = options.output ?? forwardOfX(where, model);
  const norms = [...model.namedModules().values()].filter(
    (module): module is BatchNorm => module instanceof BatchNorm && module.trackRunningStats,
  );
  const [tracked] = norms.flatMap((norm) => norm.num_batches_tracked ?? []);
  if (tracked === undefined) return;

  const restore = await saved(norms);
  const step = compile((batch: TensorBatch): Tensor => {
    output(batch);
    return tracked.add(0); // read, so that the loop does not run ahead of the device
  });
  for (const norm of norms) {
    norm.resetRunningStats();
    norm.momentum = null;
  }
  let isDone = false;
  try {
    const batches = batchSource(where, data, { batchSize: 128, ...own }).batches();
    const forward = (batch: object): Tensor => step(batchTensors(where, batch));
    let count = 0;
    for await (const _ of forwardBatches([model], batches, forward, { training: true })) count++;
    if (count === 0) throw new TrainingError(`[${where}] there are no examples.`);
    isDone = true;
  } finally {
    await restore(isDone);
  }
}

/** Remembers statistics and momentum; the result puts back the momentum, and unless they are to be kept, the statistics. */
async function saved(norms: readonly BatchNorm[]): Promise<(keepsStatistics: boolean) => Promise<void>> {
  const momenta = norms.map(({ momentum }) => momentum);
  const statistics = norms
    .flatMap(({ running_mean, running_var, num_batches_tracked }) => [running_mean, running_var, num_batches_tracked])
    .flatMap((tensor) => (tensor === undefined ? [] : [[tensor, tensor.detach()] as const]));
  await realize(...statistics.map(([, copy]) => copy));
  return async (keepsStatistics) => {
    norms.forEach((norm, i) => (norm.momentum = momenta[i] ?? null));
    if (!keepsStatistics) for (const [tensor, copy] of statistics) assign(tensor, copy);
    await realize();
  };
}
