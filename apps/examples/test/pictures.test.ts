/** The pictures of the READMEs are those of the networks as they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { picturesOf } from '@hebb/app-support';
import { setDevice } from 'hebb';
import { expect, it } from 'vitest';
import { examples } from '../src/examples.ts';

it.each(examples.examples.map((example) => [example.name, example] as const))('%s', async (name, example) => {
  setDevice('wasm');
  const pictures = await picturesOf(examples, example);
  expect(pictures.size).toBeGreaterThan(0);
  const folder = join(examples.folder, name);
  for (const [file, picture] of pictures) {
    const told = `npm run example -- ${name} --picture draws it anew`;
    expect(readFileSync(join(folder, file), 'utf8'), told).toBe(picture);
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(file);
  }
});
