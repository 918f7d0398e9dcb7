import { encodeSafetensors, Linear, readSafetensors, ReLU, Sequential } from '@hebb/layers';
import { tensor } from '@hebb/tensor';
import { prove } from './prove.js';

void prove({
  async compute() {
    const bytes = await encodeSafetensors({ '0.weight': tensor([[1, -2]]), '0.bias': tensor([0.5]) });
    const model = new Sequential(new Linear(2, 1), new ReLU());
    model.loadStateDict(await readSafetensors(bytes));
    const outputs = model.forward(
      tensor([
        [3, 1],
        [1, 3],
      ]),
    );
    return await outputs.toArray();
  },
  expected: [[1.5], [0]],
  misuse() {
    new Linear(2, 1).forward(tensor([[1, 2, 3]]));
  },
  message: /Linear/,
  openFile: () => readSafetensors('none.safetensors'),
});
