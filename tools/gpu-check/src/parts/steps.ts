/** Whole training steps (forward, backward, AdamW), compiled, beside PyTorch's eager ones. */
import { ConvolutionalNetwork, MultilayerPerceptron } from '@hebb/architectures';
import { valueAndGrad } from '@hebb/autograd';
import type { Module } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { AdamW } from '@hebb/optimizers';
import { compile, device, manualSeed, rand, randint, realize, setDevice, type Tensor } from '@hebb/tensor';
import { measure } from '../measure.ts';
import { findPeer } from '../peer.ts';
import { attempt, outOfTime, type Part } from '../rows.ts';

interface Training {
  readonly name: string;
  readonly batch: number;
  readonly shape: readonly number[];
  readonly model: () => Module;
  /** Multiply–adds of an example's forward pass, and of the first layer, whose input needs no gradient. */
  readonly multiplyAdds: readonly [all: number, first: number];
  readonly job: string;
  readonly arguments: readonly number[];
}

const cnn = (batch: number): Training => ({
  name: `CNN for MNIST, batch ${batch}`,
  batch,
  shape: [1, 28, 28],
  model: () => new ConvolutionalNetwork({ channels: 1, imageSize: 28, classes: 10, dropout: 0.25 }),
  multiplyAdds: [28 * 28 * 16 * 9 + 14 * 14 * 32 * 144 + 1568 * 64 + 64 * 10, 28 * 28 * 16 * 9],
  job: 'cnn',
  arguments: [batch],
});

const mlp = (batch: number, width: number): Training => ({
  name: `MLP 784-${width}-${width}-10, batch ${batch}`,
  batch,
  shape: [784],
  model: () => new MultilayerPerceptron({ inputs: 784, hidden: [width, width], outputs: 10 }),
  multiplyAdds: [784 * width + width * width + width * 10, 784 * width],
  job: 'mlp',
  arguments: [batch, width],
});

export const stepsPart: Part = async (context) => {
  const { report, remaining } = context;
  setDevice('webgpu');
  const software = (await device.ready()).includes('software');
  const peer = await findPeer();
  const trainings = software
    ? [cnn(64), mlp(128, 256)]
    : [cnn(64), mlp(128, 512), cnn(1024), mlp(4096, 2048), mlp(32, 128)];
  for (const { name, batch, shape, model: make, multiplyAdds, job, arguments: args } of trainings) {
    if (remaining() < 5000) {
      report({ name, value: outOfTime });
      continue;
    }
    await attempt(context, name, async () => {
      manualSeed(1);
      const model = make();
      const optimizer = new AdamW(model, { learningRate: 1e-3 });
      const x = rand([batch, ...shape]);
      const y = randint([batch], 0, 10);
      await realize(x, y);
      const step = compile((inputs: Tensor, labels: Tensor) => {
        const { value, grads } = valueAndGrad(() => crossEntropy(model.forward(inputs), labels), model.parameters());
        optimizer.step(grads);
        return value;
      });
      const before = await step(x, y).item();
      const timing = await measure(() => step(x, y).dispose(), { budget: 1000 });
      const after = await step(x, y).item();
      const peerTime = await peer.ask(job, args, 1000);
      const [all, first] = multiplyAdds;
      const gflops = (2 * batch * (3 * all - first)) / timing.median / 1e6;
      report({
        name,
        value: timing.median,
        unit: 'ms/step',
        range: [timing.fastest, timing.slowest],
        ...(peerTime !== undefined && { peer: peerTime }),
        failed: !(after < before),
        note: `${gflops.toFixed(0)} GFLOP/s, ${device.stats().kernelsInLastRun} kernels, loss ${before.toFixed(3)} → ${after.toFixed(3)}`,
      });
    });
  }
  peer.close();
};
