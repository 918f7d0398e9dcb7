/** The run of an example: what it writes, what it calls a failure, how it goes on, and what it refuses. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { ArrayDataset, DataError, fit, Linear, manualSeed, meanSquaredError, SGD, tensor } from 'hebb';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { typed } from '../src/command-line.ts';
import { wrapped } from '../src/display.ts';
import type { Example } from '../src/example.ts';
import { runExamples, type ExampleSet } from '../src/index.ts';
import { withResults } from '../src/results-page.ts';
import type { Results } from '../src/kit.ts';

const folders: string[] = [];
const temporary = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'hebb-app-support-'));
  folders.push(folder);
  return folder;
};
let said = '';
beforeEach(() => {
  said = '';
  const hear = (text: unknown): boolean => ((said += String(text)), true);
  vi.spyOn(process.stdout, 'write').mockImplementation(hear);
  vi.spyOn(process.stderr, 'write').mockImplementation(hear);
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Options {
  readonly steps: string;
}

/** A line through four points; `onEpoch` may interrupt it. */
function line(onEpoch: (epoch: number) => void = () => undefined): Example<Options> {
  return {
    name: 'line',
    line: 'A line through four points',
    seconds: { quick: 1, normal: 200 },
    data: { carried: 'four points', full: 'five points', expects: 'a folder with points.txt' },
    options: (command) =>
      command.addOption(new Option('--steps <name>', 'how long').choices(['few', 'many']).default('few')),
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
      kit.metric('epochs', history.epochs.length, { target: { quick: { atMost: 30 }, normal: { atMost: 59 } } });
      kit.section({ kind: 'text', title: 'Where it lies', text: 'Through (0, 1) and (1, 3).' });
      const sizes = [tensor([[1], [5]]), tensor([[2], [3], [4]])];
      await kit.onnx('model', model, { inputs: { x: ['batch', 1] } }, sizes);
      await kit.weights('model', model);
    },
  };
}

const setOf = (...examples: readonly Example<Options>[]): ExampleSet => ({
  examples,
  folder: temporary(),
  carried: (name) => name,
  resultsPage: join(temporary(), 'results.md'),
});

const never = new AbortController().signal;
const run = (example: Example<Options>, args: readonly string[], signal: AbortSignal = never): Promise<number> =>
  runExamples(setOf(example), ['line', '--device', 'wasm', ...args], { signal, base: '/', onQuit: () => undefined });
const resultsIn = (out: string): Results => JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Results;

const results = (example: string, value: number, seed = 0, name = 'accuracy'): Results => ({
  example,
  level: 'full',
  command: `npm run example -- ${example} --full --data /home/ada/mnist --seed ${seed} --out /tmp/a`,
  seed,
  device: 'WebAssembly',
  machine: 'A machine',
  seconds: 61,
  parameters: 2,
  metrics: [
    { name, value, format: 'percent', target: { atLeast: 0.9 }, passed: true },
    { name: 'classes', value: 3, format: 'count', passed: true },
  ],
  onnx: [],
  passed: true,
});

describe('an example', () => {
  it('leaves weights, a file, results and a report', async () => {
    const out = temporary();
    expect(await run(line(), ['--quick', '--out', out])).toBe(0);
    expect(readdirSync(out).sort()).toEqual(['model.onnx', 'model.safetensors', 'report.html', 'results.json', 'run.json']); // prettier-ignore
    expect(resultsIn(out)).toMatchObject({
      example: 'line',
      level: 'quick',
      seed: 0,
      parameters: 2,
      metrics: [{ name: 'epochs', value: 30, target: { atMost: 30 }, passed: true }],
      onnx: [{ file: 'model.onnx', rows: 5, passed: true }],
      passed: true,
    });
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    for (const part of ['A line through', 'epochs', 'Where it lies', 'onnxruntime', 'four points'])
      expect(page).toContain(part);
  });

  it('fails where a target is missed, and says by how much', async () => {
    const out = temporary();
    expect(await run(line(), ['--out', out])).toBe(1);
    expect(said).toContain('✗ epochs: 60 (at most 59)');
    expect(resultsIn(out).passed).toBe(false);
  });

  it('is saved where it is interrupted; the same command goes on to the same bytes', async () => {
    const [cut, whole] = [temporary(), temporary()];
    expect(await run(line(), ['--quick', '--out', whole])).toBe(0);
    const controller = new AbortController();
    const stops = line((epoch) => {
      if (epoch === 12) controller.abort();
    });
    expect(await run(stops, ['--quick', '--out', cut], controller.signal)).toBe(130);
    expect(said).toContain('The same command goes on');
    expect(existsSync(join(cut, 'report.html'))).toBe(false);
    manualSeed(5);
    const epochs: number[] = [];
    expect(await run(line((epoch) => void epochs.push(epoch)), ['--quick', '--out', cut])).toBe(0); // prettier-ignore
    expect(epochs[0]).toBe(13);
    expect(said).toContain(`Goes on with the run in ${cut}`);
    const weights = (out: string): Buffer => readFileSync(join(out, 'model.safetensors'));
    expect(weights(cut).equals(weights(whole))).toBe(true);
  });

  it('neither goes on with a run that is called otherwise nor loses it', async () => {
    const out = temporary();
    const controller = new AbortController();
    const stops = line((epoch) => {
      if (epoch === 12) controller.abort();
    });
    await run(stops, ['--quick', '--out', out], controller.signal);
    const epochs: number[] = [];
    const counts = line((epoch) => void epochs.push(epoch));
    // Another seed: from the beginning, and the interrupted one lies beside it.
    expect(await run(counts, ['--quick', '--seed', '1', '--out', out])).toBe(0);
    expect(epochs[0]).toBe(1);
    const earlier = join(out, 'earlier-1');
    expect(said).toContain(earlier);
    // Where it goes on.
    epochs.length = 0;
    expect(await run(counts, ['--quick', '--out', earlier])).toBe(0);
    expect(epochs[0]).toBe(13);
  });

  it('leaves what lies there where it is if another run fails before it has written anything', async () => {
    const [out, empty] = [temporary(), temporary()];
    await run(line(), ['--quick', '--out', out]);
    const before = readdirSync(out).sort();
    const fails = { ...line(), run: () => Promise.reject(new DataError('there is no such file')) };
    for (const folder of [out, empty]) await expect(run(fails, ['--quick', '--seed', '1', '--out', folder])).rejects.toThrow('no such file'); // prettier-ignore
    expect(readdirSync(out).sort()).toEqual(before);
    expect(readdirSync(empty)).toEqual([]);
  });

  it('begins anew where a run is finished, and keeps that one and files that are not its own', async () => {
    const out = temporary();
    writeFileSync(join(out, 'notes.txt'), 'mine');
    await run(line(), ['--quick', '--out', out]);
    const first = readFileSync(join(out, 'results.json'), 'utf8');
    const epochs: number[] = [];
    expect(await run(line((epoch) => void epochs.push(epoch)), ['--quick', '--out', out])).toBe(0); // prettier-ignore
    expect(epochs).toHaveLength(30);
    expect(readFileSync(join(out, 'earlier-1', 'results.json'), 'utf8')).toBe(first);
    expect(readFileSync(join(out, 'notes.txt'), 'utf8')).toBe('mine');
    expect(await run(line(), ['--quick', '--steps', 'many', '--out', out])).toBe(0);
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['earlier-1', 'earlier-2', 'report.html']));
  });
});

describe('what a finished run is for', () => {
  /** `--steps many` asks for it. */
  const used: string[] = [];
  const useful = (onEpoch?: (epoch: number) => void): Example<Options> => ({
    ...line(onEpoch),
    use: {
      isAsked: ({ steps }) => steps === 'many',
      start: async ({ folder, seed, options }) => void used.push(`${folder} ${seed} ${options.steps} ${existsSync(join(folder, 'results.json'))}`), // prettier-ignore
    },
  });
  beforeEach(() => (used.length = 0));

  it('follows the run, and is had without a further one where it is asked for', async () => {
    const out = temporary();
    const epochs: number[] = [];
    const example = useful((epoch) => void epochs.push(epoch));
    expect(await run(example, ['--quick', '--steps', 'many', '--out', out])).toBe(0);
    expect([epochs.length, used]).toEqual([30, [`${out} 0 many true`]]);
    expect(await run(example, ['--steps', 'many', '--seed', '4', '--out', out])).toBe(0);
    expect([epochs.length, used.at(-1)]).toEqual([30, `${out} 4 many true`]);
    expect(readdirSync(out)).not.toContain('earlier-1');
    // Not asked for, or another level than that of the run: it is run.
    expect(await run(example, ['--quick', '--out', out])).toBe(0);
    expect([epochs.length, used.at(-1)]).toEqual([60, `${out} 0 few true`]);
    await run(example, ['--full', '--data', '/', '--steps', 'many', '--out', out]);
    expect(epochs).toHaveLength(180);
  });

  it('waits for a run that is not finished', async () => {
    const out = temporary();
    const controller = new AbortController();
    const stops = useful((epoch) => {
      if (epoch === 12) controller.abort();
    });
    expect(await run(stops, ['--quick', '--steps', 'many', '--out', out], controller.signal)).toBe(130);
    expect(used).toEqual([]);
    const epochs: number[] = [];
    const asks = ['--quick', '--steps', 'many', '--out', out];
    expect(await run(useful((epoch) => void epochs.push(epoch)), asks)).toBe(0); // prettier-ignore
    expect([epochs[0], used.length]).toEqual([13, 1]);
  });
});

describe('what is refused', () => {
  const call = (...args: readonly string[]): Promise<number> =>
    runExamples(setOf(line()), args, { signal: never, base: '/', onQuit: () => undefined });

  it.each([
    [['lime'], /no example lime; did you mean line\?[\s\S]*line, all/],
    [['--quick'], /comes before the name/],
    [['line', '--full'], /five points[\s\S]*--data DIR, a folder with points\.txt/],
    [['line', '--data', '/no/such'], /there is no \/no\/such[\s\S]*points\.txt/],
    [['all', 'lime'], /no example lime/],
  ])('%j', async (args, message) => {
    const error = await call(...args).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(String(error)).toMatch(message);
  });

  it.each([
    [['--seed', '-1'], 'integer from 0'],
    [['--quick', '--full'], 'cannot be used'],
    [['--device', 'gpu'], 'auto, wasm, webgpu, reference'],
    [['--steps', 'none'], 'few, many'],
    [['--data', ''], 'Expected a path'],
    [['--fast'], 'unknown option'],
  ])('%j', async (args, message) => {
    await expect(call('line', ...args)).rejects.toThrow();
    expect(said).toContain(message);
  });

  it('a folder that cannot be made, before anything is trained', async () => {
    const file = join(temporary(), 'file');
    writeFileSync(file, '');
    await expect(run(line(), ['--out', join(file, 'out')])).rejects.toThrow(/--out/);
    expect(said).not.toContain('epoch');
  });
});

describe('the command of a report', () => {
  it.each([
    [['gnn', '--task', 'links'], 'gnn --task links'],
    [['a', '--ask', ''], 'a --ask ""'],
    [['a', '--ask', 'What news?'], 'a --ask "What news?"'],
    [['a', '--ask=What news?'], 'a --ask="What news?"'],
    [['a', '--ask', "Who's there?"], `a --ask "Who's there?"`],
    [['a', '--ask', 'for $5, "he" said'], `a --ask 'for $5, "he" said'`],
    [['a', '--ask', `it's "$5"`], `a --ask 'it'\\''s "$5"'`],
    [['a', '--prompt', 'ROMEO:\n'], String.raw`a --prompt $'ROMEO:\n'`],
    [['a', '--prompt', `it's\n\\`], String.raw`a --prompt $'it\'s\n\\'`],
  ])('%j', (args, command) => {
    expect(typed(args)).toBe(command);
    // Bash says what it is.
    const heard = execFileSync('bash', ['-c', `printf '%s\\0' ${command}`]).toString();
    expect(heard.split('\0').slice(0, -1)).toEqual(args);
  });

  it('is without places in the page of results, however they are quoted', () => {
    const command = `npm run example -- a ${typed(['--data', "/home/ada's/my data", '--full', '--out=/tmp/a b', '--seed', '1', '--ask', 'a b'])}`;
    const page = withResults('', { ...results('a', 0.5), command });
    expect(page).toContain('| `npm run example -- a --data DIR --full --ask "a b"` |');
  });

  it('stands in the report', async () => {
    const out = join(temporary(), 'a b');
    await run(line(), ['--quick', '--out', out]);
    expect(resultsIn(out).command).toBe(`npm run example -- line --device wasm --quick --out "${out}"`);
  });
});

describe('the list', () => {
  it('has a name, a line and times', async () => {
    const set = setOf(line());
    const list = (): Promise<number> => runExamples(set, [], { signal: never, base: '/', onQuit: () => undefined });
    expect(await list()).toBe(0);
    expect(said).toMatch(/line +A line through four points\n +about 3 min; --quick 1 s\n/);
    // Two metrics of one command, and a further command: 61 s and 90 s.
    const page = withResults('', results('line', 0.9));
    const [metric] = results('line', 0.9, 0, 'loss').metrics;
    const other = { ...results('line', 0.9), command: 'npm run example -- line --steps many', seconds: 90, metrics: metric === undefined ? [] : [metric] }; // prettier-ignore
    writeFileSync(set.resultsPage, withResults(page, other));
    await list();
    expect(said).toContain('about 3 min; --quick 1 s, --full 3 min\n');
  });
});

describe('the page of results', () => {
  const pageOf = (...runs: Results[]): string[] =>
    runs
      .reduce((page, run) => withResults(page, run), '')
      .split('\n')
      .filter((row) => /^\| [ab] /.test(row) && !row.includes('classes'));

  it('has the last row of each metric', () => {
    expect(pageOf(results('b', 0.91), results('a', 0.92), results('b', 0.93), results('b', 0.97, 0, 'a|c'))).toEqual([
      '| a | accuracy | 92.00 % | at least 90.00 % | `npm run example -- a --full --data DIR` | 0 | 61 | A machine; WebAssembly |',
      '| b | accuracy | 93.00 % | at least 90.00 % | `npm run example -- b --full --data DIR` | 0 | 61 | A machine; WebAssembly |',
      '| b | a\\|c | 97.00 % | at least 90.00 % | `npm run example -- b --full --data DIR` | 0 | 61 | A machine; WebAssembly |',
    ]);
  });

  it('has the files of the default seed, and how far onnxruntime is from them', () => {
    const files = (file: string, maxAbsoluteDifference: number, seed = 0): Results => ({
      ...results('b', 0.9, seed),
      onnx: [{ file, passed: true, rows: 10_000, maxAbsoluteDifference }],
    });
    const page = pageOf(
      results('b', 0.9, 1),
      files('model.onnx', 3e-5),
      files('other.onnx', 2e-6),
      files('model.onnx', 1.25e-5),
      files('model.onnx', 1, 1),
    );
    expect(page.slice(1)).toEqual([
      '| b | model.onnx | 10,000 | 1.3e-5 |',
      '| b | other.onnx | 10,000 | 2.0e-6 |',
      '| b | accuracy | at least 90.00 % | 90.00 % |',
    ]);
  });

  it('has other seeds side by side, of what has to be reached', () => {
    const page = pageOf(
      results('a', 0.95, 2),
      results('a', 0.94),
      results('a', 0.93, 10),
      results('b', 0.92, 2),
      results('a', 0.96, 2),
    );
    expect(page.slice(1)).toEqual([
      '| a | accuracy | at least 90.00 % | 96.00 % | 93.00 % |',
      '| b | accuracy | at least 90.00 % | 92.00 % |  |',
    ]);
  });
});

it('breaks lines between words where a terminal ends, and keeps what is indented under itself', () => {
  expect(wrapped('one two three', 80)).toEqual(['one two three']);
  expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapped('  one two three', 9)).toEqual(['  one two', '  three']);
  // Colours take no columns, and a word that is too long is left to the terminal.
  expect(wrapped('\u001B[1mone two\u001B[22m', 7)).toEqual(['\u001B[1mone two\u001B[22m']);
  expect(wrapped('https://example.org/a', 7)).toEqual(['https://example.org/a']);
});
