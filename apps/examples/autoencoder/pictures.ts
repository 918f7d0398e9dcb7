/** Images beside each other, and turned. */
import type { Picture, TensorData } from 'hebb';

/** [images, 1, height, width] */
export interface Images {
  readonly data: TensorData;
  readonly shape: readonly number[];
}

const grey = 0.4;

const pixelsOf = ({ shape }: Images): number => (shape[2] ?? 0) * (shape[3] ?? 0);

export function pictureOf(images: Images, i: number): ArrayLike<number> {
  const pixels = pixelsOf(images);
  return images.data.subarray(i * pixels, (i + 1) * pixels);
}

/** Pictures of 2 × 2 images each, row by row, with a grey line between them. */
export function mosaic(
  images: Images,
  groups: readonly (readonly number[])[],
  partsOf: (group: readonly number[]) => readonly ArrayLike<number>[],
): { images: { data: Float32Array; shape: readonly number[] }; pictures: Picture[] } {
  const [, , height = 0, width = 0] = images.shape;
  const [rows, columns] = [2 * height + 1, 2 * width + 1];
  const data = new Float32Array(groups.length * rows * columns).fill(grey);
  groups.forEach((group, picture) =>
    partsOf(group).forEach((part, place) => {
      for (let p = 0; p < height * width; p++) {
        const row = Math.floor(p / width) + (place < 2 ? 0 : height + 1);
        const column = (p % width) + (place % 2) * (width + 1);
        data[(picture * rows + row) * columns + column] = part[p] ?? 0;
      }
    }),
  );
  return {
    images: { data, shape: [groups.length, 1, rows, columns] },
    pictures: groups.map((_, example) => ({ example, caption: [] })),
  };
}

/** Each image turned by 90°, against the clock. They are as high as wide. */
export function quarterTurn(images: Images): Float32Array {
  const [count = 0, , side = 0] = images.shape;
  const turned = new Float32Array(images.data.length);
  for (let i = 0; i < count; i++)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        turned[(i * side + side - 1 - x) * side + y] = Number(images.data[(i * side + y) * side + x]);
  return turned;
}

/** Peak signal-to-noise ratio of images beside what they should be; the peak is 1. */
export function decibels(found: Images, wanted: Images): number {
  let sum = 0;
  for (let i = 0; i < wanted.data.length; i++) sum += ((found.data[i] ?? 0) - (wanted.data[i] ?? 0)) ** 2;
  return -10 * Math.log10(sum / wanted.data.length);
}
