import { encodeSafetensors, fromConfig, Linear, Module, readSafetensors, ReLU, Sequential } from '@hebb/layers';
import { tensor } from '@hebb/tensor';
import { prove } from './prove.js';

/** Its name in configurations is the one written here, whatever a minifier makes of the class. */
class Scale extends Module {
  static type = 'Scale';
  static positional = ['factor'];

  constructor(factor) {
    super();
    this.factor = factor;
  }

  forward(x) {
    return x.mul(this.factor);
  }
}

void prove({
  async compute() {
    const bytes = await encodeSafetensors({ '0.weight': tensor([[1, -2]]), '0.bias': tensor([0.5]) });
    const config = JSON.stringify(new Sequential(new Linear(2, 1), new ReLU(), new Scale(2)).config());
    const model = fromConfig(JSON.parse(config), { Scale });
    model.loadStateDict(await readSafetensors(bytes));
    const outputs = model.forward(
      tensor([
        [3, 1],
        [1, 3],
      ]),
    );
    return [[...model.namedModules().values()].map((module) => module.describe()), await outputs.toArray()];
  },
  expected: [
    ['Sequential', 'Linear 2 → 1', 'ReLU', 'Scale'],
    [[3], [0]],
  ],
  misuse() {
    new Linear(2, 1).forward(tensor([[1, 2, 3]]));
  },
  message: /module: Linear 2 → 1/,
  openFile: () => readSafetensors('none.safetensors'),
});
