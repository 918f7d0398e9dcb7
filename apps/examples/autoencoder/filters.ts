/** What takes noise out of images without having learnt anything. */
import { conv2d, medianFilter2d, pad, tensor, type ShapedValues, type Tensor } from 'hebb';
import type { Images } from './pictures.ts';

/** Every pixel becomes a mean of its surroundings, whose weights fall off as a normal distribution of standard deviation sigma, in pixels. */
export function gaussianFilter(images: Tensor, sigma: number): Tensor {
  const radius = Math.ceil(3 * sigma);
  const bell = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-(((i - radius) / sigma) ** 2) / 2));
  const total = bell.reduce((sum, weight) => sum + weight, 0);
  const weights = Float32Array.from(bell, (weight) => weight / total);
  // Along rows and then along columns: the product of both is the bell over the plane.
  const framed = pad(images, [[0, 0], [0, 0], [radius, radius], [radius, radius]], { mode: 'replicate' }); // prettier-ignore
  const row = tensor(weights, { shape: [1, 1, 1, weights.length] });
  return conv2d(conv2d(framed, row), row.transpose(2, 3));
}

/** Every pixel becomes the median of size × size. */
export const medianFilter = ({ data, shape }: ShapedValues, size: number): Float32Array =>
  medianFilter2d({ data: Float32Array.from(data, Number), shape }, { size }).data;

/** Images after a filter. */
export interface Filtered {
  readonly name: string;
  readonly images: Images;
}

/** What filters make of noisy images; several sizes of each, so that the comparison is with the best. */
export async function filtered(noisy: Images): Promise<Filtered[]> {
  const { shape } = noisy;
  const given = tensor(noisy.data, { shape });
  const results = [
    { name: 'cut off', images: given },
    ...[3, 5].map((size) => ({
      name: `median of ${size} × ${size}`,
      images: tensor(medianFilter(noisy, size), { shape }),
    })),
    ...[0.5, 0.75, 1, 1.5].map((width) => ({ name: `Gaussian, σ ${width} px`, images: gaussianFilter(given, width) })),
  ];
  const found: Filtered[] = [];
  for (const { name, images } of results)
    found.push({ name, images: { data: await images.clamp(0, 1).data(), shape } });
  return found;
}
