/** The example of the README runs as it stands. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Linear, ReLU, Sequential } from '@hebb/layers';
import { randn, setDevice } from '@hebb/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as onnx from '@hebb/onnx';

let folder = '';
beforeAll(async () => {
  setDevice('reference');
  folder = await mkdtemp(join(tmpdir(), 'hebb-onnx-readme-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('README', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(code).toContain('exportOnnx(model');
  const body = code.replace(/^import .*$/gm, '').replace('digits.onnx', () => join(folder, 'digits.onnx'));
  const names = { ...onnx, Linear, ReLU, Sequential, randn };
  const printed: string[] = [];
  // oxlint-disable-next-line typescript/no-implied-eval -- the text of the README is what is tested
  const run = new Function(
    'console',
    ...Object.keys(names),
    `return (async () => { ${body}; return { bytes, proof, logits }; })()`,
  ) as (
    ...values: unknown[]
  ) => Promise<{ bytes: Uint8Array; proof: onnx.Verification; logits: { shape: readonly number[] } }>;
  const { bytes, proof, logits } = await run({ log: (line: string) => printed.push(line) }, ...Object.values(names));
  expect(printed.join()).toMatch(/^logits \[500, 10\]: largest difference/);
  expect(proof.ok).toBe(true);
  expect(logits.shape).toEqual([3, 10]);
  expect(new Uint8Array(await readFile(join(folder, 'digits.onnx')))).toEqual(bytes);
});
