/**
 * Losses that are no single formula beside PyTorch's on one thread of the same processor, in alternating rounds: CTC of 16 inputs of 200 steps and 40 classes with targets of 30 labels, its value
 * and its gradient with respect to log-probabilities.
 * `node --import tsx benchmarks/losses.ts [wasm|webgpu] [part of a case's name]`.
 */
import { grad } from '@hebb/autograd';
import { ctcLoss } from '@hebb/losses';
import { manualSeed, randint, randn, setDevice, type Tensor } from '@hebb/tensor';
import { besidePyTorch, onEach } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName, filter } = commandLine(import.meta.url, { device: devices, filter: '' });
setDevice(deviceName);
manualSeed(1);

const [steps, batch, labels, classes] = [200, 16, 30, 40];
const targets = randint([batch, labels], 1, classes);
const loss = (logProbabilities: Tensor): Tensor =>
  ctcLoss(
    logProbabilities,
    targets,
    Array.from({ length: batch }, () => steps),
    Array.from({ length: batch }, () => labels),
  );
const runs = await onEach([targets, randn([steps, batch, classes]).logSoftmax(2)], {
  ctc: (_, x) => loss(x),
  'ctc-gradient': (_, x) => grad(loss)(x),
});
await besidePyTorch(new URL('losses.py', import.meta.url), runs, filter);
