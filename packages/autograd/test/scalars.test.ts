/** Scalars along the axes 0 and −1, which PyTorch takes of them; what it refuses is an error. */
import * as hebb from '@hebb/tensor';
import { ShapeError, tensor, type Tensor } from '@hebb/tensor';
import { expect, it } from 'vitest';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('scalars');

it.each<[string, (x: Tensor, axis: number) => unknown]>([
  ['sum', (x, axis) => x.sum(axis)],
  ['softmax', (x, axis) => x.softmax(axis)],
  ['logSoftmax', (x, axis) => x.logSoftmax(axis)],
  ['cumsum', hebb.cumsum],
  ['cummax', hebb.cummax],
  ['sort', hebb.sort],
  ['argSort', hebb.argSort],
  ['topK', (x, axis) => hebb.topK(x, 1, { axis })],
  ['median', hebb.median],
  ['mode', hebb.mode],
  ['quantile', (x, axis) => hebb.quantile(x, 0.5, axis)],
  ['argmax', hebb.argmax],
  ['maxWithIndices', hebb.maxWithIndices],
  ['flip', hebb.flip],
  ['squeeze', hebb.squeeze],
  ['flatten', hebb.flatten],
  ['transpose', (x, axis) => x.transpose(0, axis)],
  ['moveAxis', (x, axis) => hebb.moveAxis(x, axis, 0)],
  ['gather', (x, axis) => hebb.gather(x, axis, tensor(0, { dtype: 'int32' }))],
  ['scatter', (x, axis) => hebb.scatter(x, axis, tensor(0, { dtype: 'int32' }), 1)],
  ['indexSelect', (x, axis) => hebb.indexSelect(x, axis, [0])],
  ['indexAdd', (x, axis) => hebb.indexAdd(x, axis, [0], 1)],
])('%s takes no other axes of a scalar', (_name, f) => {
  f(tensor(2.5), 0);
  for (const axis of [1, -2]) expect(() => f(tensor(2.5), axis)).toThrow(ShapeError);
});

it.each<[string, (x: Tensor) => unknown]>([
  ['narrow', (x) => x.narrow(0, 0, 1)],
  ['split', (x) => hebb.split(x, 1, 0)],
  ['chunk', (x) => hebb.chunk(x, 1, 0)],
  ['unbind', (x) => hebb.unbind(x, 0)],
  ['concat', (x) => hebb.concat([x, x], 0)],
  ['permute', (x) => x.permute([0])],
  ['roll', (x) => hebb.roll(x, 1, 0)],
  ['unflatten', (x) => hebb.unflatten(x, 0, [1, 1])],
  ['takeAlongAxis', (x) => hebb.takeAlongAxis(x, [0], 0)],
  ['cross', (x) => hebb.cross(x, x, 0)],
  ['sum over an axis twice', (x) => x.sum([0, -1])],
  ['topK of none', (x) => hebb.topK(x, 0)],
  ['indexSelect of several', (x) => hebb.indexSelect(x, 0, [0, 0])],
])('%s takes no scalar', (_name, f) => {
  expect(() => f(tensor(2.5))).toThrow(ShapeError);
});
