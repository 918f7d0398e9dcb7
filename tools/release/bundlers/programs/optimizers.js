import { SGD } from '@hebb/optimizers';
import { tensor, variable } from '@hebb/tensor';
import { prove } from './prove.js';

void prove({
  async compute() {
    const weight = variable(tensor([1, 2]), { requiresGrad: true });
    new SGD({ weight }, { learningRate: 0.5 }).step({ weight: tensor([1, -1]) });
    return await weight.toArray();
  },
  expected: [0.5, 2.5],
  misuse() {
    return new SGD({ weight: variable(tensor(1), { requiresGrad: true }) }, { learningRate: -1 });
  },
  message: /^\[SGD\] learningRate/,
});
