/** Graphs with what the compiler only does where it pays: random ones are too small for it. */
import { concat, conv2d, matmul, maxPool2d, scaledDotProductAttention, type Tensor } from '../../../packages/tensor/src/index.ts'; // prettier-ignore
import { recordStep, type RecordedGraph } from './check.ts';
import type { Leaf } from './graphs.ts';
import { makeRandom } from './random.ts';

interface Larger {
  readonly shapes: readonly (readonly number[])[];
  readonly compute: (...leaves: readonly Tensor[]) => readonly Tensor[];
}

const graphs: Readonly<Record<string, Larger>> = {
  attention: {
    shapes: [[4, 12, 96]],
    compute: (x) => {
      const [q, k, v] = [0, 1, 2].map((part) =>
        x
          .slice([0, 0, 32 * part], [4, 12, 32 * part + 32])
          .reshape([4, 12, 4, 8])
          .permute([0, 2, 1, 3]),
      ) as [Tensor, Tensor, Tensor];
      return [scaledDotProductAttention(q, k, v, { causal: true }).permute([0, 2, 1, 3]).reshape([4, 12, 32])];
    },
  },
  'parts side by side': {
    shapes: [
      [40, 100],
      [60, 100],
    ],
    compute: (x, y) => [concat([x.exp(), y], 0).sin()],
  },
  convolutions: {
    shapes: [
      [3, 1, 28, 28],
      [8, 1, 3, 3],
      [8, 8, 3, 3],
    ],
    compute: (x, first, second) => {
      const hidden = conv2d(x, first, { padding: 1 }).relu();
      return [conv2d(maxPool2d(hidden, 2), second, { stride: 2 })];
    },
  },
  products: {
    shapes: [
      [160, 300],
      [300, 96],
      [96, 2],
    ],
    compute: (x, y, z) => [matmul(matmul(x, y).tanh(), z)],
  },
};

export const namesOfLarger = Object.keys(graphs);

/** Such a graph with its gradient, whose leaves are updated in place. */
export function largerGraph(name: string): RecordedGraph {
  const { shapes, compute } = graphs[name] as Larger;
  const random = makeRandom(1);
  const stored = shapes.map((shape): Leaf => {
    const size = shape.reduce((a, b) => a * b, 1);
    return { shape, data: Float32Array.from({ length: size }, () => random(2001) / 1000 - 1) };
  });
  return recordStep(
    (leaves) => {
      const outputs = [...compute(...leaves)];
      return { outputs, loss: outputs.map((t) => t.mul(t).mean()).reduce((a, b) => a.add(b)) };
    },
    stored,
    true,
  );
}
