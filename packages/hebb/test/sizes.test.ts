/**
 * Results of more elements than can be counted: a typed error where the function is called, under its name, whether or not anything would be
 * stored. Tensors here are repeated numbers, which take no memory.
 */
import { beforeAll, beforeEach, expect, it } from 'vitest';
import * as hebb from '../src/index.ts';
import type { Kind } from './support/kinds.ts';
import { functions } from './support/public-functions.ts';
import { tensorsIn, withTensors } from './support/tensors.ts';

const exports: Readonly<Record<string, unknown>> = hebb;
const kindsOf = functions as unknown as Readonly<Record<string, readonly Kind[]>>;
const most = 2 ** 31 - 1;

beforeAll(async () => {
  hebb.setDevice('reference');
  await hebb.device.ready();
});
// What is recorded is computed by itself once it is very long, counted from the last computation: of huge tensors it must not get there.
beforeEach(() => hebb.realize(hebb.tensor([1]).neg()));

const names = Object.keys(kindsOf).filter((name) =>
  (kindsOf[name] ?? []).some(({ right }) => tensorsIn(right()).length > 0),
);

/** By how much the extents of tensors of one axis, two, … are multiplied at most; beyond it some functions record many parts, others long loops. */
const scales = [25_000, 3_000];

/** Functions that record a node for every part, or list every pair on the host: what is more takes longer and shows nothing else. */
const scalesOfLists: Readonly<Record<string, number>> = { pdist: 100, split: 500, unbind: 500 };

/** Throws unless the error is one of too many elements that names the function and begins on a line of this file. */
function expectNamed(error: unknown, name: string): void {
  expect(error).toBeInstanceOf(hebb.ShapeError);
  const { message, stack } = error as Error;
  expect(message).toMatch(new RegExp(`^\\[${name}\\] .* more than the ${most} that can be counted`));
  expect(stack?.split('\n').find((line) => line.startsWith('    at '))).toContain('sizes.test.ts');
}

it.each(names)('%s of huge tensors', (name) => {
  const args = (kindsOf[name] ?? []).map(({ right }) => right());
  const scaleOf = ({ ndim, size }: hebb.Tensor): number =>
    ndim === 0 || size === 0 ? 1 : Math.min(scales[ndim - 1] ?? most, Math.floor((most / size) ** (1 / ndim)));
  const scale = Math.min(...tensorsIn(args).map(scaleOf), scalesOfLists[name] ?? most);
  const ones = ({ shape, dtype }: hebb.Tensor): hebb.Tensor =>
    hebb.ones(
      shape.map((n) => n * scale),
      { dtype },
    );
  try {
    const result = (exports[name] as (...all: unknown[]) => unknown)(...(withTensors(args, ones) as unknown[]));
    if (result instanceof Promise) result.catch(() => {});
    for (const { size } of tensorsIn(result)) expect(size).toBeLessThanOrEqual(most);
  } catch (error) {
    expect(error).toBeInstanceOf(hebb.HebbError);
    if (String(error).includes(`more than the ${most}`)) expectNamed(error, name);
  }
});

const line = hebb.ones([65_536]);
const square = hebb.ones([40_000, 40_000]);
const image = hebb.ones([1, 1, 30_000, 30_000]);
const index = hebb.zeros([65_536], { dtype: 'int32' });
const w = hebb.ones([1, 3, 1, 1]);

it.each<readonly [string, () => unknown]>([
  ['zeros', () => hebb.zeros([65_536, 65_536])],
  ['ones', () => hebb.ones([2 ** 31])],
  ['full', () => hebb.full([2, 2 ** 30], 3)],
  ['iota', () => hebb.iota([65_536, 65_536], 0)],
  ['eye', () => hebb.eye(65_536)],
  ['oneHot', () => hebb.oneHot(index, 65_536)],
  ['arange', () => hebb.arange(-(2 ** 31), 2 ** 31 - 1)],
  ['uniform', () => hebb.uniform([65_536, 65_536], 0, 1)],
  ['randn', () => hebb.randn([65_536, 65_536])],
  ['randint', () => hebb.randint([65_536, 65_536], 0, 9)],
  ['bernoulli', () => hebb.bernoulli([65_536, 65_536], 0.5)],
  ['broadcastTo', () => hebb.broadcastTo(line, [65_536, 65_536])],
  ['add', () => hebb.add(line.unsqueeze(1), line)],
  ['add', () => line.unsqueeze(1).add(line)],
  ['greater', () => line.unsqueeze(1).greater(line)],
  ['where', () => hebb.where(line.greater(0), line.unsqueeze(1), 0)],
  ['outer', () => hebb.outer(line, line)],
  ['matmul', () => line.unsqueeze(1).matmul(line.unsqueeze(0))],
  ['matmul', () => hebb.matmul(index.unsqueeze(1), index.unsqueeze(0))],
  ['einsum', () => hebb.einsum('i,j->ij', line, line)],
  ['kron', () => hebb.kron(line, line)],
  ['tensordot', () => hebb.tensordot(line, line, 0)],
  ['diag', () => hebb.diag(line)],
  ['meshgrid', () => hebb.meshgrid([line, line])],
  ['pad', () => hebb.pad(square, [[0, 20_000]])],
  [
    'pad',
    () =>
      hebb.pad(
        image,
        [
          [0, 0],
          [0, 0],
          [0, 29_999],
          [0, 29_999],
        ],
        { mode: 'reflect' },
      ),
  ],
  ['repeat', () => hebb.repeat(square, [2, 1])],
  ['tile', () => hebb.tile(square, [1, 2])],
  ['repeatInterleave', () => hebb.repeatInterleave(square, 2)],
  ['repeatInterleave', () => hebb.repeatInterleave(square, 2, 0)],
  ['concat', () => hebb.concat([square, square])],
  ['stack', () => hebb.stack([square, square])],
  ['indexSelect', () => hebb.indexSelect(square, 0, index)],
  ['embedding', () => hebb.embedding(index, square)],
  ['unfold', () => hebb.unfold(image, [3, 3])],
  ['conv2d', () => hebb.conv2d(image, hebb.ones([3, 1, 1, 1]))],
  ['convTranspose2d', () => hebb.convTranspose2d(image, w)],
  ['interpolate', () => hebb.interpolate(image, { scaleFactor: 2 })],
  ['adaptiveAvgPool2d', () => hebb.adaptiveAvgPool2d(hebb.ones([1, 1, 4, 4]), 65_536)],
  ['segmentSum', () => hebb.segmentSum(hebb.ones([65_536, 65]), index, 2 ** 30)],
  ['scan', () => hebb.scan(() => [undefined, line], undefined, undefined, { length: 65_536 })],
  ['jacobian', () => hebb.jacobian((x: hebb.Tensor) => x.square())(line)],
])('%s', (name, call) => {
  let error: unknown;
  try {
    call();
  } catch (thrown) {
    error = thrown;
  }
  expectNamed(error, name);
});

it('what a module makes names the module, too', () => {
  const layer = new hebb.Linear(1, 65_536);
  expect(() => layer.forward(line.unsqueeze(1))).toThrow(/^\[forward\] .*\n.*module: Linear 1 → 65536/);
});
