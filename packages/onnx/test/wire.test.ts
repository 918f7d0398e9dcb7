/** The bytes of a file: what was written is read back, unknown fields are skipped, and no code is generated on the way. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseOnnx, type OnnxModel } from '@hebb/onnx';
import { encodeModel } from '../src/wire.ts';

const model: OnnxModel = {
  irVersion: 9,
  graph: {
    name: 'größer',
    node: [
      {
        opType: 'Add',
        input: ['a', 'b'],
        output: ['c'],
        attribute: [{ name: 'axes', type: 7, ints: [1, -2, 2 ** 40] }],
      },
    ],
    initializer: [{ name: 'w', dims: [2], dataType: 9, rawData: new Uint8Array([1, 0]) }],
  },
};

it('reads back what it wrote', () => {
  expect(parseOnnx(encodeModel(model))).toEqual(model);
});

it('has the bytes that the protocol buffer encoding prescribes', () => {
  // Field 1 (ir_version), varint 9; field 2 (producer_name), two bytes 'hi'.
  expect([...encodeModel({ irVersion: 9, producerName: 'hi' })]).toEqual([0x08, 9, 0x12, 2, 0x68, 0x69]);
});

it('skips fields that it does not know and takes packed numbers', () => {
  // Field 20 (training_info) with three bytes; in field 7 (graph), field 5 (initializer), dims [3, 4] packed.
  const bytes = new Uint8Array([0xa2, 0x01, 3, 1, 2, 3, 0x3a, 6, 0x2a, 4, 0x0a, 2, 3, 4]);
  expect(parseOnnx(bytes)).toEqual({ graph: { initializer: [{ dims: [3, 4] }] } });
});

it('needs no code generation, which a content security policy may forbid', () => {
  const script = `const { encodeModel } = await import(${JSON.stringify(new URL('../src/wire.ts', import.meta.url).href)});
    const { parseOnnx } = await import(${JSON.stringify(new URL('../src/parse.ts', import.meta.url).href)});
    const { graph } = parseOnnx(encodeModel({ graph: { name: 'g' } }));
    let refused = false;
    try { new Function(''); } catch { refused = true; }
    console.log(graph.name, refused);`;
  const options = ['--disallow-code-generation-from-strings', '--import', 'tsx', '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, options, {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    encoding: 'utf8',
  });
  expect(stdout.trim(), stderr).toBe('g true');
});
