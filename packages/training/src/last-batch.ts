/** A last batch that is too small (of one example, which batch normalisation cannot train on; of fewer than a task takes), found before the first step instead of at the end of an epoch. */
import { modesOf } from '@hebb/layers/internal';
import { dryRun, HebbError } from '@hebb/tensor';
import type { Batches } from '@hebb/data';
import { batchTensors, type BatchTensors } from './batches.ts';
import { TrainingError } from './errors.ts';
import { modulesOf } from './parts.ts';
import type { Task } from './task.ts';

/** Records the step for a last batch of an epoch that is so small. Throws TrainingError where it does not take it. */
export async function requireLastBatch(where: string, task: Task, source: Batches): Promise<void> {
  const { batchSize } = source as { batchSize?: unknown };
  const { length = 0, exampleCount = 0 } = source;
  if (typeof batchSize !== 'number' || batchSize < 2 || task.compiled === false) return;
  const left = exampleCount % batchSize;
  const isLeftOut = length * batchSize <= exampleCount;
  if (left === 0 || left > Math.max(1, (task.fewestExamples ?? 1) - 1) || isLeftOut) return;
  for await (const { batch, count } of source.batches()) {
    const whole = batchTensors(where, batch);
    const last: BatchTensors = Object.fromEntries(
      Object.entries(whole).map(([name, value]) => [name, value.shape[0] === count ? value.narrow(0, 0, left) : value]),
    );
    const models = [...modulesOf(task.parts).values()];
    const restoreModes = modesOf(...models);
    for (const model of models) model.train();
    try {
      dryRun(() => void task.step(last));
    } catch (error) {
      if (!(error instanceof HebbError)) throw error;
      const shown = new TrainingError(
        `[${where}] of ${exampleCount} examples in batches of ${batchSize} the last batch has ${left === 1 ? 'one' : left}, and the step does not take it:\n  ${error.message.split('\n  hint:', 1)[0]}`,
        { hint: 'Leave it out, { dropLast: true }, or take another batch size.' },
      );
      shown.cause = error;
      throw shown;
    } finally {
      restoreModes();
    }
    return;
  }
}
