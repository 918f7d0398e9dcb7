/** What `torch.nn`, its functions and `torch.optim` offer (`tools/golden/names.py`) is here under the same name, or has a row in docs/pytorch.md. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as autograd from '../../../packages/autograd/src/index.ts';
import * as data from '../../../packages/data/src/index.ts';
import * as layers from '../../../packages/layers/src/index.ts';
import * as losses from '../../../packages/losses/src/index.ts';
import * as optimizers from '../../../packages/optimizers/src/index.ts';
import * as tensor from '../../../packages/tensor/src/index.ts';
import * as training from '../../../packages/training/src/index.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const offered = JSON.parse(read('golden/pytorch-names.json')) as Readonly<Record<string, readonly string[]>>;

/** The packages whose names mean what PyTorch's do: `normalize` of data would be another thing than `torch.nn.functional.normalize`. */
const same = new Set([tensor, layers, losses, optimizers].flatMap((own) => Object.keys(own)));
const all = new Set([autograd, data, training].flatMap((own) => Object.keys(own)).concat([...same]));

/** Tables of the page, those about methods of a module left out: the names in code of a row's first and second cell, and whether the second says that there is nothing. */
const page = read('../../../docs/pytorch.md').split('## Methods of a module')[0] ?? '';
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [, theirs = '', ours = '', why = ''] = line.split('|');
    const names = (cell: string): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? '');
    return { theirs: names(theirs), ours: names(ours), isNone: ours.trim() === '–', why: why.trim() };
  });
const documented = new Set(rows.flatMap(({ theirs }) => theirs));
const inOurForm = (name: string): string =>
  name.replace(/_$/, '').replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

describe("PyTorch's names", () => {
  it.each(Object.entries(offered))('of %s', (_, names) => {
    expect(names.filter((name) => !same.has(inOurForm(name)) && !documented.has(name))).toEqual([]);
  });

  it('are those that the page is about', () => {
    const theirs = new Set(Object.values(offered).flat());
    expect([...documented].filter((name) => !theirs.has(name))).toEqual([]);
  });

  it('stand in the page beside names that there are, or beside a reason', () => {
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.flatMap(({ ours }) => ours).filter((name) => !all.has(name))).toEqual([]);
    expect(rows.filter(({ ours, isNone, why }) => (isNone ? why === '' : ours.length === 0))).toEqual([]);
  });

  it('are not said to be missing where they are not', () => {
    const missing = rows.filter(({ isNone }) => isNone).flatMap(({ theirs }) => theirs);
    expect(missing.filter((name) => same.has(inOurForm(name)))).toEqual([]);
  });
});
