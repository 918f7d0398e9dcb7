import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build, transform, type BuildOptions } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromCaller } from '../src/graph/stack.ts';
import { compile, concat, HebbError, rand, randint, stack, tensor, where, zeros, type Tensor } from '../src/index.ts';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const run = promisify(execFile);

async function caught(body: () => unknown): Promise<HebbError> {
  try {
    await body();
  } catch (error) {
    if (error instanceof HebbError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const framesOf = (text: string | undefined): string[] =>
  (text ?? '').split('\n').filter((line) => line.trim().startsWith('at '));

/** An array nested deeper than the ten frames that V8 keeps. */
const deep = (depth: number, bottom: unknown): unknown => (depth === 0 ? bottom : [deep(depth - 1, bottom)]);

describe('the stack begins on the line that called', () => {
  test.each<[string, () => unknown]>([
    ['an operation', () => tensor([[1, 2]]).matmul(tensor([[1, 2]]))],
    ['ragged nested arrays', () => tensor([[1, 2], [3]])],
    ['arrays nested deeply', () => tensor(deep(30, [1, [2]]) as number[])],
    ['shapes found in a callback', () => stack([zeros([2]), zeros([3])])],
    ['parts', () => concat([zeros([2, 2]), zeros([3])])],
    ['three operands', () => where(zeros([2]), zeros([3]), 1)],
    ['a draw', () => randint([1], 3, 2)],
    ['a shape', () => rand([-1])],
    ['a compiled function', () => compile((x: Tensor) => x.matmul(zeros([7])))(zeros([2, 2]))],
    ['an argument of a compiled function', () => compile((x: never) => x)(new Date() as never)],
    ['an engine function between', () => [[2, 3]].map((shape) => zeros(shape).reshape([4]))],
    ['an engine function that calls Hebb itself', () => [[-2]].forEach(zeros as never)],
    ['one element of many', async () => await zeros([2]).item()],
    [
      'a value that is gone',
      async () => {
        const x = zeros([2]);
        x.dispose();
        return await x.data();
      },
    ],
  ])('%s', async (_, body) => {
    const { stack: text } = await caught(body);
    expect(framesOf(text)[0]).toContain('stack.test.ts');
    expect(text).toMatch(/^(?:Shape|DType|Argument|StaleValue)Error: /);
  });

  test('it is as deep as elsewhere', async () => {
    const limit = Error.stackTraceLimit;
    const call = (depth: number): unknown => (depth === 0 ? tensor([[1, 2], [3]]) : call(depth - 1));
    const error = await caught(() => call(3 * limit));
    expect(framesOf(error.stack)).toHaveLength(limit);
    expect(Error.stackTraceLimit).toBe(limit);
  });

  const hebb = 'https://a.example/node_modules/@hebb/tensor/dist';
  test.each([
    ['Firefox', [`matmul@${hebb}/ops/linalg.js:1:2`, 'step@https://a.example/main.js:3:4', '']],
    [
      'Safari',
      [`check@${hebb}/a.js:1:2`, 'forEach@[native code]', `@${hebb}/b.js:1:2`, 'step@https://a.example/main.js:3:4'],
    ],
    [
      'Bun',
      [
        'ShapeError: wrong',
        `    at check (${hebb}/a.js:1:2)`,
        '    at forEach (native:1:11)',
        '    at step (/x/main.js:3:4)',
      ],
    ],
    [
      'Chrome, from a CDN',
      [
        'ShapeError: wrong',
        '    at new A (https://cdn.example/npm/@hebb/layers@1.2.3/dist/a.js:1:2)',
        '    at step (https://a.example/main.js:3:4)',
      ],
    ],
  ])('%s', (_, lines) => {
    const kept = fromCaller(lines.join('\n'), 'ShapeError', 'wrong')
      .split('\n')
      .filter((line) => line !== '' && line !== 'ShapeError: wrong');
    expect(kept).toHaveLength(1);
    expect(kept[0]).toContain('main.js:3:4');
  });

  test('a message that looks like frames stays', () => {
    const message = `wrong:\n    at check (${hebb}/a.js:1:2)`;
    const text = fromCaller(
      `Error: ${message}\n    at f (${hebb}/a.js:1:2)\n    at step (/x/main.js:3:4)`,
      'ShapeError',
      message,
    );
    expect(text).toBe(`ShapeError: ${message}\n    at step (/x/main.js:3:4)`);
  });

  test('where no line of the caller is left, all is kept', () => {
    const lines = [
      'ShapeError: wrong',
      `    at check (${hebb}/a.js:1:2)`,
      '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
    ];
    expect(fromCaller(lines.join('\n'), 'ShapeError', 'wrong')).toBe(lines.join('\n'));
  });
});

describe('outside of this repository', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hebb-stack-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const program = `
    function theirMistake() { return tensor([[1, 2], [3]]); }
    function theirCallback() { return [1].map(() => tensor([[1, 2]]).matmul(tensor([[1, 2]]))); }
    globalThis.results = [theirMistake, theirCallback].map((body) => {
      try { return body(); } catch (error) { return error; }
    });
    console.log(JSON.stringify(globalThis.results.map(({ name, stack }) => ({ name, stack }))));`;

  /** What a program on Node prints: the name and stack of both mistakes. */
  async function mistakes(file: string): Promise<{ name: string; stack: string }[]> {
    const { stdout } = await run(process.execPath, [file], { maxBuffer: 2 ** 26 }); // a data: module repeats itself in each frame
    return JSON.parse(stdout) as { name: string; stack: string }[];
  }

  async function bundle(name: string, options: BuildOptions): Promise<string> {
    const file = join(folder, name);
    await build({
      stdin: { contents: `import { tensor } from './index.ts';${program}`, resolveDir: source, sourcefile: 'main.js' },
      bundle: true,
      outfile: file,
      logLevel: 'error',
      ...options,
    });
    return file;
  }

  test.each<[string, BuildOptions]>([
    ['page.cjs', { format: 'iife', platform: 'browser' }],
    ['minified.cjs', { format: 'iife', minifyWhitespace: true, minifySyntax: true }],
    ['program.cjs', { format: 'cjs', platform: 'node' }],
    ['program.mjs', { format: 'esm', platform: 'node' }],
  ])('a bundle keeps every frame of the user: %s', async (name, options) => {
    const [ragged, product] = await mistakes(await bundle(name, options));
    expect([ragged?.name, product?.name]).toEqual(['ShapeError', 'ShapeError']);
    expect(ragged?.stack).toContain('theirMistake');
    expect(product?.stack).toContain('theirCallback');
  });

  test('a module without an address: data:', async () => {
    const text = readFileSync(await bundle('source.mjs', { format: 'esm', platform: 'browser' }), 'utf8');
    const file = join(folder, 'importer.mjs');
    writeFileSync(file, `await import('data:text/javascript;base64,${Buffer.from(text).toString('base64')}');`);
    const [ragged] = await mistakes(file);
    expect(ragged?.stack).toContain('theirMistake');
  });

  describe('installed as pnpm does', () => {
    const store = (name: string): string =>
      join(folder, `node_modules/.pnpm/@hebb+${name}@1.0.0/node_modules/@hebb/${name}/dist`);

    beforeAll(async () => {
      const put = (file: string, text: string): void => {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      };
      put(join(folder, 'node_modules/package.json'), '{ "type": "module" }');
      for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
        if (!file.endsWith('.ts')) continue;
        const { code } = await transform(readFileSync(join(source, file), 'utf8'), { loader: 'ts', target: 'es2022' });
        put(join(store('tensor'), file.replace(/\.ts$/, '.js')), code.replaceAll(/\.ts(?=['"])/g, '.js'));
      }
      const tensorUrl = pathToFileURL(join(store('tensor'), 'index.js')).href;
      put(
        join(store('layers'), 'linear.js'),
        `import { tensor as make } from '${tensorUrl}'; export const tensor = (x) => make(x);`,
      );
    });

    test('other packages of Hebb are left out too', async () => {
      const file = join(folder, 'user.mjs');
      writeFileSync(
        file,
        `import { tensor } from '${pathToFileURL(join(store('layers'), 'linear.js')).href}';${program}`,
      );
      const [ragged, product] = await mistakes(file);
      expect(framesOf(ragged?.stack)[0]).toMatch(/theirMistake.*user\.mjs/);
      expect(framesOf(product?.stack)[0]).toMatch(/user\.mjs/);
    });
  });
});
