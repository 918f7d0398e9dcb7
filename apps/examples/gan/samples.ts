/** Images out of random numbers: many at once, and the same few again and again while the generator learns. */
import {
  ArrayDataset,
  Generator,
  predict,
  randn,
  type Callback,
  type DCGANGenerator,
  type Every,
  type Field,
  type Run,
  type ShapedValues,
  type Stateful,
  type Tensor,
} from 'hebb';
import type { Images } from './judge.ts';

/** Numbers that images are made from, and the classes that conditional ones are to have, in turns. */
export type Latents = ArrayDataset<{ x: Field<Float32Array>; y: Field<Int32Array> }>;

export async function drawLatents(count: number, latent: number, seed: number): Promise<Latents> {
  const x = await randn([count, latent], { generator: new Generator(seed) }).data();
  return new ArrayDataset({
    x: { data: x as Float32Array, shape: [latent] },
    y: { data: Int32Array.from({ length: count }, (_, i) => i % 10), shape: [] },
  });
}

/** What the generator makes of a batch of them. */
export function make(generator: DCGANGenerator, { x, y }: Readonly<Record<string, Tensor>>): Tensor {
  return generator.embedding === undefined ? generator.forward(x as Tensor) : generator.forward(x as Tensor, y);
}

/** Images with pixels in 0 … 1. */
export async function sample(generator: DCGANGenerator, latents: Latents): Promise<Images> {
  const { data, shape } = await predict(generator, latents, {
    batchSize: 500,
    output: (batch) => make(generator, batch).add(1).div(2),
  });
  return new ArrayDataset({
    x: { data: data as Float32Array, shape: shape.slice(1) },
    y: { data: latents.field('y').data, shape: [] },
  });
}

type Grids = {
  readonly steps: readonly number[];
  readonly pixels: readonly Float32Array[];
};

/** Rows and columns of a picture. */
const side = 3;

/** Keeps a picture of nine samples, of the same numbers each time, for the report: how they come to be. A checkpoint holds them. */
export class SampleGrids implements Callback, Stateful<Grids> {
  static readonly type: string = 'SampleGrids';
  readonly every: Every;
  readonly #generator: DCGANGenerator;
  readonly #latents: Latents;
  #steps: number[] = [];
  #pixels: Float32Array[] = [];

  constructor(generator: DCGANGenerator, latents: Latents, every: Every) {
    this.#generator = generator;
    this.#latents = latents;
    this.every = every;
  }

  async onTrainStart(run: Run): Promise<void> {
    [this.#steps, this.#pixels] = [[], []];
    await this.onPause(run);
  }

  async onPause(run: Run): Promise<void> {
    await run.withAverages(async () => {
      this.#pixels.push(mosaic((await sample(this.#generator, this.#latents)).field('x')));
    });
    this.#steps.push(run.step);
  }

  get steps(): readonly number[] {
    return this.#steps;
  }

  /** [grids, 1, height, width] */
  get images(): ShapedValues {
    const size = Math.sqrt(this.#pixels[0]?.length ?? 0);
    const data = new Float32Array(this.#pixels.length * size ** 2);
    this.#pixels.forEach((pixels, i) => data.set(pixels, i * size ** 2));
    return { data, shape: [this.#pixels.length, 1, size, size] };
  }

  stateDict(): Grids {
    return { steps: [...this.#steps], pixels: [...this.#pixels] };
  }

  loadStateDict({ steps, pixels }: Grids): void {
    this.#steps = [...steps];
    this.#pixels = [...pixels];
  }
}

/** The first nine images side by side, with a line between them. */
function mosaic({ data, shape }: Pick<Field<Float32Array>, 'data' | 'shape'>): Float32Array {
  const [, , size = 0] = shape;
  const width = side * size + side - 1;
  const pixels = new Float32Array(width * width).fill(0.5);
  for (let i = 0; i < side ** 2; i++)
    for (let y = 0; y < size; y++) {
      const row = data.subarray((i * size + y) * size, (i * size + y + 1) * size);
      pixels.set(row, (Math.floor(i / side) * (size + 1) + y) * width + (i % side) * (size + 1));
    }
  return pixels;
}
