/** Kernels that are bound by memory: bytes read and written a second, beside PyTorch's, and as a share of the faster of both additions. */
import { compile, device, rand, realize, setDevice, type Tensor } from '@hebb/tensor';
import { measure } from '../measure.ts';
import { findPeer } from '../peer.ts';
import { attempt, outOfTime, type Part } from '../rows.ts';

interface Kernel {
  readonly name: string;
  readonly body: (x: Tensor, bias: Tensor) => Tensor;
  /** How often the matrix is read and written, at least. */
  readonly passes: number;
}

/** The first one, a constant added, is the measure of the others. */
const kernels: readonly Kernel[] = [
  { name: 'copy', body: (x) => x.add(1), passes: 2 },
  { name: 'softmax', body: (x) => x.softmax(1), passes: 2 },
  {
    name: 'normalisation',
    body: (x) => {
      const centred = x.sub(x.mean([1], { keepDims: true }));
      return centred.mul(centred.square().mean([1], { keepDims: true }).add(1e-5).rsqrt());
    },
    passes: 2,
  },
  { name: 'sum', body: (x) => x.sum([1]), passes: 1 },
  { name: 'sum of columns', body: (x) => x.sum([0]), passes: 1 },
  { name: 'bias and gelu', body: (x, bias) => x.add(bias).gelu(), passes: 2 },
  { name: 'transposition', body: (x) => x.transpose(0, 1).add(0), passes: 2 },
];

export const rowsPart: Part = async (context) => {
  const { report, remaining } = context;
  setDevice('webgpu');
  const software = (await device.ready()).includes('software');
  const peer = await findPeer();
  const shapes: readonly (readonly [number, number])[] = software
    ? [[1024, 1024]]
    : [
        [16384, 1024],
        [512, 32768],
        [1024, 128],
      ];
  for (const [count, length] of shapes) {
    const [x, bias] = [rand([count, length]), rand([length])];
    await realize(x, bias);
    let limit = 0;
    for (const { name, body, passes } of kernels) {
      const label = `${name}, ${count}×${length}`;
      if (remaining() < 3000) {
        report({ name: label, value: outOfTime });
        continue;
      }
      await attempt(context, label, async () => {
        const call = compile(body);
        const timing = await measure(() => call(x, bias).dispose());
        const rate = (ms: number): number => (passes * count * length * 4) / ms / 1e6;
        const peerTime = await peer.ask('rows', [name, count, length]);
        if (name === 'copy') limit = rate(Math.min(timing.median, peerTime ?? Infinity));
        report({
          name: label,
          value: rate(timing.median),
          unit: 'GB/s',
          ofLimit: rate(timing.median) / limit,
          ...(peerTime !== undefined && { peer: rate(peerTime) }),
          note: `${timing.median.toFixed(3)} ms, ${device.stats().kernelsInLastRun} kernels, first call ${timing.first.toFixed(0)} ms`,
        });
      });
    }
    x.dispose();
    bias.dispose();
  }
  peer.close();
};
