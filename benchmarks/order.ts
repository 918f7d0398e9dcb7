/**
 * Cumulative operations, sorting and searching beside PyTorch on one thread of the same processor, in alternating rounds:
 * `node --import tsx benchmarks/order.ts [wasm|webgpu]`.
 */
import {
  compile,
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
import { besidePyTorch } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName } = commandLine(import.meta.url, { device: devices });
setDevice(deviceName);
manualSeed(1);
const million = randn([1_000_000]);
const square = randn([1000, 1000]);
const rows = randn([20_000, 32]);
const logits = randn([128, 50_000]);
const integers = randint([1_000_000], 0, 1000);
const sorted = sort(randn([100_000])).values;
await realize(million, square, rows, logits, integers, sorted);

const on = (x: Tensor, f: (x: Tensor) => Tensor | { values: Tensor; indices: Tensor }): (() => readonly Tensor[]) => {
  const compiled = compile((input: Tensor) => {
    const result = f(input);
    return 'values' in result ? [result.values, result.indices] : [result];
  });
  return () => compiled(x);
};

await besidePyTorch(new URL('order.py', import.meta.url), {
  'cumsum-million': on(million, (x) => cumsum(x, 0)),
  'cumsum-rows': on(square, (x) => cumsum(x, 1)),
  'cumsum-columns': on(square, (x) => cumsum(x, 0)),
  'cumprod-rows': on(square, (x) => cumprod(x, 1)),
  'cummax-rows': on(square, (x) => cummax(x, 1)),
  'logcumsumexp-rows': on(square, (x) => logCumSumExp(x, 1)),
  'sort-million': on(million, (x) => sort(x)),
  'sort-rows': on(square, (x) => sort(x, 1)),
  'sort-short-rows': on(rows, (x) => sort(x, 1)),
  'sort-columns': on(square, (x) => sort(x, 0)),
  'sort-integers': on(integers, (x) => sort(x)),
  'topk-10-of-million': on(million, (x) => topK(x, 10)),
  'topk-5-of-logits': on(logits, (x) => topK(x, 5)),
  'median-rows': on(square, (x) => median(x, 1)),
  searchsorted: on(million, (x) => searchSorted(sorted, x)),
});
