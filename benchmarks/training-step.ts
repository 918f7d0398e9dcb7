/**
 * A whole training step (forward, backward, AdamW; MNIST CNN, batch 64) beside PyTorch's on the same processor, in alternating rounds:
 * `node --import tsx benchmarks/training-step.ts [wasm|webgpu]`. PyTorch is taken from the system's Python where it is installed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ConvolutionalNetwork } from '@hebb/architectures';
import { valueAndGrad } from '@hebb/autograd';
import { crossEntropy } from '@hebb/losses';
import { AdamW } from '@hebb/optimizers';
import {
  compile,
  device,
  manualSeed,
  rand,
  randint,
  realize,
  setDevice,
  type DeviceName,
  type Tensor,
} from '@hebb/tensor';
import { commandLine, devices } from './support/command-line.ts';

const batch = 64;
const { device: deviceName } = commandLine(import.meta.url, { device: devices });
const rounds = 7;
const stepsPerRound = 20;
/** Multiply–adds of one step: forward, and twice as many backward (none towards the image). */
const multiplyAdds = batch * (3 * (14 * 14 * 32 * 144 + 1568 * 64 + 64 * 10) + 2 * 28 * 28 * 16 * 9);

interface Contender {
  readonly name: string;
  /** Runs some steps; milliseconds for each. */
  readonly run: () => Promise<number>;
}

async function hebb(name: DeviceName): Promise<Contender> {
  setDevice(name);
  const description = await device.ready();
  manualSeed(1);
  const model = new ConvolutionalNetwork({ channels: 1, imageSize: 28, classes: 10, dropout: 0.25 });
  const optimizer = new AdamW(model, { learningRate: 1e-3 });
  const x = rand([batch, 1, 28, 28]);
  const y = randint([batch], 0, 10);
  await realize(x, y);
  const step = compile((images: Tensor, labels: Tensor) => {
    const { value, grads } = valueAndGrad(() => crossEntropy(model.forward(images), labels), model.parameters());
    optimizer.step(grads);
    return value;
  });
  await step(x, y).item();
  return {
    name: `Hebb, ${description}`,
    run: async () => {
      const start = performance.now();
      for (let i = 0; i < stepsPerRound; i++) await step(x, y).item();
      return (performance.now() - start) / stepsPerRound;
    },
  };
}

async function pytorch(): Promise<{ contenders: Contender[]; process: ChildProcess } | undefined> {
  const python = spawn('/usr/bin/python3', [fileURLToPath(new URL('training_step.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  python.on('error', () => {});
  const version = await lines.next();
  if (version.done === true) return undefined;
  const contender = (threads: number): Contender => ({
    name: `PyTorch ${version.value}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    run: async () => {
      python.stdin.write(`${threads} ${stepsPerRound}\n`);
      return Number((await lines.next()).value);
    },
  });
  return { contenders: [contender(1), contender(2)], process: python };
}

const peer = await pytorch();
const contenders = [await hebb(deviceName), ...(peer?.contenders ?? [])];
const times = contenders.map((): number[] => []);
for (let round = 0; round < rounds; round++) {
  for (const [i, contender] of contenders.entries()) times[i]?.push(await contender.run());
}
peer?.process.kill();

const results = contenders.map(({ name }, i) => {
  const sorted = [...(times[i] ?? [])].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return {
    name,
    median,
    fastest: sorted[0] ?? 0,
    slowest: sorted.at(-1) ?? 0,
    gflops: (2 * multiplyAdds) / median / 1e6,
  };
});
console.log(
  `one training step, batch ${batch}: ${(multiplyAdds / 1e6).toFixed(0)} million multiply–adds; median of ${rounds} rounds of ${stepsPerRound} steps`,
);
for (const { name, median, fastest, slowest, gflops } of results) {
  console.log(
    `${name.padEnd(48)} ${median.toFixed(1).padStart(7)} ms (${fastest.toFixed(1)} – ${slowest.toFixed(1)})  ${gflops.toFixed(1).padStart(6)} GFLOP/s`,
  );
}
if (peer === undefined)
  console.log('PyTorch was not found (Debian: python3-torch), so there is nothing to compare with.');
console.log(JSON.stringify(results));
process.exit(0);
