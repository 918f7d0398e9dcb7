import { ArrayDataset } from '@hebb/data';
import { Linear } from '@hebb/layers';
import { meanSquaredError } from '@hebb/losses';
import { SGD } from '@hebb/optimizers';
import { Checkpoint, fit } from '@hebb/training';
import { prove } from './prove.js';

void prove({
  async compute() {
    // y = 2x + 1, found from four points.
    const dataset = new ArrayDataset({
      x: { data: Float32Array.of(-1, 0, 1, 2), shape: [1] },
      y: { data: Float32Array.of(-1, 1, 3, 5), shape: [1] },
    });
    const model = new Linear(1, 1);
    const optimizer = new SGD(model, { learningRate: 0.1 });
    const history = await fit(model, dataset, { loss: meanSquaredError, optimizer, epochs: 200, batchSize: 4 });
    const rounded = async (parameter) => Math.round(1e3 * (await parameter.data())[0]) / 1e3;
    return [await rounded(model.weight), await rounded(model.bias), history.losses.length];
  },
  expected: [2, 1, 200],
  misuse() {
    return new Checkpoint('runs', { every: 0.5 });
  },
  message: /^\[Checkpoint\]/,
});
