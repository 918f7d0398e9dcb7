import { ConvolutionalNetwork, MultilayerPerceptron } from '@hebb/architectures';
import { zeros } from '@hebb/tensor';
import { prove } from './prove.js';

void prove({
  async compute() {
    const logits = new ConvolutionalNetwork({ channels: 1, imageSize: 8, classes: 3 })
      .eval()
      .forward(zeros([2, 1, 8, 8]));
    await logits.data();
    return [new MultilayerPerceptron({ inputs: 4, hidden: [16, 16], outputs: 3 }).parameterCount, logits.shape];
  },
  expected: [403, [2, 3]],
  misuse() {
    return new MultilayerPerceptron({ inputs: -4, hidden: [16], outputs: 3 });
  },
  message: /MultilayerPerceptron\] inputs must be/,
});
