/** Noise reduction for images. */
import { checkOptions, type OptionNames } from '@hebb/tensor/arguments';
import { emptyLike, format, requireArray, type NumericArray, type TypedArray } from './arrays.ts';
import { DataError, show } from './errors.ts';

export interface MedianFilterOptions {
  /** Height and width of the window, an odd integer. Default 3. */
  size?: number;
}

const medianOptions: OptionNames<MedianFilterOptions> = { size: true };

/**
 * Replaces every pixel by the median of the size × size pixels around it, which removes specks and keeps edges. Works
 * on the last two axes; beyond the border the image is mirrored (d c b a | a b c d | d c b a).
 *
 * Source: `scipy.ndimage.median_filter(x, size=(1, …, size, size))`, mode `reflect`.
 *
 * ```ts
 * import { medianFilter2d } from '@hebb/data';
 *
 * const speck = { data: Float32Array.of(0, 0, 0, 0, 9, 0, 0, 0, 0), shape: [1, 3, 3] };
 * medianFilter2d(speck, { size: 3 }).data; // nine zeros
 * ```
 *
 * @throws DataError for another size or fewer than two axes.
 */
export function medianFilter2d<T extends TypedArray>(
  images: NumericArray<T>,
  options: MedianFilterOptions = {},
): NumericArray<T> {
  checkOptions('medianFilter2d', options, medianOptions);
  const { size = 3 } = options;
  requireArray('medianFilter2d', images);
  if (!Number.isInteger(size) || size < 1 || size % 2 === 0) {
    throw new DataError(`[medianFilter2d] size must be a positive odd integer, got ${show(size)}.`);
  }
  const { data, shape } = images;
  if (shape.length < 2) throw new DataError(`[medianFilter2d] expected at least two axes, got ${format(images)}.`);
  const [height = 0, width = 0] = shape.slice(-2);
  const filtered = emptyLike(data, data.length);
  const radius = (size - 1) / 2;
  const window = new Float64Array(size * size);
  const columns = Array.from({ length: width + 2 * radius }, (_, i) => mirror(i - radius, width));
  const rows = Array.from({ length: height + 2 * radius }, (_, i) => mirror(i - radius, height));
  for (let start = 0; start < data.length; start += height * width) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let count = 0;
        for (let dy = 0; dy < size; dy++) {
          const row = start + (rows[y + dy] ?? 0) * width;
          for (let dx = 0; dx < size; dx++) window[count++] = data[row + (columns[x + dx] ?? 0)] ?? 0;
        }
        window.sort();
        filtered[start + y * width + x] = window[(count - 1) / 2] ?? 0;
      }
    }
  }
  return { data: filtered, shape: [...shape] };
}

function mirror(index: number, length: number): number {
  const period = 2 * length;
  const wrapped = ((index % period) + period) % period;
  return wrapped < length ? wrapped : period - 1 - wrapped;
}
