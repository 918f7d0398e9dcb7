import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { asMethodCalls, methodsSource } from '../methods.mjs';

test.each([
  ['add(x, 1);', 'x.add(1);'],
  ['await add(tensor([[1], [2]]), tensor([10])).toArray();', 'await tensor([[1], [2]]).add(tensor([10])).toArray();'],
  ['add(add(x, 1), add(y, 2)).shape;', 'x.add(1).add(y.add(2)).shape;'],
  ['add(x);', 'x.add();'],
  // What is no tensor has no methods, and another function keeps its name.
  ['add(1, x);', 'add(1, x);'],
  ['z.add(x, 1); sub(x, 1);', 'z.add(x, 1); sub(x, 1);'],
])('%s as a method is %s', (example, expected) => {
  expect(asMethodCalls(example, 'add', 'add')).toBe(expected);
});

const fromDisk = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');
const source = (list: string[]): string => `
import type { DType } from '../graph/types.ts';
export interface Options { keep?: boolean }
${list.join('\n')}`;
const everything = (name: string): string =>
  `/** Of ${name}. */\nexport function ${name}(x: Tensor, axis = -1, dtype?: DType, options: Options = {}): Tensor { return x; }`;

/** Each file of `ops/` with the functions that have to be there, but for what `change` says. */
function read(names: readonly string[], change: (text: string) => string): (path: string) => string {
  return () => change(source(['import type { Tensor } from "../tensor.ts";', ...names.map(everything)]));
}

test('a method has the documentation and the types of its function, and leaves defaults to it', () => {
  const names = [...methodsSource(fromDisk).matchAll(/return \w+\.(\w+)\(/g)].map((match) => match[1] ?? '');
  const text = methodsSource(read(names, (all) => all));
  expect(text).toContain(`/**
 * Of reshape.
 *
 * \`x\` is this tensor.
 */
reshape(axis?: number, dtype?: DType, options?: Options): Tensor {
return movement.reshape(self(this), axis, dtype, options);
}`);
  expect(text).toContain(`import type { DType } from './graph/types.ts';`);
  expect(text).toContain(`import type { Options } from './ops/movement.ts';`);
  const without = read(names, (all) => all.replaceAll('/** Of sum. */', ''));
  expect(() => methodsSource(without)).toThrow('ops/reduce.ts sum: no exported function with a docstring');
  const hidden = read(names, (all) => all.replace('export interface', 'interface'));
  expect(() => methodsSource(hidden)).toThrow('the type Options must be exported, or imported by its name');
});
