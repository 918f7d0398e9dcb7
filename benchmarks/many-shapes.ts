/**
 * What do many shapes cost? Training steps of a small classifier over batches of 700 sizes, twice, plain and compiled: the first pass makes a
 * plan for each size, the second finds them all. With `node --expose-gc --import tsx benchmarks/many-shapes.ts [wasm|webgpu] [sizes]` it also
 * compares the bytes that the plan cache counts with those that the process has taken.
 */
import { MultilayerPerceptron } from '@hebb/architectures';
import { valueAndGrad } from '@hebb/autograd';
import { crossEntropy } from '@hebb/losses';
import { AdamW } from '@hebb/optimizers';
import { compile, device, manualSeed, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { commandLine, devices } from './support/command-line.ts';

const { device: name, sizes } = commandLine(import.meta.url, { device: devices, sizes: 700 });
const { gc } = globalThis as { gc?: () => void };

setDevice(name);
console.log(await device.ready());

async function settledBytes(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage().rss;
}

const results: object[] = [];
for (const kind of ['plain', 'compiled'] as const) {
  manualSeed(1);
  const model = new MultilayerPerceptron({ inputs: 8, hidden: [kind === 'plain' ? 32 : 33], outputs: 4 });
  const optimizer = new AdamW(model);
  const plain = (x: Tensor, y: Tensor): Tensor => {
    const { value, grads } = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
    optimizer.step(grads);
    return value;
  };
  const step = kind === 'plain' ? plain : compile(plain);
  const pass = async (from: number, to: number): Promise<number> => {
    const start = performance.now();
    for (let n = from; n < to; n++) {
      const x = tensor(new Float32Array(8 * n), { shape: [n, 8] });
      await step(x, tensor(new Int32Array(n))).item();
    }
    return (performance.now() - start) / (to - from);
  };
  await pass(2, 12);
  const before = { resident: await settledBytes(), ...device.stats().planCache };
  const first = await pass(12, 12 + sizes);
  const after = { resident: await settledBytes(), ...device.stats().planCache };
  const second = await pass(12, 12 + sizes);
  const result = {
    kind,
    first,
    second,
    madeInSecondPass: device.stats().planCache.misses - after.misses,
    countedPerPlan: (after.bytes - before.bytes) / sizes,
    residentPerPlan: gc === undefined ? undefined : (after.resident - before.resident) / sizes,
  };
  results.push(result);
  const kibibytes = (bytes: number | undefined): string => (bytes === undefined ? '?' : (bytes / 1024).toFixed(0));
  console.log(
    `${kind.padEnd(9)} first pass ${first.toFixed(2)} ms a step, second ${second.toFixed(2)} ms with ${result.madeInSecondPass} plans made anew; a plan counts for ${kibibytes(result.countedPerPlan)} KiB, the process grew by ${kibibytes(result.residentPerPlan)} KiB each`,
  );
}
console.log(JSON.stringify(results));
process.exit(0);
