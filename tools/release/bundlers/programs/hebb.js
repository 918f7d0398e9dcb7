import {
  accuracy,
  AdamW,
  ArrayDataset,
  classification,
  crossEntropy,
  fit,
  evaluate,
  Linear,
  manualSeed,
  readSafetensors,
  ReLU,
  Sequential,
  tensor,
} from 'hebb';
import { prove } from './prove.js';

void prove({
  async compute() {
    // Whether two bits differ: no line separates that.
    const dataset = new ArrayDataset({
      x: { data: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), shape: [2] },
      y: { data: Int32Array.of(0, 1, 1, 0), shape: [] },
    });
    manualSeed(1);
    const model = new Sequential(new Linear(2, 16), new ReLU(), new Linear(16, 2));
    const optimizer = new AdamW(model, { learningRate: 0.05 });
    const lines = [];
    const progress = { onEpochEnd: (record) => void lines.push(record.loss) };
    await fit(model, dataset, {
      loss: crossEntropy,
      optimizer,
      epochs: 100,
      validation: dataset,
      metrics: { accuracy },
      callbacks: [progress],
    });
    const report = await evaluate(model, dataset, classification({ classNames: ['same', 'different'] }));
    return [report.accuracy, lines.length, lines.at(-1) < 0.05];
  },
  expected: [1, 100, true],
  misuse() {
    tensor([[1, 2]]).matmul(tensor([[1, 2]]));
  },
  message: /matmul/,
  openFile: () => readSafetensors('none.safetensors'),
});
