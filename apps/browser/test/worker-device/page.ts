/** Trains a network whose steps take long, in the page or in a worker of it (`?worker=1`), between two marks; or has the worker end in the middle of a product (`&terminate`). */
import {
  Adam, compile, Conv2d, crossEntropy, device, Flatten, Linear, manualSeed, ReLU, Sequential, setDevice, tensor, valueAndGrad, type Tensor,
} from 'hebb'; // prettier-ignore

const parameters = new URLSearchParams(location.search);
const threads = Number(parameters.get('threads') ?? 1);

async function train(): Promise<object> {
  let worker: Worker | undefined;
  if (parameters.get('worker') === '1') {
    worker = new Worker(new URL('./device.ts', import.meta.url), { type: 'module' });
    setDevice('wasm', { worker, threads });
  } else setDevice('wasm');
  const description = await device.ready();
  manualSeed(1);
  const model = new Sequential(
    new Conv2d(1, 16, 3), new ReLU(), new Conv2d(16, 32, 3), new ReLU(), new Flatten(), new Linear(32 * 24 * 24, 10),
  ); // prettier-ignore
  const optimizer = new Adam(model);
  const step = compile((x: Tensor, y: Tensor) => {
    const { value, grads } = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
    optimizer.step(grads);
    return value;
  });

  if (parameters.has('terminate')) {
    const size = 2048;
    const matrix = tensor(new Float32Array(size * size), { shape: [size, size] });
    await matrix.sum().item();
    let product = matrix;
    for (let i = 0; i < 20; i++) product = product.matmul(matrix);
    const read = product.sum().item();
    await new Promise((resolve) => setTimeout(resolve, 300));
    worker?.terminate();
    const error = await read.then(String, String);
    const next = await (async () => matrix.add(1).data())().then(String, String);
    return { error, next };
  }

  performance.mark('begin');
  await new Promise((resolve) => setTimeout(resolve));
  const size = 32;
  const images = Float32Array.from({ length: size * 28 * 28 }, (_, i) => Math.sin(i * 0.37));
  const classes = Int32Array.from({ length: size }, (_, i) => i % 10);
  const losses: number[] = [];
  for (let i = 0; i < 5; i++) {
    losses.push(await step(tensor(images, { shape: [size, 1, 28, 28] }), tensor(classes)).item());
    // A task of its own for each step, also where nothing is waited for.
    await new Promise((resolve) => setTimeout(resolve));
  }
  await new Promise((resolve) => setTimeout(resolve));
  performance.mark('end');
  return { description, isolated: crossOriginIsolated, losses, memory: device.memory().usedBytes };
}

const result = await train().catch((error: unknown) => ({ error: String(error) }));
(document.querySelector('output') as HTMLElement).textContent = JSON.stringify(result);
