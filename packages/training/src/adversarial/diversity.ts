/** What can be told of samples by themselves and a batch of the data: whether they vary, whether they are many, and how steep what judges them is. */
import type { Tensor } from '@hebb/tensor';

/** Samples whose pairs are looked at: the work grows with the square. */
const most = 64;

/** How much nearer than examples are to each other, by the mean of squares, two samples are that count as one. */
const nearness = 10;

/** √(Σ var fake / Σ var real), of each element over the batch. */
export function variationOf(real: Tensor, fake: Tensor): Tensor {
  const total = (x: Tensor): Tensor => centred(x).square().sum();
  return total(fake)
    .div(total(real.to(fake.dtype)).maximum(1e-30))
    .sqrt();
}

/** How many different samples there are to how many different examples, by Vendi scores of order 2: mean k over pairs of the data / mean k over pairs of samples. */
export function diversityOf(real: Tensor, fake: Tensor): Tensor {
  const [ofData, ofSamples] = [squaredDistances(real), squaredDistances(fake)];
  const scale = ofData.mean().maximum(1e-30).div(nearness);
  const overlap = (distances: Tensor): Tensor => distances.div(scale).neg().exp().mean();
  return overlap(ofData).div(overlap(ofSamples));
}

/** |E D(x) − E D(G(z))| / E ‖x − G(z)‖: no more than the steepest slope between an example and the sample beside it. */
export function slopeBetween(distance: Tensor, real: Tensor, fake: Tensor): Tensor {
  const apart = real.to(fake.dtype).sub(fake).detach().flatten(1).square().sum(1).sqrt().mean();
  return distance.detach().abs().div(apart.maximum(1e-30));
}

function centred(x: Tensor): Tensor {
  return x.sub(x.mean(0, { keepDims: true }));
}

/** [n, n], between the first rows of x. */
function squaredDistances(x: Tensor): Tensor {
  const [count = 0] = x.shape;
  // Distances are differences of products, which are small where the middle is 0.
  const rows = centred(x.to('float32').narrow(0, 0, Math.min(count, most)).flatten(1));
  const lengths = rows.square().sum(1, { keepDims: true });
  const products = rows.matmul(rows.transpose(0, 1));
  return lengths.add(lengths.transpose(0, 1)).sub(products.mul(2)).maximum(0);
}
