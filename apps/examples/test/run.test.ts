/** The runner: what it writes, what it calls a failure, and how an interrupted run goes on. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArrayDataset, fit, Linear, manualSeed, meanSquaredError, setDevice, SGD, tensor } from 'hebb';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AnyExample } from '../src/examples.ts';
import { Interrupted, runExample } from '../src/kit.ts';
import { parseOptions, type Options } from '../src/options.ts';

const folders: string[] = [];
const temporary = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'hebb-examples-'));
  folders.push(folder);
  return folder;
};
beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  setDevice('wasm');
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A line through four points. */
function line(wanted: number, onEpoch: (epoch: number) => void = () => undefined): AnyExample {
  return {
    name: 'line',
    line: 'A line',
    seconds: { quick: 1, normal: 1, full: 1 },
    data: { carried: 'four points', full: 'the same', expects: 'a folder' },
    run: async (kit) => {
      const model = new Linear(1, 1);
      const data = new ArrayDataset({
        x: { data: Float32Array.of(0, 1, 2, 3), shape: [1] },
        y: { data: Float32Array.of(1, 3, 5, 7), shape: [1] },
      });
      kit.show('line', model, [['batch', 1]]);
      const { callbacks, ...rest } = kit.training('line');
      const history = await fit(model, data, {
        loss: meanSquaredError,
        optimizer: new SGD(model, { learningRate: 0.05 }),
        epochs: kit.choose({ quick: 30, normal: 60, full: 120 }),
        batchSize: 4,
        seed: kit.seed,
        ...rest,
        callbacks: [...callbacks, { name: 'here', onEpochEnd: ({ epoch }) => onEpoch(epoch) }],
      });
      kit.metric('steps', history.losses.length, { target: { quick: { atMost: wanted } } });
      kit.section({ kind: 'text', title: 'Weights', text: String(await model.weight.toArray()) });
      const samples = tensor([[1], [5]]);
      await kit.onnx('model', model, { inputs: { x: ['batch', 1] } }, samples);
      await kit.weights('model', model);
    },
  };
}

const options = (out: string): Options => ({ level: 'quick', data: undefined, device: 'wasm', seed: 0, out, own: {} });
const never = new AbortController().signal;

describe('an example', () => {
  it('leaves weights, a file, results and a report', async () => {
    const out = temporary();
    manualSeed(0);
    expect(await runExample(line(30), options(out), never, 'here')).toEqual([]);
    for (const file of ['model.safetensors', 'model.onnx']) expect(existsSync(join(out, 'line', file))).toBe(true);
    const results = JSON.parse(readFileSync(join(out, 'line', 'results.json'), 'utf8')) as unknown;
    expect(results).toMatchObject({
      example: 'line',
      level: 'quick',
      seed: 0,
      results: [{ name: 'steps', value: 30 }],
    });
    const page = readFileSync(join(out, 'line', 'report.html'), 'utf8');
    for (const part of ['A line', 'What came out', 'Weights', 'onnxruntime']) expect(page).toContain(part);
  });

  it('fails where a target is missed, and says by how much', async () => {
    expect(await runExample(line(29), options(temporary()), never, 'here')).toEqual([
      'steps is 30.00, not at most 29.00',
    ]);
  });

  it('is saved where it is interrupted, and goes on to the same bytes', async () => {
    const [cut, whole] = [temporary(), temporary()];
    manualSeed(0);
    await runExample(line(30), options(whole), never, 'here');
    const controller = new AbortController();
    const stops = line(30, (epoch) => {
      if (epoch === 12) controller.abort();
    });
    manualSeed(0);
    await expect(runExample(stops, options(cut), controller.signal, 'here')).rejects.toThrow(Interrupted);
    expect(existsSync(join(cut, 'line', 'report.html'))).toBe(false);
    // Another beginning: all that counts is in the save.
    manualSeed(5);
    const epochs: number[] = [];
    await runExample(line(30, (epoch) => void epochs.push(epoch)), options(cut), never, 'here'); // prettier-ignore
    expect(epochs[0]).toBe(13);
    const weights = (out: string): Buffer => readFileSync(join(out, 'line', 'model.safetensors'));
    expect(weights(cut).equals(weights(whole))).toBe(true);
  });
});

describe('the command line', () => {
  it('knows the examples, their own options, and paths from where it was called', () => {
    const { examples, options: given } = parseOptions(['cnn', '--full', '--data', 'mnist', '--network', 'lenet'], '/home/ada'); // prettier-ignore
    expect(examples.map(({ name }) => name)).toEqual(['cnn']);
    expect(given).toMatchObject({ level: 'full', data: '/home/ada/mnist', seed: 0, own: { network: 'lenet' } });
    expect(parseOptions(['all', '--quick'], '/').examples.length).toBeGreaterThan(1);
  });

  it.each([
    [['--seed', '-1'], 'integer from 0'],
    [['--quick', '--full'], 'cannot be used'],
    [['--device', 'gpu'], 'auto, wasm, webgpu, reference'],
    [['--network', 'alexnet'], 'vgg, resnet, lenet'],
    [['--data', ''], 'Give a path'],
  ])('refuses %j', (args, message) => {
    const said: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    expect(() => parseOptions(['cnn', ...args], '/')).toThrow();
    expect(said.join('')).toContain(message);
  });
});
