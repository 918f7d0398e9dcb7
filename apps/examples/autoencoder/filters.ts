/** What takes noise out of images without having learnt anything. */
import { conv2d, medianFilter2d, pad, tensor, type ShapedValues, type Tensor } from 'hebb';

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
