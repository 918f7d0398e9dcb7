/**
 * Cumulative operations, sorting and searching beside PyTorch on one thread of the same processor, in alternating rounds:
 * `node --import tsx benchmarks/order.ts [wasm|webgpu] [part of a case's name]`.
 */
import {
  cummax,
  cumprod,
  cumsum,
  logCumSumExp,
  manualSeed,
  median,
  randint,
  randn,
  realize,
  searchSorted,
  setDevice,
  sort,
  topK,
  type Tensor,
} from '@hebb/tensor';
import { besidePyTorch, onEach } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName, filter } = commandLine(import.meta.url, { device: devices, filter: '' });
setDevice(deviceName);
manualSeed(1);
const million = randn([1_000_000]);
const square = randn([1000, 1000]);
const rows = randn([20_000, 32]);
const logits = randn([128, 50_000]);
const integers = randint([1_000_000], 0, 1000);
const sorted = sort(randn([100_000])).values;
await realize(sorted);

const both = ({ values, indices }: { values: Tensor; indices: Tensor }): Tensor[] => [values, indices];

await besidePyTorch(
  new URL('order.py', import.meta.url),
  {
    ...(await onEach([million], {
      'cumsum-million': (x) => cumsum(x, 0),
      'sort-million': (x) => both(sort(x)),
      'topk-10-of-million': (x) => both(topK(x, 10)),
      searchsorted: (x) => searchSorted(sorted, x),
    })),
    ...(await onEach([square], {
      'cumsum-rows': (x) => cumsum(x, 1),
      'cumsum-columns': (x) => cumsum(x, 0),
      'cumprod-rows': (x) => cumprod(x, 1),
      'cummax-rows': (x) => both(cummax(x, 1)),
      'logcumsumexp-rows': (x) => logCumSumExp(x, 1),
      'sort-rows': (x) => both(sort(x, 1)),
      'sort-columns': (x) => both(sort(x, 0)),
      'median-rows': (x) => both(median(x, 1)),
    })),
    ...(await onEach([rows], { 'sort-short-rows': (x) => both(sort(x, 1)) })),
    ...(await onEach([integers], { 'sort-integers': (x) => both(sort(x)) })),
    ...(await onEach([logits], { 'topk-5-of-logits': (x) => both(topK(x, 5)) })),
  },
  filter,
);
