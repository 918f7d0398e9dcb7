/** The handwritten digits that several examples learn from. */
import {
  loadDigits,
  loadMnist,
  stratifiedSplit,
  TrainingError,
  type ArrayDataset,
  type Evaluation,
  type ImageFields,
  type Section,
  type ShapedValues,
} from 'hebb';

export interface HandwrittenDigits {
  readonly train: ArrayDataset<ImageFields>;
  readonly test: ArrayDataset<ImageFields>;
  readonly classNames: readonly string[];
}

/** MNIST from a folder, or the digits that come with Hebb, split as they always are. */
export async function loadHandwrittenDigits(folder: string | undefined, digits: string): Promise<HandwrittenDigits> {
  if (folder !== undefined) {
    const { train, test } = await loadMnist(folder);
    return { train: train.dataset, test: test.dataset, classNames: train.classNames };
  }
  const { dataset, classNames } = await loadDigits(digits);
  return { ...stratifiedSplit(dataset, { by: 'y', test: 0.2, seed: 1 }), classNames };
}

/** Throws TrainingError where there is no folder of MNIST, for what needs its size of images. */
export function requireMnist(folder: string | undefined, what: string): void {
  if (folder !== undefined) return;
  throw new TrainingError(
    `[example] ${what} is for the images of MNIST, 28 × 28, and those that Hebb carries are 8 × 8.`,
    {
      hint: 'Say --data DIR, a folder with MNIST’s four files, or --full, which downloads them.',
    },
  );
}

/** What a classifier's evaluation shows in a report, its mistakes with their images; the figures stand above it already. */
export function sectionsWithImages(evaluation: Evaluation, { data, shape }: ShapedValues): Section[] {
  return evaluation
    .sections()
    .filter(({ kind }) => kind !== 'figures')
    .map((section) => (section.kind === 'pictures' ? { ...section, images: { data, shape } } : section));
}
