/** Matrix products and convolutions: achieved arithmetic beside PyTorch's. */
import { compile, conv2d, device, rand, realize, setDevice, type Tensor } from '@hebb/tensor';
import { measure } from '../measure.ts';
import { findPeer, type Peer } from '../peer.ts';
import { attempt, outOfTime, type Part, type PartContext } from '../rows.ts';

function product(n: number): Order {
  return {
    name: `product ${n}`,
    flops: 2 * n ** 3,
    job: 'products',
    arguments: [n],
    async make() {
      const [a, b] = [rand([n, n]), rand([n, n])];
      await realize(a, b);
      const multiply = compile((x: Tensor, y: Tensor) => x.matmul(y));
      return () => multiply(a, b).dispose();
    },
  };
}

function convolution(batch: number, channels: number, size: number, out: number, kernel: number): Order {
  return {
    name: `convolution ${kernel}×${kernel}, ${batch}×${channels}×${size}×${size} → ${out}`,
    flops: 2 * batch * out * size * size * channels * kernel * kernel,
    job: 'convolution',
    arguments: [batch, channels, size, out, kernel],
    async make() {
      const [x, w] = [rand([batch, channels, size, size]), rand([out, channels, kernel, kernel])];
      await realize(x, w);
      const convolve = compile((image: Tensor, weight: Tensor) => conv2d(image, weight, { padding: kernel >> 1 }));
      return () => convolve(x, w).dispose();
    },
  };
}

/** Operations per millisecond of what ran last: tells whether the next, larger one can still be afforded. */
let speed = 0;

interface Order {
  readonly name: string;
  readonly flops: number;
  readonly job: string;
  readonly arguments: readonly number[];
  readonly make: () => Promise<() => void>;
}

async function run(
  { name, flops, job, arguments: args, make }: Order,
  peer: Peer,
  context: PartContext,
): Promise<void> {
  // A first call, its check and a sample; on a slow device nothing larger than what ends in time is begun.
  if (speed > 0 && (5 * flops) / speed > context.remaining()) {
    context.report({ name, value: outOfTime });
    return;
  }
  const timing = await measure(await make());
  const peerTime = await peer.ask(job, args);
  const gflops = (ms: number): number => flops / ms / 1e6;
  speed = flops / timing.median;
  context.report({
    name,
    value: gflops(timing.median),
    unit: 'GFLOP/s',
    range: [gflops(timing.slowest), gflops(timing.fastest)],
    ...(peerTime !== undefined && { peer: gflops(peerTime) }),
    note: `${timing.median.toFixed(3)} ms, first call ${timing.first.toFixed(0)} ms`,
  });
}

export const productsPart: Part = async (context) => {
  setDevice('webgpu');
  await device.ready();
  const peer = await findPeer();
  const orders = [
    ...[256, 1024, 4096, 512, 2048].map(product),
    convolution(32, 64, 56, 64, 3),
    convolution(64, 16, 14, 32, 3),
    convolution(32, 256, 14, 256, 1),
    convolution(8, 3, 224, 64, 7),
  ];
  for (const order of orders) await attempt(context, order.name, () => run(order, peer, context));
  peer.close();
};
