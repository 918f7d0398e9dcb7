/** The images to learn from: the digits that come with Hebb, a CSV file of the same form, or MNIST's files. */
import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatCount } from '@hebb/app-support';
import { DataError, loadDigits, loadMnist, stratifiedSplit, type ArrayDataset, type ImageFields } from 'hebb';

export interface Images {
  readonly name: string;
  readonly train: ArrayDataset<ImageFields>;
  readonly test: ArrayDataset<ImageFields>;
  readonly height: number;
  readonly width: number;
  readonly classNames: readonly string[];
  readonly epochs: number;
  /** For the report. */
  readonly facts: Readonly<Record<string, string>>;
}

const bundled = fileURLToPath(new URL('../data/digits.csv', import.meta.url));

/** One fixed split, whatever the other seeds are, so that test accuracies can be compared. */
const splitSeed = 1;
const testShare = 0.2;

/** @throws DataError that names the file and what is wrong with it */
export async function loadImages(path: string | undefined): Promise<Images> {
  if (path === undefined)
    return await digits(
      bundled,
      'Optical Recognition of Handwritten Digits, test part, 8×8 (E. Alpaydin, C. Kaynak; UCI Machine Learning Repository, doi.org/10.24432/C50P49; as in scikit-learn)',
      'CC BY 4.0',
    );
  const found = await stat(path).catch((cause: unknown) => {
    throw new DataError(`[--data] there is no ${path}.`, {
      source: path,
      cause,
      hint: 'Give a folder with MNIST’s idx files, or a CSV file; without --data the digits that come with Hebb are used.',
    });
  });
  return found.isDirectory() ? await mnist(path) : await digits(path, path, undefined);
}

async function digits(path: string, source: string, licence: string | undefined): Promise<Images> {
  const { dataset, classNames } = await loadDigits(path);
  const { train, test } = stratifiedSplit(dataset, { by: 'y', test: testShare, seed: splitSeed });
  return {
    name: 'digits',
    train,
    test,
    height: 8,
    width: 8,
    classNames,
    epochs: 20,
    facts: {
      Source: source,
      ...(licence !== undefined && { Licence: licence }),
      Split: `${formatCount(train.length)} images to train on, ${formatCount(test.length)} to test on; stratified, with the fixed seed ${splitSeed}`,
      Pixels: '8×8 grey, from 0 to 1',
    },
  };
}

async function mnist(folder: string): Promise<Images> {
  const { train, test } = await loadMnist(folder);
  return {
    name: 'MNIST',
    train: train.dataset,
    test: test.dataset,
    height: 28,
    width: 28,
    classNames: train.classNames,
    epochs: 2,
    facts: {
      Source: `MNIST’s four files in ${relative('', folder) || folder}`,
      Split: `${formatCount(train.labels.length)} images to train on, ${formatCount(test.labels.length)} to test on, as the files have it`,
      Pixels: '28×28 grey, from 0 to 1',
    },
  };
}

export function describeData({ train, test, height, width }: Images): string {
  return `${formatCount(train.length)} images of ${height}×${width} to train on, ${formatCount(test.length)} to test on`;
}
