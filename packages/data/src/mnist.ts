/** MNIST read from its files as it is needed. */
import { checkOptions, listOf, requireString, type OptionNames } from '@hebb/tensor/arguments';
import { ArrayDataset, type Batch, type Dataset } from './dataset.ts';
import { mapDataset, zipDatasets } from './combine.ts';
import { DataError } from './errors.ts';
import { openIdxDataset } from './idx-dataset.ts';
import { loadIdx } from './idx.ts';
import { digitNames, expectBytes, findMnist, type ImageFields, type LoadMnistOptions } from './images.ts';
import { validateLabels } from './labels.ts';

/** Datasets with the fields `x`, float32 of shape [1, 28, 28], pixels from 0 to 1, and `y`, int32, indices into `classNames`. */
export interface OpenMnist {
  readonly train: Dataset<Batch<ImageFields>>;
  readonly test: Dataset<Batch<ImageFields>>;
  readonly classNames: readonly string[];
}

const openOptions: OptionNames<LoadMnistOptions> = { classNames: listOf(requireString) };

/**
 * MNIST, or any data set in its four files, without loading the images: those of a batch are read from disk when they are asked for. The same fields and
 * values as `loadMnist`, asynchronously. The files of images must be unpacked (`gunzip -k`); labels are read whole.
 *
 * ```ts
 * import { DataLoader, openMnist } from '@hebb/data';
 *
 * const { train } = await openMnist('mnist');
 * for await (const { x, y } of new DataLoader(train, { batchSize: 64, shuffle: true })) {
 *   x.shape; // [n, 1, 28, 28]
 * }
 * ```
 *
 * @throws DataError naming the file that is missing, packed, damaged or does not go with the others
 */
export async function openMnist(folder: string, options: LoadMnistOptions = {}): Promise<OpenMnist> {
  requireString('openMnist', 'the folder', folder);
  checkOptions('openMnist', options, openOptions);
  const { classNames = digitNames } = options;
  if (classNames.length !== 10) throw new DataError(`[openMnist] expected 10 class names, got ${classNames.length}.`);
  const names = await findMnist('openMnist', folder);
  const [train, test] = await Promise.all([
    openPart(names.trainImages, names.trainLabels),
    openPart(names.testImages, names.testLabels),
  ]);
  return { train, test, classNames };
}

async function openPart(imagesPath: string, labelsPath: string): Promise<Dataset<Batch<ImageFields>>> {
  const files = await openIdxDataset({ pixels: imagesPath });
  const labels = await loadIdx(labelsPath);
  expectBytes('openMnist', labels, ['n'], labelsPath);
  if (files.length > 0)
    expectBytes('openMnist', (await files.gather(Uint32Array.of(0))).pixels, [1, 28, 28], imagesPath);
  if (labels.shape[0] !== files.length) {
    throw new DataError(
      `[openMnist] ${imagesPath} holds ${files.length} images, ${labelsPath} ${labels.shape[0]} labels.`,
      { source: labelsPath, hint: 'The two files must come from the same data set and part.' },
    );
  }
  const checked = validateLabels(labels.data, { classCount: 10, source: labelsPath });
  const withLabels = zipDatasets(files, new ArrayDataset({ y: { data: checked, shape: [] } }));
  return mapDataset(withLabels, ({ pixels, y }) => {
    // From bytes to numbers from 0 to 1: converted at once and divided in place, 0.08 ms for 64 images, where a table of the shades takes 0.13.
    const data = new Float32Array(pixels.data);
    for (let i = 0; i < data.length; i++) data[i] = (data[i] ?? 0) / 255;
    return { x: { data, shape: [y.data.length, 1, 28, 28] }, y };
  });
}
