/**
 * Sums of products, attention and Fourier transforms beside PyTorch on one thread of the same processor, in alternating rounds:
 * `node --import tsx benchmarks/compositions.ts [wasm|webgpu] [part of a case's name]`.
 */
import { vjp } from '@hebb/autograd';
import * as hebb from '@hebb/tensor';
import { einsum, manualSeed, randn, scaledDotProductAttention, setDevice, type Tensor } from '@hebb/tensor';
import { besidePyTorch, on, onEach } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName, filter } = commandLine(import.meta.url, { device: devices, filter: '' });
setDevice(deviceName);
manualSeed(1);

const heads = (): Tensor => randn([4, 8, 128, 64]);
const sum = (subscripts: string, ...shapes: (readonly number[])[]): ReturnType<typeof on> =>
  on(
    shapes.map((shape) => randn(shape)),
    (...operands) => einsum(subscripts, ...operands),
  );
const attention = (q: Tensor, k: Tensor, v: Tensor): Tensor => scaledDotProductAttention(q, k, v);
const signals = randn([64, 4096, 2]);

await besidePyTorch(
  new URL('compositions.py', import.meta.url),
  {
    'einsum-two': await sum('bqhd,bkhd->bhqk', [8, 128, 8, 64], [8, 128, 8, 64]),
    'einsum-three': await sum('bn,anm,bm->ba', [64, 128], [64, 128, 128], [64, 128]),
    'einsum-matrices': await sum('ij,jk->ik', [512, 512], [512, 512]),
    'einsum-batches': await sum('bij,bjk->bik', [256, 32, 32], [256, 32, 32]),
    'einsum-vector': await sum('ij,j->i', [2048, 2048], [2048]),
    'einsum-outer': await sum('i,j->ij', [1000], [1000]),
    'einsum-diagonal': await sum('bii->bi', [64, 128, 128]),
    'einsum-all': await sum('ij,ij->', [1000, 1000], [1000, 1000]),
    'einsum-transposed': await sum('ijk->kji', [64, 128, 128]),
    ...(await onEach([heads(), heads(), heads()], {
      attention,
      'attention-causal': (q, k, v) => scaledDotProductAttention(q, k, v, { causal: true }),
    })),
    'attention-gradient': await on([heads(), heads(), heads(), heads()], (q, k, v, g) =>
      vjp(attention, q, k, v).pullback(g),
    ),
    ...(await onEach([signals], {
      'fft-4096': (x) => hebb.fft(x),
      'ifft-4096': (x) => hebb.ifft(x),
      'irfft-8190': (x) => hebb.irfft(x),
    })),
    'rfft-4096': await on([randn([64, 4096])], (x) => hebb.rfft(x)),
    'fft-64': await on([randn([4096, 64, 2])], (x) => hebb.fft(x)),
    'fft-1000': await on([randn([256, 1000, 2])], (x) => hebb.fft(x)),
    'fft-prime': await on([randn([256, 1009, 2])], (x) => hebb.fft(x)),
    'stft-400': await on([randn([8, 16_000])], (x) =>
      hebb.stft(x, 400, { hopLength: 160, window: hebb.hannWindow(400) }),
    ),
  },
  filter,
);
