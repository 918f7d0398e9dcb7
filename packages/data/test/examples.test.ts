import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import { testExamples } from '../../../tools/examples/src/suite.ts';
import { inTemporaryFolder } from '../../../tools/examples/src/temporary-folder.ts';
import * as data from '../src/index.ts';

const penguins = `species,bill_length_mm,body_mass_g
Adelie,39.1,3750
Adelie,39.5,3800
Adelie,,
Adelie,36.7,3450
Gentoo,46.1,4500
Gentoo,50,5700
Gentoo,48.7,4450
Gentoo,50,5700
Chinstrap,46.5,3500
Chinstrap,50,3900
`;
const folder = inTemporaryFolder();
beforeAll(async () => {
  await writeFile(join(folder, 'penguins.csv'), penguins);
  await copyFile(new URL('./samples/digits.csv', import.meta.url), join(folder, 'digits.csv'));
  await mkdir(join(folder, 'mnist'));
  const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28, ...new Uint8Array(2 * 28 * 28));
  const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 3);
  for (const part of ['train', 't10k']) {
    await writeFile(join(folder, 'mnist', `${part}-images-idx3-ubyte`), images);
    await writeFile(join(folder, 'mnist', `${part}-labels-idx1-ubyte`), labels);
  }
  vi.stubGlobal('Worker', EventTarget);
});
afterAll(() => void vi.unstubAllGlobals());

// Examples do not reach out to the network, and have no workers.
const modules = {
  '@hebb/data': {
    ...data,
    fetchDataset: () => Promise.resolve('penguins.csv'),
    downloadMnist: () => Promise.resolve('mnist'),
    serveDataset: () => undefined,
    workerDataset: async () => (await data.openMnist('mnist')).train,
  },
};

testExamples(new URL('../', import.meta.url), modules);
