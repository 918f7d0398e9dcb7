/** Digits and their distortions. */
import { ArrayDataset, Random, setDevice, zeros, type ImageFields } from 'hebb';
import { expect, it } from 'vitest';
import { build } from '../cnn/example.ts';
import { distort } from '../cnn/distort.ts';

/** Draws the same number always: 0.5 changes nothing, 1 as much as there is. */
class Steady extends Random {
  readonly #value: number;

  constructor(value: number) {
    super(0);
    this.#value = value;
  }

  override float(): number {
    return this.#value;
  }
}

const side = 28;
const batchOf = (images: readonly Float32Array[]) => ({
  x: { data: Float32Array.from(images.flatMap((image) => [...image])), shape: [images.length, 1, side, side] },
  y: { data: Int32Array.from(images, (_, i) => i), shape: [images.length] },
});
/** A square of 4 × 4 pixels with its left upper corner there. */
const square = (row: number, column: number): Float32Array =>
  Float32Array.from({ length: side * side }, (_, p) => {
    const [y, x] = [Math.floor(p / side) - row, (p % side) - column];
    return y >= 0 && y < 4 && x >= 0 && x < 4 ? 1 : 0;
  });
const middle = (image: Float32Array): [x: number, y: number] => {
  const total = image.reduce((sum, value) => sum + value, 0);
  const along = (place: (p: number) => number): number =>
    image.reduce((sum, value, p) => sum + value * place(p), 0) / total;
  return [along((p) => p % side), along((p) => Math.floor(p / side))];
};
const context = (random: Random) => ({ random, epoch: 0, batch: 0 });

it('leaves images as they are where nothing is drawn', () => {
  const images = [square(3, 5), square(12, 12)];
  const { x } = distort(batchOf(images), context(new Steady(0.5)));
  images.forEach((image, i) => image.forEach((value, p) => expect(x.data[i * side * side + p]).toBeCloseTo(value, 5)));
});

it('moves, turns and shears as far as it says: the middle goes where the formula puts it', () => {
  // A square 6 pixels right of the middle and 3 above it.
  const before = square(9, 18);
  const { x } = distort(batchOf([before]), context(new Steady(1)));
  const [u, v] = middle(before).map((value) => value - 13.5) as [number, number];
  // New pixel (a, b) is the old one at R(0.2)/1.1 · (a' + 0.15 b', b'), with (a', b') = (a, b) − 2: solved for (a', b').
  const [cosine, sine] = [1.1 * Math.cos(0.2), 1.1 * Math.sin(0.2)];
  const [slanted, b] = [cosine * u - sine * v, sine * u + cosine * v];
  const [newX, newY] = middle(x.data);
  expect(newX - 13.5).toBeCloseTo(slanted - 0.15 * b + 2, 1);
  expect(newY - 13.5).toBeCloseTo(b + 2, 1);
});

it('keeps pixels between 0 and 1, and labels; another seed distorts otherwise, the same alike', () => {
  const make = (seed: number) => distort(batchOf([square(0, 0), square(24, 24)]), context(new Random(seed)));
  const [first, again, other] = [make(1), make(1), make(2)];
  expect(first.x.data.every((value) => value >= 0 && value <= 1)).toBe(true);
  expect(first.y.data).toEqual(Int32Array.of(0, 1));
  expect(first.x.data).toEqual(again.x.data);
  expect(first.x.data).not.toEqual(other.x.data);
});

it.each(['vgg', 'resnet', 'lenet'] as const)('%s takes images of 28 × 28', (network) => {
  setDevice('wasm');
  const train = new ArrayDataset<ImageFields>({
    x: { data: new Float32Array(side * side), shape: [1, side, side] },
    y: { data: Int32Array.of(0), shape: [] },
  });
  const { model, loader } = build({ network, train, seed: 0 });
  expect(model.forward(zeros([2, 1, side, side])).shape).toEqual([2, 10]);
  expect([...loader].map(({ x }) => x.shape)).toEqual([[1, 1, side, side]]);
});
