/** The pictures of the READMEs are those of the networks as they are. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pathOf, pictures } from '../src/pictures.ts';

it.each(Object.keys(pictures))('%s', (name) => {
  const drawn = pictures[name]?.();
  expect(readFileSync(pathOf(name), 'utf8'), 'npx tsx apps/examples/src/pictures.ts draws it anew').toBe(drawn);
  expect(readFileSync(new URL('README.md', pathOf(name)), 'utf8')).toContain('picture.svg');
});
