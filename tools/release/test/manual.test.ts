/** What the manual says of bundlers is what the matrix builds and runs. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cells } from '../bundlers/cells.mjs';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const section = /^## In a bundler.*?(?=^## )/ms.exec(read('../../../docs/manual.md'))?.[0] ?? '';
const blocks = [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
  language,
  text,
}));

const commands = (cells as readonly { build: readonly (readonly string[])[] }[]).flatMap(({ build }) =>
  build.map((words) => `npx ${words.join(' ')}`),
);
const files = ['pages', 'next'].flatMap((folder) =>
  readdirSync(new URL(`../bundlers/${folder}`, import.meta.url)).map((name) => read(`../bundlers/${folder}/${name}`)),
);

it('has commands and pages', () => {
  expect(blocks.filter(({ language }) => language === 'sh')).toHaveLength(2);
  expect(blocks.length).toBeGreaterThanOrEqual(6);
});

it.each(blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.trim().split('\n')))(
  '%s is a cell of the matrix',
  (command) => {
    // Beside how much a tool says while all is well.
    const known = commands.map((text) => text.replace(/ --(?:logLevel|stats|performance-[\w-]+)=\S+/g, ''));
    expect(known).toContain(command);
  },
);

it.each(blocks.filter(({ language }) => language !== 'sh'))(
  'the $language block is a file of the matrix',
  ({ text }) => {
    expect(files).toContain(text);
  },
);
