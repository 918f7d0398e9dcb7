/** What cannot become a file says so: which operation, where, why, and what to do. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Linear, Module, Sequential } from '@hebb/layers';
import { assign, bernoulli, setDevice, tensor, variable, zeros, type Tensor } from '@hebb/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  exportOnnx,
  OnnxExportError,
  OnnxFileError,
  OnnxRuntimeError,
  parseOnnx,
  runOnnx,
  saveOnnx,
  verifyOnnx,
} from '@hebb/onnx';
import { sample } from './support/compare.ts';

let folder = '';
beforeAll(async () => {
  setDevice('reference');
  folder = await mkdtemp(join(tmpdir(), 'hebb-onnx-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const free = { inputs: { x: ['batch', 4] } } as const;

async function errorOf(promise: Promise<unknown>): Promise<OnnxExportError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OnnxExportError);
  return error as OnnxExportError;
}

describe('export', () => {
  it('refuses random numbers and names the module', async () => {
    class Noisy extends Module {
      readonly inner: Module = new (class extends Module {
        forward(x: Tensor): Tensor {
          return bernoulli(x.shape, 0.5).where(x, 0);
        }
      })();
      forward(x: Tensor): Tensor {
        return this.inner.forward(x);
      }
    }
    const error = await errorOf(exportOnnx(new Noisy(), free));
    expect(error.op).toBe('random');
    expect(error.module).toBe('inner');
    expect(error.message).toMatch(/random numbers[\s\S]*eval\(\)/);
  });

  it('refuses models that update variables, and forgets the update', async () => {
    const count = variable(zeros([]));
    const error = await errorOf(
      exportOnnx((x: Tensor) => {
        assign(count, count.add(1));
        return x.mul(count);
      }, free),
    );
    expect(error.message).toMatch(/assigns to 1 variable/);
    expect(await count.item()).toBe(0);
  });

  it('refuses to read values while it traces', async () => {
    let failure: Promise<unknown> = Promise.resolve();
    const error = await errorOf(
      exportOnnx((x: Tensor) => {
        failure = x.data();
        failure.catch(() => undefined);
        x.sum()
          .data()
          .catch(() => undefined);
        throw new Error('stop');
      }, free),
    );
    expect(error.message).toMatch(/does not run on x float32\[53,4\]: stop/);
    await expect(failure).rejects.toThrow(/cannot be read/);
  });

  it('says which sizes a model does not take, and takes others from the caller', async () => {
    const picky = (x: Tensor): Tensor => {
      if (x.shape[0]! % 7 !== 0) throw new Error('rows must be sevens');
      return x.exp();
    };
    expect((await errorOf(exportOnnx(picky, free))).message).toMatch(/rows must be sevens[\s\S]*sizes: \{ batch:/);
    expect(parseOnnx(await exportOnnx(picky, { ...free, sizes: { batch: [7, 14, 21] } })).graph?.node).toHaveLength(1);
  });

  it('says where a computation depends on a size in a way that a file cannot hold', async () => {
    const root = await errorOf(exportOnnx((x: Tensor) => x.mul(Math.sqrt(x.shape[0]!)), free));
    expect(root.op).toBe('constant');
    expect(root.message).toMatch(/its value .* sizes/);
    const branch = await errorOf(exportOnnx((x: Tensor) => (x.shape[0]! % 4 === 1 ? x.exp() : x.log()), free));
    expect(branch.message).toMatch(
      /different things for different sizes of batch \(axis 0 of x\): exp float32\[53,4\] at batch = 53, log float32\[59,4\] at batch = 59/,
    );
    const data = await errorOf(
      exportOnnx((x: Tensor) => x.add(tensor(new Float32Array(x.shape[0]!), { shape: [x.shape[0]!, 1] })), free),
    );
    expect(data.message).toMatch(/a file holds one/);
    const random = await errorOf(exportOnnx((x: Tensor) => x.add(tensor([Math.random()])), free));
    expect(random.message).toMatch(/differs from trace to trace/);
  });

  it('checks its options', async () => {
    const run = (x: Tensor): Tensor => x.exp();
    await expect(exportOnnx(run, { inputs: {} })).rejects.toThrow(/at least one input/);
    await expect(exportOnnx(run, { inputs: { x: [1.5] } })).rejects.toThrow(/input 'x': an extent is an integer/);
    await expect(exportOnnx(run, { inputs: { x: { shape: [1], dtype: 'float64' as never } } })).rejects.toThrow(
      /no dtype 'float64'/,
    );
    await expect(exportOnnx(run, { ...free, opset: 9 })).rejects.toThrow(/opset must be one of 17/);
    await expect(exportOnnx(run, { ...free, outputs: ['a', 'b'] })).rejects.toThrow(
      /returns 1 tensor, outputs names 2/,
    );
    await expect(exportOnnx(run, { ...free, outputs: ['x'] })).rejects.toThrow(/called 'x'/);
    await expect(exportOnnx(run, { ...free, sizes: { rows: [2, 3, 5] } })).rejects.toThrow(
      /no input names; there are batch/,
    );
    await expect(exportOnnx((() => 3) as never, free)).rejects.toThrow(/must return a tensor/);
  });

  it('keeps metadata', async () => {
    const bytes = await exportOnnx((x: Tensor) => x.exp(), {
      ...free,
      name: 'net',
      description: 'e to the x',
      producerVersion: '1.2.3',
      metadata: { classes: 'a,b' },
    });
    expect(parseOnnx(bytes)).toMatchObject({
      producerVersion: '1.2.3',
      docString: 'e to the x',
      metadataProps: [{ key: 'classes', value: 'a,b' }],
      graph: { name: 'net' },
    });
  });
});

describe('a free size that cannot stay free', () => {
  /** As a U-Net does: cropped to what was padded. */
  class Halves extends Module<[x: Tensor]> {
    readonly sizeMultiple = 4;
    forward(x: Tensor): Tensor {
      const length = x.shape[1] ?? 0;
      return x.narrow(1, 0, length - (length % 4)).mul(2);
    }
  }

  it('is told of with sizes that would do, and these do', async () => {
    const model = new Halves();
    const inputs = { x: ['batch', 'length'] } as const;
    const hint =
      /Or name three of each for which alone the file is meant, multiples of 4: \{ sizes: \{ length: \[8, 12, 20\] \} \}/;
    await expect(exportOnnx(model, { inputs })).rejects.toThrow(hint);
    await expect(exportOnnx((x: Tensor) => model.forward(x), { inputs })).rejects.toThrow(/alone the file is meant: \{ sizes: \{ length: \[64, 96, 160\] \} \}/); // prettier-ignore
    const bytes = await exportOnnx(model, { inputs, sizes: { length: [8, 12, 20] } });
    expect((await verifyOnnx(bytes, model, sample([3, 16]))).ok).toBe(true);
  });
});

describe('onnxruntime', () => {
  it('says what is wrong with files and inputs', async () => {
    const bytes = await exportOnnx(new Sequential(new Linear(4, 2)), free);
    await expect(runOnnx(new Uint8Array([1, 2, 3]), sample([1, 4]))).rejects.toThrow(OnnxRuntimeError);
    await expect(runOnnx(bytes, { y: sample([1, 4]) })).rejects.toThrow(
      /takes x; missing: x; unexpected: y[^]*\{ x \}/,
    );
    // One by one, and in an array.
    const [two, [a, b]] = [new Sequential(new Linear(4, 2)), [sample([1, 4]), sample([1, 4])]] as const;
    for (const given of [[a, b], [[a, b]]])
      await expect((verifyOnnx as (...given: unknown[]) => Promise<unknown>)(bytes, two, ...given)).rejects.toThrow(
        /^\[verifyOnnx\] the input must be a tensor, or an object of tensors by name, not an array of 2\.\n {2}hint: Several inputs go by the names/,
      );
    await expect(runOnnx(bytes, [a, b] as never)).rejects.toThrow(/^\[runOnnx\] the input must[^]*Several inputs/);
    await expect(runOnnx(bytes, sample([1, 5]))).rejects.toThrow(/x float32\[1,5\]/);
  });
});

describe('saveOnnx', () => {
  it('writes the file and nothing else', async () => {
    const path = join(folder, 'model.onnx');
    await writeFile(path, 'before');
    await saveOnnx(path, new Uint8Array([8, 9]));
    expect([...(await readFile(path))]).toEqual([8, 9]);
    expect(await readdir(folder)).toEqual(['model.onnx']);
  });

  it('names the path and the reason', async () => {
    const path = join(folder, 'nowhere', 'model.onnx');
    const error = await saveOnnx(path, new Uint8Array(1)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OnnxFileError);
    expect(error).toMatchObject({
      path,
      hint: 'Choose a folder that exists, that you may write to, on a disk with room.',
    });
    expect(String(error)).toContain(`[saveOnnx] cannot write ${path}: the folder does not exist.`);
    await expect(saveOnnx(folder, new Uint8Array(1))).rejects.toThrow(/there is a folder of that name/);
    expect(await readdir(folder)).toEqual(['model.onnx']);
  });
});
