import * as data from '@hebb/data';
import * as evaluation from '@hebb/evaluation';
import * as layers from '@hebb/layers';
import * as internal from '@hebb/layers/internal';
import * as losses from '@hebb/losses';
import * as architectures from '@hebb/architectures';
import * as autograd from '@hebb/autograd';
import * as onnx from '@hebb/onnx';
import * as optimizers from '@hebb/optimizers';
import * as tensors from '@hebb/tensor';
import * as tokenizer from '@hebb/tokenizer';
import * as training from '@hebb/training';
import * as report from '@hebb/report';
import * as hebb from 'hebb';
import { expect, it } from 'vitest';

const packages: Readonly<Record<string, object>> = {
  tensors,
  autograd,
  layers,
  losses,
  optimizers,
  architectures,
  data,
  tokenizer,
  evaluation,
  onnx,
  training,
  report,
};

it('has every name of every package', () => {
  for (const [name, exported] of Object.entries(packages)) {
    const missing = Object.keys(exported).filter((key) => !(key in hebb));
    expect(missing, `missing from ${name}`).toEqual([]);
  }
});

it('keeps to itself what packages have for one another', () => {
  const names = Object.keys(hebb);
  for (const name of Object.keys(internal)) expect(names).not.toContain(name);
  expect(
    names.filter((name) =>
      ['typeNameOf', 'requireFittingState', 'requireParts', 'requireWritableFolder'].includes(name),
    ),
  ).toEqual([]);
  // Of modules only what a user calls or writes.
  const methods = Object.getOwnPropertyNames(hebb.Module.prototype);
  expect(methods).toContain('freeze');
  expect(methods.filter((name) => ['foundAt', 'takeHooksOf'].includes(name))).toEqual([]);
});

it('decides names that packages share: tensor operations and losses, with the metrics beside them', () => {
  expect(hebb.argmax).toBe(tensors.argmax);
  expect(hebb.meanSquaredError).toBe(losses.meanSquaredError);
  expect(hebb.meanAbsoluteError).toBe(losses.meanAbsoluteError);
  expect(hebb.metrics.argmax).toBe(evaluation.argmax);
  const owners = new Map<string, string[]>();
  for (const [name, exported] of Object.entries(packages))
    for (const key of Object.keys(exported)) owners.set(key, [...(owners.get(key) ?? []), name]);
  const shared = [...owners].filter(([, list]) => list.length > 1).map(([key]) => key);
  expect(shared.sort()).toEqual(['argmax', 'meanAbsoluteError', 'meanSquaredError']);
});

it('runs the first program of the manual', async () => {
  hebb.setDevice('wasm');
  hebb.manualSeed(42);
  const a = hebb.tensor([
    [1, 2],
    [3, 4],
  ]);
  const b = a.matmul(a.transpose(0, 1)).add(1).relu();
  expect(await b.toArray()).toEqual([
    [6, 12],
    [12, 26],
  ]);
  expect(await b.sum().item()).toBe(56);
});
