/** The networks that have a picture in their example's folder; `npx tsx apps/examples/src/pictures.ts` draws them anew. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ArrayDataset, type ImageFields } from 'hebb';
import { build as buildCnn } from '../cnn/example.ts';
import { build as buildSegmentation } from '../segmentation/example.ts';
import { drawScenes } from '../segmentation/scenes.ts';
import { drawModel } from './picture.ts';

const images = (): ArrayDataset<ImageFields> =>
  new ArrayDataset<ImageFields>({
    x: { data: new Float32Array(28 * 28), shape: [1, 28, 28] },
    y: { data: Int32Array.of(0), shape: [] },
  });

/** By the names of the examples. */
export const pictures: Readonly<Record<string, () => string>> = {
  cnn: () => drawModel(buildCnn({ train: images(), seed: 0 }).model, [1, 28, 28]),
  segmentation: () => drawModel(buildSegmentation(drawScenes(images(), 1, 0), 0).model, [1, 32, 32]),
};

export const pathOf = (name: string): URL => new URL(`../${name}/picture.svg`, import.meta.url);

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [name, draw] of Object.entries(pictures)) writeFileSync(pathOf(name), draw());
