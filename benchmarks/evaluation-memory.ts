/**
 * What does evaluating a model with many classes keep? Batches of 128 × 50,000 logits (25.6 MB each; a thousand of them are 25.6 GB), by
 * `classification`, of which the device picks the likeliest classes, and by `scores({ top5 })`, which reads every logit.
 * `node --import tsx benchmarks/evaluation-memory.ts [wasm|webgpu] [batches] [classes]`
 */
import type { ArrayBatch, Batches, LoadedBatch } from '@hebb/data';
import { classification, scores, topKAccuracy, type EvaluationTask, type Evaluation } from '@hebb/evaluation';
import { Linear } from '@hebb/layers';
import { device, manualSeed, setDevice } from '@hebb/tensor';
import { evaluate } from '@hebb/training';
import { commandLine, devices } from './support/command-line.ts';

const {
  device: name,
  batches: count,
  classes,
} = commandLine(import.meta.url, { device: devices, batches: 1000, classes: 50_000 });
const [batchSize, features] = [128, 16];

setDevice(name);
console.log(await device.ready());

interface Sample {
  readonly device: number;
  readonly resident: number;
}

/** Made as they are asked for; takes a sample of the memory before each. */
function batches(samples: Sample[]): Batches {
  return {
    async *batches(): AsyncGenerator<LoadedBatch<ArrayBatch>> {
      for (let batch = 0; batch < count; batch++) {
        const { usedBytes, pooledBytes } = device.memory();
        samples.push({ device: usedBytes + pooledBytes, resident: process.memoryUsage().rss });
        const x = Float32Array.from({ length: batchSize * features }, (_, i) => Math.sin(batch + i));
        const y = Int32Array.from({ length: batchSize }, (_, i) => (31 * batch + i) % classes);
        yield {
          batch: { x: { data: x, shape: [batchSize, features] }, y: { data: y, shape: [batchSize] } },
          count: batchSize,
          next: { epoch: 0, batch: batch + 1 },
        };
      }
    },
    stateDict: () => null,
    loadStateDict: () => undefined,
    differences: () => [],
  };
}

const tasks: Record<string, EvaluationTask> = {
  'classification()': classification() as unknown as EvaluationTask,
  'scores({ top5 })': scores({ top5: topKAccuracy }) as unknown as EvaluationTask,
};
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const results: object[] = [];
for (const [task, make] of Object.entries(tasks)) {
  manualSeed(1);
  const samples: Sample[] = [];
  const evaluation: Evaluation = await evaluate(new Linear(features, classes), batches(samples), make);
  const most = (part: Sample[], of: keyof Sample): number => Math.max(...part.map((sample) => sample[of]));
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const [early, late] = [samples.slice(tenth, 2 * tenth), samples.slice(-tenth)];
  const result = {
    task,
    batches: samples.length,
    logits: samples.length * batchSize * classes * 4,
    resident: { early: most(early, 'resident'), late: most(late, 'resident') },
    device: { early: most(early, 'device'), late: most(late, 'device') },
    examplesPerSecond: evaluation.examplesPerSecond,
  };
  results.push(result);
  console.log(
    `${task}  ${result.batches} batches, ${megabytes(result.logits)} of logits: resident ${megabytes(result.resident.early)} in the second tenth, ${megabytes(result.resident.late)} in the last; on the device ${megabytes(result.device.early)} and ${megabytes(result.device.late)}; ${result.examplesPerSecond.toFixed(0)} examples/s`,
  );
}
console.log(JSON.stringify(results));
process.exit(0);
