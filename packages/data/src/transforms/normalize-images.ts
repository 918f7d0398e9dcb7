/** Images scaled by numbers that are known. */
import { requireArray as requireList, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { format, requireArray, sizeOf, type NumericArray } from '../arrays.ts';
import { DataError } from '../errors.ts';
import { mapped, type Floats } from './floats.ts';

export interface NormalizeImagesOptions {
  /** One number, or one per channel. */
  mean: number | readonly number[];
  /** One number, or one per channel. */
  std: number | readonly number[];
}

const normalizeImagesOptions: OptionNames<NormalizeImagesOptions> = { mean: true, std: true };

/**
 * (x − mean) / std for images of shape [examples, channels, height, width], with numbers that you know, e.g. 0.1307
 * and 0.3081 for MNIST. Float32Array gives Float32Array, any other array Float64Array.
 *
 * Source: `torchvision.transforms.Normalize`.
 *
 * ```ts
 * import { normalizeImages } from '@hebb/data';
 *
 * const image = { data: Float32Array.of(0, 0.5, 1, 0), shape: [1, 2, 1, 2] };
 * normalizeImages(image, { mean: [0.5, 1], std: 0.5 }).data; // Float32Array [-1, 0, 0, -2]
 * ```
 *
 * @throws DataError if the numbers do not fit the channels or a std is not positive.
 */
export function normalizeImages<T extends NumericArray>(images: T, options: NormalizeImagesOptions): Floats<T> {
  requireArray('normalizeImages', images);
  requireOptions('normalizeImages', options, normalizeImagesOptions);
  const { mean, std } = options;
  const [, channels = 1] = images.shape;
  const area = sizeOf(images.shape.slice(2));
  const perChannel = (name: string, given: number | readonly number[]): readonly number[] => {
    const values = typeof given === 'number' ? new Array<number>(channels).fill(given) : given;
    requireList('normalizeImages', name, values);
    if (
      values.length !== channels ||
      !values.every((value) => Number.isFinite(value) && (name === 'mean' || value > 0))
    ) {
      const positive = name === 'mean' ? 'number' : 'positive number';
      throw new DataError(
        `[normalizeImages] ${name} must be one ${positive} or one for each of the ${channels} channels of ${format(images)}, got [${values.join(', ')}].`,
      );
    }
    return values;
  };
  const means = perChannel('mean', mean);
  const stds = perChannel('std', std);
  return mapped(images, (value, i) => {
    const channel = Math.floor(i / area) % channels;
    return (value - (means[channel] ?? 0)) / (stds[channel] ?? 1);
  });
}
