/**
 * What only moves elements beside PyTorch on one thread of the same processor, in alternating rounds; results are contiguous on both sides:
 * `node --import tsx benchmarks/movement.ts [wasm|webgpu] [part of a case's name]`.
 */
import * as hebb from '@hebb/tensor';
import { arange, concat, manualSeed, pad, randint, randn, roll, setDevice, stack, type Tensor } from '@hebb/tensor';
import { besidePyTorch, on, onEach } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName, filter } = commandLine(import.meta.url, { device: devices, filter: '' });
setDevice(deviceName);
manualSeed(1);

const square = randn([1000, 1000]);
const images = randn([16, 32, 28, 28]);
const heads = randn([8, 128, 8, 64]);
const halves = [randn([500, 1000]), randn([500, 1000])];
const eight = Array.from({ length: 8 }, () => randn([125, 1000]));
const hundred = Array.from({ length: 100 }, () => randn([10, 1000]));
const columns = Array.from({ length: 8 }, () => randn([1000, 125]));
const windows = randn([16, 32 * 9, 784]);
const classes = randint([10_000], 0, 100);

await besidePyTorch(
  new URL('movement.py', import.meta.url),
  {
    ...(await onEach([square], {
      transpose: (x) => x.transpose(0, 1),
      'flip-rows': (x) => hebb.flip(x, 0),
      'flip-columns': (x) => hebb.flip(x, 1),
      rot90: (x) => hebb.rot90(x),
      roll: (x) => roll(x, [100, 100], [0, 1]),
      repeat: (x) => hebb.repeat(x, [2, 2]),
      repeatInterleave: (x) => hebb.repeatInterleave(x, 4, 1),
      tril: (x) => hebb.tril(x),
      triu: (x) => hebb.triu(x, 1),
      'every-second': (x) => hebb.slice(x, [0, 0], [1000, 1000], [1, 2]),
      'pad-constant': (x) => pad(x, [[10, 10], [10, 10]]), // prettier-ignore
      split: (x) => hebb.split(x, 250, 1),
      broadcast: (x) => hebb.broadcastTo(x.narrow(0, 0, 1), [1000, 1000]),
    })),
    ...(await onEach([images], {
      'channels-last': (x) => x.permute([0, 2, 3, 1]),
      'pad-images': (x) => pad(x, [[0, 0], [0, 0], [1, 1], [1, 1]]), // prettier-ignore
      'pad-reflect': (x) => pad(x, [[0, 0], [0, 0], [2, 2], [2, 2]], { mode: 'reflect' }), // prettier-ignore
      'pad-replicate': (x) => pad(x, [[0, 0], [0, 0], [2, 2], [2, 2]], { mode: 'replicate' }), // prettier-ignore
      'pad-circular': (x) => pad(x, [[0, 0], [0, 0], [2, 2], [2, 2]], { mode: 'circular' }), // prettier-ignore
      'unfold': (x) => hebb.unfold(pad(x, [[0, 0], [0, 0], [1, 1], [1, 1]]), [3, 3]).permute([0, 1, 4, 5, 2, 3]), // prettier-ignore
      pixelShuffle: (x) => hebb.pixelShuffle(x, 2),
      pixelUnshuffle: (x) => hebb.pixelUnshuffle(x, 2),
    })),
    fold: await on([windows], (x) =>
      hebb.fold(x.reshape([16, 32, 3, 3, 28, 28]).permute([0, 1, 4, 5, 2, 3]), [30, 30]),
    ),
    heads: await on([heads], (x) => x.permute([0, 2, 1, 3])),
    'concat-2': await on(halves, (...xs) => concat(xs, 0)),
    'concat-8': await on(eight, (...xs) => concat(xs, 0)),
    'concat-100': await on(hundred, (...xs) => concat(xs, 0)),
    'concat-columns': await on(columns, (...xs) => concat(xs, 1)),
    stack: await on(eight, (...xs) => stack(xs, 1)),
    oneHot: await on([classes], (x) => hebb.oneHot(x, 100)),
    arange: await on([classes], (x): Tensor => arange(1_000_000).add(x.narrow(0, 0, 1))),
  },
  filter,
);
