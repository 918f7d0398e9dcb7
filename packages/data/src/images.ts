/** Data sets of labelled images: the handwritten digits of scikit-learn (8 × 8) and MNIST (28 × 28). */
import { FileError, listFolder } from '@hebb/files';
import { checkOptions, listOf, recordOf, requirePlain, requireString, type OptionNames } from '@hebb/tensor/arguments';
import type { NumericArray } from './arrays.ts';
import { csv, parseCsv } from './csv.ts';
import { ArrayDataset, type Field } from './dataset.ts';
import { DataError, ProblemList } from './errors.ts';
import { fileError, readBytes, type Source } from './files.ts';
import { readIdx } from './idx.ts';
import { validateLabels } from './labels.ts';

/** Labelled images and the same as a dataset with the fields `x` and `y`. */
export interface LabelledImages {
  /** Pixels from 0 to 1, row by row. */
  readonly images: Float32Array;
  /** [examples, channels, height, width] */
  readonly shape: readonly [number, number, number, number];
  /** Indices into `classNames`. */
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
  /** `x`: float32 of shape [channels, height, width]; `y`: int32, one number. */
  readonly dataset: ArrayDataset<ImageFields>;
}

export type ImageFields = { readonly x: Field<Float32Array>; readonly y: Field<Int32Array> };

export const digitNames: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/**
 * The optical digits of scikit-learn's `load_digits` as CSV: the columns `pixel_0_0` … `pixel_7_7` (row, column) with
 * integers from 0 to 16, and `label` from 0 to 9. Pixels are divided by 16; images have the shape [n, 1, 8, 8].
 *
 * ```ts
 * import { loadDigits } from '@hebb/data';
 *
 * const digits = await loadDigits('digits.csv');
 * digits.shape; // [n, 1, 8, 8]
 * digits.dataset.length; // n
 * ```
 *
 * @param source a path (Node), an http(s) URL, a Blob, bytes, or the text itself (a string with a newline)
 * @throws DataError that lists missing and unexpected columns, or the lines with values out of range.
 */
export async function loadDigits(source: Source): Promise<LabelledImages> {
  const isText = typeof source === 'string' && source.includes('\n');
  const table = isText ? parseCsv(source, { source: 'digits' }) : await csv(source);
  const pixels = Array.from({ length: 64 }, (_, i) => `pixel_${i >> 3}_${i & 7}`);
  const expected = new Set([...pixels, 'label']);
  const missing = [...expected].filter((name) => !table.names.includes(name));
  const unexpected = table.names.filter((name) => !expected.has(name));
  if (missing.length + unexpected.length > 0) {
    const list = (names: string[]): string =>
      names.length === 0
        ? 'none'
        : names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
    throw new DataError(
      `[loadDigits] ${table.source}: wrong columns. Missing: ${list(missing)}. Unexpected: ${list(unexpected)}.`,
      { source: table.source, hint: 'Expected pixel_0_0 … pixel_7_7 and label.' },
    );
  }
  if (table.length === 0)
    throw new DataError(`[loadDigits] ${table.source} holds no images: a header, expected rows after it.`, {
      source: table.source,
      hint: 'Each row is one image: 64 pixels from 0 to 16, then its label.',
    });

  const problems = new ProblemList();
  const images = new Float32Array(table.length * 64);
  pixels.forEach((name, j) => {
    table.numbers(name).forEach((value, i) => {
      if (Number.isInteger(value) && value >= 0 && value <= 16) images[i * 64 + j] = value / 16;
      else {
        const got = Number.isNaN(value) ? 'nothing' : String(value);
        const line = table.lineOf(i) ?? 0;
        problems.add({ line, column: name, message: `expected an integer from 0 to 16, got ${got}` });
      }
    });
  });
  problems.problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const what = problems.count === 1 ? '1 pixel is' : `${problems.count} pixels are`;
  problems.check(`[loadDigits] ${table.source}: ${what} out of range:`, {
    source: table.source,
    hint: 'Correct the file. Pixels of another range have to be scaled to 0 … 16 first.',
  });
  const labels = validateLabels(table.numbers('label'), {
    classCount: 10,
    source: table.source,
    lineOf: (row) => table.lineOf(row),
  });
  return labelledImages(images, [table.length, 1, 8, 8], labels, digitNames);
}

/** The bytes of MNIST's four files, gzipped or plain. */
export interface MnistFiles {
  readonly trainImages: Uint8Array;
  readonly trainLabels: Uint8Array;
  readonly testImages: Uint8Array;
  readonly testLabels: Uint8Array;
}

export interface Mnist {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

const mnistNames: Readonly<Record<keyof MnistFiles, string>> = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
};

export interface LoadMnistOptions {
  /** Ten names. Default `'0'` … `'9'`. */
  classNames?: readonly string[];
}

export interface ReadMnistOptions extends LoadMnistOptions {
  /** What errors call the files. */
  names?: Readonly<Record<keyof MnistFiles, string>>;
}

const loadOptions: OptionNames<LoadMnistOptions> = { classNames: listOf(requireString) };
const readOptions: OptionNames<ReadMnistOptions> = { ...loadOptions, names: recordOf(requireString) };

/**
 * MNIST, or any data set in its four files (Fashion-MNIST, KMNIST), from a folder: `train-images-idx3-ubyte`,
 * `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, each with or without `.gz`. Node only;
 * see {@link readMnist} for browsers and `downloadMnist` for the files.
 *
 * Pixels are divided by 255; images have the shape [n, 1, 28, 28].
 *
 * ```ts
 * import { loadMnist } from '@hebb/data';
 *
 * const { train, test } = await loadMnist('mnist');
 * train.shape; // [n, 1, 28, 28]
 * train.dataset.gather([0, 1]).y.shape; // [2]
 * ```
 *
 * @throws DataError naming the file that is missing, damaged or does not go with the others.
 */
export async function loadMnist(folder: string, options: LoadMnistOptions = {}): Promise<Mnist> {
  requireString('loadMnist', 'the folder', folder);
  checkOptions('loadMnist', options, loadOptions);
  const names = await findMnist('loadMnist', folder);
  const read = async (key: keyof MnistFiles): Promise<Uint8Array> => await readBytes('loadMnist', names[key]);
  const files = {
    trainImages: await read('trainImages'),
    trainLabels: await read('trainLabels'),
    testImages: await read('testImages'),
    testLabels: await read('testLabels'),
  };
  return readMnist(files, { ...options, names: { ...mnistNames, ...names } });
}

/**
 * MNIST from the bytes of its four files; see {@link loadMnist}.
 *
 * @throws DataError if a file is not the IDX file that it should be, if the numbers of images and labels differ, or if
 *   labels are not from 0 to 9.
 */
export function readMnist(files: MnistFiles, options: ReadMnistOptions = {}): Mnist {
  checkOptions('readMnist', options, readOptions);
  requirePlain('readMnist', 'the files', files);
  const { classNames = digitNames, names: given } = options;
  const names = { ...mnistNames, ...given };
  if (classNames.length !== 10) throw new DataError(`[readMnist] expected 10 class names, got ${classNames.length}.`);
  const part = (imagesKey: keyof MnistFiles, labelsKey: keyof MnistFiles): LabelledImages => {
    const images = readIdx(files[imagesKey], names[imagesKey]);
    const labels = readIdx(files[labelsKey], names[labelsKey]);
    expectBytes('readMnist', images, ['n', 28, 28], names[imagesKey]);
    expectBytes('readMnist', labels, ['n'], names[labelsKey]);
    const [count = 0] = images.shape;
    if (count !== labels.shape[0]) {
      throw new DataError(
        `[readMnist] ${names[imagesKey]} holds ${count} images, ${names[labelsKey]} ${labels.shape[0]} labels.`,
        { source: names[labelsKey], hint: 'The two files must come from the same data set and part.' },
      );
    }
    if (count === 0)
      throw new DataError(`[readMnist] ${names[imagesKey]} holds no images, expected at least one.`, {
        source: names[imagesKey],
        hint: 'Get the file again.',
      });
    const checked = validateLabels(labels.data, { classCount: 10, source: names[labelsKey] });
    const pixels = new Float32Array(images.data.length);
    for (let i = 0; i < pixels.length; i++) pixels[i] = (images.data[i] ?? 0) / 255;
    return labelledImages(pixels, [count, 1, 28, 28], checked, classNames);
  };
  return { train: part('trainImages', 'trainLabels'), test: part('testImages', 'testLabels') };
}

/** The paths of the four files in a folder, packed or not. */
export async function findMnist(where: string, folder: string): Promise<Record<keyof MnistFiles, string>> {
  const instead =
    'Fetch the four files and pass their bytes: readMnist({ trainImages, trainLabels, testImages, testLabels }).';
  const present = await listFolder(folder, { instead }).catch((cause: unknown) => {
    throw cause instanceof FileError ? fileError(where, cause) : cause;
  });
  const names = { ...mnistNames };
  const absent: string[] = [];
  for (const [key, name] of Object.entries(mnistNames) as [keyof MnistFiles, string][]) {
    const found = [name, `${name}.gz`].find((candidate) => present.includes(candidate));
    if (found === undefined) absent.push(`${name}[.gz]`);
    else names[key] = `${folder}/${found}`;
  }
  if (absent.length === 0) return names;
  throw new DataError(`[${where}] ${folder} lacks ${absent.join(', ')}.`, {
    source: folder,
    hint: 'The four files must be in that folder under these names. await downloadMnist() gets them and returns their folder.',
  });
}

export function expectBytes(
  where: string,
  { data, shape }: NumericArray,
  expected: readonly (number | string)[],
  name: string,
): void {
  const fits =
    shape.length === expected.length && expected.every((e, axis) => typeof e === 'string' || e === shape[axis]);
  if (data instanceof Uint8Array && fits) return;
  throw new DataError(
    `[${where}] ${name}: expected unsigned bytes of shape [${expected.join(', ')}], got ${data.constructor.name} of shape [${shape.join(', ')}].`,
    { source: name, hint: 'Is the file another one of the four, or from another data set?' },
  );
}

function labelledImages(
  images: Float32Array,
  shape: readonly [number, number, number, number],
  labels: Int32Array,
  classNames: readonly string[],
): LabelledImages {
  const dataset = new ArrayDataset<ImageFields>({
    x: { data: images, shape: shape.slice(1) },
    y: { data: labels, shape: [] },
  });
  return { images, shape, labels, classNames, dataset };
}
