import { describe, expect, it } from 'vitest';
import { checkFile } from '../direction.mjs';

const everything = ['@hebb/tensor', '@hebb/autograd', '@hebb/layers', '@hebb/losses', '@hebb/training', 'fflate'];

function problems(path: string, source: string): string[] {
  return checkFile(path, source, everything);
}

describe('imports between packages', () => {
  it('may point downwards', () => {
    expect(problems('packages/layers/src/linear.ts', `import { Tensor } from '@hebb/tensor';`)).toEqual([]);
    expect(problems('packages/training/src/a.ts', `export * from '@hebb/autograd';`)).toEqual([]);
    expect(problems('packages/report/src/a.ts', `import type { History } from '@hebb/training';`)).toEqual([]);
  });

  it.each([
    ['upwards', 'packages/tensor/src/tensor.ts', `import { grad } from '@hebb/autograd';`],
    ['sideways', 'packages/layers/src/a.ts', `import { mse } from '@hebb/losses';`],
    ['as types', 'packages/layers/src/a.ts', `import type { Loss } from '@hebb/losses';`],
    ['as an import type', 'packages/layers/src/a.ts', `export type Loss = import('@hebb/losses').Loss;`],
    ['dynamically', 'packages/layers/src/a.ts', `export const later = import('@hebb/training');`],
    ['as a re-export', 'packages/losses/src/index.ts', `export * from '@hebb/training';`],
    ['from graph builders to autograd', 'packages/losses/src/a.ts', `import { grad } from '@hebb/autograd';`],
    ['from the tokenizer to anything', 'packages/tokenizer/src/a.ts', `import { Tensor } from '@hebb/tensor';`],
    ['to the graph', 'packages/layers/src/a.ts', `import { type Node } from '@hebb/tensor/graph';`],
    ['to private files', 'packages/autograd/src/a.ts', `import { x } from '@hebb/tensor/src/wasm/encoder.ts';`],
    ['out of the package', 'packages/layers/src/a.ts', `import { x } from '../../losses/src/a.ts';`],
    ['to a package the manifest does not list', 'packages/data/src/a.ts', `import { x } from 'papaparse';`],
    ['to Node, statically', 'packages/data/src/a.ts', `import { readFile } from 'node:fs/promises';`],
    [
      'to an error whose name a minifier takes',
      'packages/data/src/a.ts',
      `export class DataError extends HebbError {}`,
    ],
    ['to a subclass that files could not name', 'packages/layers/src/a.ts', `export class Tanh extends Module {}`],
    ['to a wrong name', 'packages/layers/src/a.ts', `export class Tanh extends Module { static type = 'ReLU'; }`],
    [
      'to a name in another place',
      'packages/optimizers/src/a.ts',
      `export class Lion extends Optimizer { static name = 'Lion'; }`,
    ],
    ['to a callback without a name', 'packages/training/src/a.ts', `export class Log implements Callback {}`],
    ['to a transform without a name', 'packages/data/src/a.ts', `export class Log implements Transform<X, Y> {}`],
    ['to a schedule without a name', 'packages/optimizers/src/a.ts', `export class PlateauSchedule {}`],
    ['to the own address', 'packages/data/src/a.ts', `export const here = new URL('.', import.meta.url);`],
    ['to Node, dynamically', 'packages/data/src/a.ts', `export const read = () => import('node:fs/promises');`],
    ['to Node, without its prefix', 'packages/data/src/a.ts', `export const read = () => import('fs');`],
    ['to Node, for a side effect', 'packages/data/src/a.ts', `import 'node:fs';`],
    ['from the tokenizer to tensors', 'packages/tokenizer/src/b.ts', `import type { Tensor } from '@hebb/tensor';`],
    ['from tensor to files', 'packages/tensor/src/wasm/a.ts', `import { readFile } from '@hebb/files';`],
  ])('may not point %s', (_, path, source) => {
    expect(problems(path, source)).toHaveLength(1);
  });

  it('lets autograd and onnx see the graph', () => {
    expect(problems('packages/autograd/src/a.ts', `import { type Node } from '@hebb/tensor/graph';`)).toEqual([]);
    expect(problems('packages/onnx/src/a.ts', `import { type Node } from '@hebb/tensor/graph';`)).toEqual([]);
  });

  it('lets a package name the types of Node modules', () => {
    expect(problems('packages/data/src/a.ts', `import type { FileHandle } from 'node:fs/promises';`)).toEqual([]);
    expect(problems('packages/data/src/a.ts', `export type Path = typeof import('node:path');`)).toEqual([]);
  });

  it('lets classes that files name say so in a literal', () => {
    const source = `export class Log implements Callback { static readonly type: string = 'Log'; }`;
    expect(problems('packages/training/src/a.ts', source)).toEqual([]);
    const error = `export class DataError extends HebbError { static override readonly name: string = 'DataError'; }`;
    expect(problems('packages/data/src/a.ts', error)).toEqual([]);
    expect(problems('packages/data/src/a.ts', `export abstract class Scaler implements Transform<X, Y> {}`)).toEqual(
      [],
    );
    expect(problems('packages/data/src/a.ts', `export class Table {}`)).toEqual([]);
  });

  it('names the file, the line and the reason', () => {
    expect(problems('packages/layers/src/a.ts', `\nimport { mse } from '@hebb/losses';`)).toEqual([
      `packages/layers/src/a.ts:2 '@hebb/losses': layers may import only what stands below it, and losses does not`,
    ]);
  });
});

describe('imports between the folders of tensor', () => {
  it.each([
    ['graph/node.ts', './types.ts'],
    ['compiler/fuse.ts', '../graph/node.ts'],
    ['ops/reduce.ts', '../tensor.ts'],
    ['ops/reduce.ts', '../graph/node.ts'],
    ['graph.ts', './tensor.ts'],
    ['graph.ts', './runtime/recording.ts'],
    ['tensor.ts', './runtime/realize.ts'],
    ['tensor.ts', './ops/reduce.ts'],
    ['runtime/cell.ts', '../handle.ts'],
    ['ops/creation.ts', '../tensor.ts'],
    ['tensor.ts', './handle.ts'],
    ['index.ts', './runtime/device.ts'],
  ])('%s may import %s', (path, specifier) => {
    expect(problems(`packages/tensor/src/${path}`, `import { x } from '${specifier}';`)).toEqual([]);
  });

  it.each([
    ['graph/node.ts', '../compiler/index.ts'],
    ['compiler/fuse.ts', '../runtime/index.ts'],
    ['runtime/device.ts', '../wasm/engine.ts'],
    ['runtime/realize.ts', '../compiler/compile.ts'],
    ['index.ts', './webgpu/engine.ts'],
    ['reference/run.ts', '../compiler/index.ts'],
    ['wasm/render.ts', '../webgpu/index.ts'],
    ['webgpu/render.ts', '../wasm/index.ts'],
    ['webgpu/render.ts', '../runtime/index.ts'],
    ['ops/reduce.ts', '../wasm/index.ts'],
    ['ops/reduce.ts', '../index.ts'],
    ['ops/reduce.ts', '../graph.ts'],
    ['runtime/device.ts', '../index.ts'],
    ['runtime/capture.ts', '../ops/reduce.ts'],
    ['graph/node.ts', '../tensor.ts'],
    ['runtime/cell.ts', '../tensor.ts'],
    ['handle.ts', './tensor.ts'],
    ['handle.ts', './ops/reduce.ts'],
    ['compiler/fuse.ts', '../tensor.ts'],
    ['reference/run.ts', '../tensor.ts'],
    ['wasm/render.ts', '../tensor.ts'],
    ['webgpu/render.ts', '../tensor.ts'],
    ['tensor.ts', './compiler/compile.ts'],
    ['tensor.ts', './wasm/index.ts'],
    ['random.ts', './tensor.ts'],
    ['ops/reduce.ts', '../random.ts'],
  ])('%s may not import %s', (path, specifier) => {
    expect(problems(`packages/tensor/src/${path}`, `import { x } from '${specifier}';`)).toHaveLength(1);
  });

  it('the runtime loads devices when they are chosen', () => {
    expect(problems('packages/tensor/src/runtime/a.ts', `export const x = () => import('../wasm/engine.ts');`)).toEqual(
      [],
    );
  });

  it('a backend may import types of the runtime', () => {
    expect(problems('packages/tensor/src/wasm/a.ts', `import type { Backend } from '../runtime/backend.ts';`)).toEqual(
      [],
    );
  });
});
