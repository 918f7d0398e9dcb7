/** Whatever the bytes, parsing ends: with the structure of a file, or with an error that says where the bytes stop being one. */
import { Conv2d, Flatten, GELU, Linear, Sequential } from '@hebb/layers';
import { ArgumentError, manualSeed, setDevice, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx, OnnxParseError, parseOnnx, type OnnxGraph, type OnnxNode } from '@hebb/onnx';
import { encodeModel } from '../src/wire.ts';

let file: Uint8Array;
beforeAll(async () => {
  setDevice('reference');
  manualSeed(1);
  const model = new Sequential(new Conv2d(1, 2, 3), new GELU(), new Flatten(), new Linear(8, 2)).eval();
  file = await exportOnnx(model, {
    inputs: { image: ['batch', 1, 4, 4] },
    outputs: ['logits'],
    description: 'größer',
    metadata: { classes: 'a,b' },
  });
});

/** Reproducible integers below a limit. */
function randomIntegers(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** Parses; anything but a result and an OnnxParseError fails the test. */
function survives(bytes: Uint8Array, what: string): boolean {
  try {
    expect(parseOnnx(bytes).graph, what).toBeDefined();
    return true;
  } catch (error) {
    expect(error, what).toBeInstanceOf(OnnxParseError);
    const { offset, message } = error as OnnxParseError;
    expect(offset, what).toBeLessThanOrEqual(bytes.length);
    expect(message, what).toMatch(/^\[parseOnnx\] /);
    return false;
  }
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const graphOf = (graph: OnnxGraph): Uint8Array => encodeModel({ irVersion: 9, graph });

const operatorWith = (g: OnnxGraph): OnnxNode => ({ opType: 'Scan', attribute: [{ name: 'body', type: 5, g }] });
/** Built from the innermost on. */
function nested(depth: number): OnnxGraph {
  let graph: OnnxGraph = { node: [] };
  for (let i = 0; i < depth; i++) graph = { node: [operatorWith(graph)] };
  return graph;
}

describe('what is no ONNX file', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', bytes(), /the file is empty/],
    ['a page', text('<!DOCTYPE html><p>Not found'), /byte 0 of 27: in the model, 0x3c starts no field .*wire type 4/],
    [
      'a PNG',
      bytes(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      /byte 2 of 8: field 1281 of the model takes 8 bytes; 6 are left/,
    ],
    ['three bytes', bytes(1, 2, 3), /byte 0 of 3: in the model, 0x1 starts no field \(number 0, wire type 1\)/],
    ['zeros', new Uint8Array(100), /byte 0 of 100: in the model, 0x0 starts no field \(number 0, wire type 0\)/],
    ['a model without a graph', encodeModel({ irVersion: 9 }), /the model has no graph/],
    ['graphs in graphs without end', graphOf(nested(200)), /lies in 101 messages one inside of the other/],
    [
      'a name of a graph inside that the graph around has',
      graphOf({ node: [{ opType: 'A', output: ['x'] }, operatorWith({ node: [{ opType: 'B', output: ['x'] }] })] }),
      /'x' names both a result of operator 0 \(A\) and a result of operator 0 \(B\) in body of operator 1 \(Scan\)/,
    ],
    ['a group, which ONNX does not use', bytes(0x0b, 0x0b, 0x0b), /0xb starts no field \(number 1, wire type 3\)/],
    ['nested groups without end', new Uint8Array(1e6).fill(0xa3), /starts no field|number in the model/],
    ['wire type 7', bytes(0x0f, 1), /0xf starts no field \(number 1, wire type 7\)/],
    [
      'a number without an end',
      bytes(0x08, 0xff, 0xff),
      /a number in irVersion of the model does not end before byte 3/,
    ],
    [
      'a number of eleven bytes',
      bytes(0x08, ...new Array<number>(11).fill(0x80), 1),
      /takes 12 bytes; 10 are the most/,
    ],
    [
      'an absurd length',
      bytes(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f),
      /graph of the model is said to take 4294967295 bytes; 0 are left/,
    ],
    [
      'a length beyond its message',
      bytes(0x3a, 3, 0x12, 9, 0x61, 0x62, 0x63),
      /name of graph of the model is said to take 9 bytes; 1 are left/,
    ],
    [
      'a number in the place of a text',
      bytes(0x10, 5),
      /producerName of the model is stored as a varint; a length and bytes is expected/,
    ],
    ['a number in the place of a graph', bytes(0x38, 5), /graph of the model is stored as a varint/],
    ['half of a float', graphOf({ node: [{ attribute: [{ f: 1.5 }] }] }).slice(0, -2), /are left/],
    ['no UTF-8', bytes(0x12, 2, 0xc3, 0x28, 0x3a, 0), /producerName of the model is no text in UTF-8/],
    ['two graphs', bytes(0x3a, 0, 0x3a, 0), /byte 2 of 4: graph of the model is there twice/],
  ])('%s', (_, given, message) => {
    expect(() => parseOnnx(given)).toThrow(OnnxParseError);
    expect(() => parseOnnx(given)).toThrow(message);
    expect(() => parseOnnx(given)).toThrow(/hint: The file is cut off or damaged, or it is no ONNX file\./);
  });

  it('what are no bytes', () => {
    for (const given of ['model.onnx', undefined, new ArrayBuffer(8), [8, 9]]) {
      expect(() => parseOnnx(given as never)).toThrow(ArgumentError);
      expect(() => parseOnnx(given as never)).toThrow(
        /\[parseOnnx\] the file must be a Uint8Array[\s\S]*hint: Read the file/,
      );
    }
  });
});

describe('a file that contradicts itself', () => {
  const weight = { name: 'w', dims: [2], dataType: 1, rawData: new Uint8Array(8) };
  it.each<[string, OnnxGraph, RegExp]>([
    [
      'two initializers of one name',
      { initializer: [weight, weight] },
      /'w' names both initializer 0 and initializer 1/,
    ],
    ['two inputs of one name', { input: [{ name: 'x' }, { name: 'x' }] }, /two inputs are called 'x'/],
    [
      'two results of one name',
      {
        node: [
          { opType: 'Exp', output: ['y'] },
          { opType: 'Log', output: ['y'] },
        ],
      },
      /'y' names both a result of operator 0 \(Exp\) and a result of operator 1 \(Log\)/,
    ],
    [
      'a result with the name of an input',
      { input: [{ name: 'x' }], node: [{ opType: 'Exp', output: ['x'] }] },
      /'x' names both input 0 and a result of operator 0/,
    ],
    [
      'data too short',
      { initializer: [{ ...weight, dims: [3] }] },
      /initializer 0 'w' of shape \[3\] takes 12 bytes, its data has 8/,
    ],
    ['data of another type', { initializer: [{ ...weight, dataType: 7 }] }, /takes 16 bytes, its data has 8/],
    ['a negative extent', { initializer: [{ ...weight, dims: [-2] }] }, /initializer 0 'w' has the shape \[-2\]/],
    ['an absurd extent', { initializer: [{ ...weight, dims: [2 ** 60] }] }, /initializer 0 'w' has the shape/],
    ['an absurd size', { initializer: [{ ...weight, dims: [2 ** 52, 2 ** 52] }] }, /its data has 8/],
  ])('%s', (_, graph, message) => {
    expect(() => parseOnnx(graphOf(graph))).toThrow(OnnxParseError);
    expect(() => parseOnnx(graphOf(graph))).toThrow(message);
  });

  it('is none for what the standard allows', () => {
    const graph: OnnxGraph = {
      input: [{ name: 'x' }, { name: 'w' }],
      initializer: [weight],
      node: [
        { opType: 'Dropout', input: ['x'], output: ['y', ''] },
        { opType: 'Dropout', input: ['y'], output: ['z', ''] },
      ],
    };
    expect(parseOnnx(graphOf(graph)).graph).toEqual(graph);
  });
});

describe('a damaged file', () => {
  it('is an error wherever it is cut off', () => {
    let whole = 0;
    for (let length = 0; length < file.length; length++) {
      if (survives(file.slice(0, length), `${length} bytes`)) whole++;
    }
    // Between two fields of the model, after the graph: nothing says that more was to come.
    expect(whole).toBeLessThan(8);
    expect(survives(file, 'all of it')).toBe(true);
  });

  it('is read or refused, never anything else, where bytes are changed, put in or taken out', () => {
    const random = randomIntegers(7);
    let refused = 0;
    for (let round = 0; round < 6000; round++) {
      const damaged = [...file];
      for (let n = 0; n <= random(3); n++) {
        const at = random(damaged.length);
        const kind = random(4);
        if (kind === 0) damaged[at] = random(256);
        else if (kind === 1) damaged[at] = (damaged[at] ?? 0) ^ (1 << random(8));
        else if (kind === 2) damaged.splice(at, 1 + random(4));
        else damaged.splice(at, 0, ...Array.from({ length: 1 + random(4) }, () => random(256)));
      }
      if (!survives(Uint8Array.from(damaged), `round ${round}`)) refused++;
    }
    expect(refused).toBeGreaterThan(1000);
  });

  it('is refused or read where it never was a file', () => {
    const random = randomIntegers(11);
    for (let round = 0; round < 6000; round++)
      survives(
        Uint8Array.from({ length: random(60) }, () => random(256)),
        `round ${round}`,
      );
  });

  it('does not overflow the stack on long lists', () => {
    const count = 300_000;
    const dims = new Uint8Array(count).fill(3);
    const length = (n: number): number[] => [(n & 0x7f) | 0x80, ((n >> 7) & 0x7f) | 0x80, n >> 14];
    const tensor = [0x0a, ...length(count), ...dims];
    const graph = [0x2a, ...length(tensor.length), ...tensor];
    const parsed = parseOnnx(Uint8Array.from([0x3a, ...length(graph.length), ...graph]));
    expect(parsed.graph?.initializer?.[0]?.dims).toHaveLength(count);
  });
});

it('reads what it writes', async () => {
  const own = parseOnnx(await exportOnnx((x: Tensor) => x.exp(), { inputs: { x: ['batch', 3] } }));
  expect(own.graph?.node).toEqual([{ opType: 'Exp', name: 'Exp', input: ['x'], output: ['output'] }]);
});
