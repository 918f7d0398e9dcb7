/** Trains a small network on the digits: everything here is what a Hebb program looks like anywhere. */
import {
  AdamW,
  compile,
  crossEntropy,
  DataLoader,
  Flatten,
  Linear,
  manualSeed,
  ReLU,
  Sequential,
  tensor,
  valueAndGrad,
  type ArrayDataset,
  type ImageFields,
  type Tensor,
} from 'hebb';

export const epochs = 30;

export interface Epoch {
  readonly number: number;
  /** Of every step of the epoch. */
  readonly losses: readonly number[];
  readonly millisecondsPerStep: number;
}

export interface Trainer {
  /** One pass over the training digits. */
  epoch(): Promise<Epoch>;
  /** For each image of 64 pixels the probabilities of the ten digits, one row after the other. */
  classify(images: Float32Array): Promise<Float32Array>;
}

/** A fresh network on the current device. */
export function createTrainer(digits: ArrayDataset<ImageFields>): Trainer {
  manualSeed(1);
  const model = new Sequential(new Flatten(), new Linear(64, 64), new ReLU(), new Linear(64, 10));
  const optimizer = new AdamW(model, { learningRate: 3e-3 });
  const batches = new DataLoader(digits, { batchSize: 32, shuffle: true, seed: 1, dropLast: true });

  // Forward, backward and the update are recorded once and run as one plan from then on.
  const step = compile((x: Tensor, y: Tensor) => {
    const { value: loss, grads } = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
    optimizer.step(grads);
    return loss;
  });
  const probabilities = compile((x: Tensor) => model.forward(x).softmax(-1));

  return {
    async epoch() {
      const number = batches.epoch + 1;
      const start = performance.now();
      const losses: Tensor[] = [];
      for (const { x, y } of batches) losses.push(step(x, y));
      // Values come back through promises; asking only now keeps the device busy meanwhile.
      const values = await Promise.all(losses.map((loss) => loss.item()));
      return { number, losses: values, millisecondsPerStep: (performance.now() - start) / losses.length };
    },
    async classify(images) {
      return (await probabilities(tensor(images, { shape: [images.length / 64, 1, 8, 8] })).data()) as Float32Array;
    },
  };
}

/** The most probable digit of each row of ten. */
export function digitsOf(probabilities: Float32Array): number[] {
  return Array.from({ length: probabilities.length / 10 }, (_, i) => {
    const row = probabilities.subarray(i * 10, i * 10 + 10);
    return row.indexOf(Math.max(...row));
  });
}
