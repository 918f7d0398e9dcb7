/** Derivatives of a layer with respect to its inputs and parameters, beside central differences in float64. */
import { valueAndGrad } from '../../../../packages/autograd/src/index.ts';
import { input } from '../../../../packages/autograd/test/support/finite-differences.ts';
import { float64Function, startRecording } from '../../../../packages/autograd/test/support/float64.ts';
import { nodeOf, tensorOf } from '../../../../packages/tensor/src/graph.ts';
import { setDevice, tensor, variable, type Tensor } from '../../../../packages/tensor/src/index.ts';
import { failure, none, sayError, within, type Cell } from '../../../operations/src/cell.ts';
import { modelOf, tensorsIn } from '../prepare.ts';
import { inputsOf, type Sample } from '../sample.ts';

const limit = 1e-6;

/** Directions in which each input and parameter is moved. */
const directions = 2;

interface Difference {
  readonly name: string;
  readonly error: number;
}

/** For each floating input and each parameter the largest relative error of ⟨gradient, v⟩ of Σ w · output, for w and v without pattern. */
async function differences(sample: Sample, training: boolean, epsilon: number): Promise<Difference[]> {
  startRecording();
  const model = modelOf(sample).train(training);
  const given = inputsOf(sample);
  const moving = new Map<string, Tensor>();
  const inputs = given.map((value, i) => {
    if (value.dtype !== 'float32') return value;
    const leaf = variable(value, { requiresGrad: true });
    moving.set(`input ${i}`, leaf);
    return leaf;
  });
  for (const [name, value] of model.layer.namedParameters()) moving.set(name, value);
  if (moving.size === 0) return [];
  const leaves = [...moving.values(), ...model.namedBuffers().values()];
  const values: Float64Array[] = [];
  for (const leaf of leaves) values.push(Float64Array.from(await leaf.data(), Number));
  // What they are now: a layer may assign to its buffers.
  const nodes = leaves.map((leaf) => tensorOf(nodeOf(leaf)));

  const { value, grads } = valueAndGrad(() => {
    const parts = tensorsIn(model.forward(...inputs)).flatMap(([, output], i) => {
      if (output.dtype !== 'float32') return [];
      const weights = input(output.shape, { seed: 17 + i });
      return [output.mul(tensor(Float32Array.from(weights.values), { shape: output.shape })).sum()];
    });
    return parts.reduce((a, b) => a.add(b));
  }, moving);
  const names = [...moving.keys()];
  const gradients = float64Function([...grads.values()], nodes)(values);
  const lossAt = float64Function([value], nodes);
  return names.map((name, which) => {
    const at = values[which] as Float64Array;
    let error = 0;
    for (let k = 0; k < directions; k++) {
      const direction = input([at.length], { seed: 23 + 7 * k + which }).values;
      const moved = (delta: number): number =>
        lossAt(
          values.map((other, i) => (i === which ? other.map((v, j) => v + delta * (direction[j] ?? 0)) : other)),
        )[0]?.[0] ?? NaN;
      const expected = (moved(epsilon) - moved(-epsilon)) / (2 * epsilon);
      const actual = (gradients[which] ?? at).reduce((sum, v, j) => sum + v * (direction[j] ?? 0), 0);
      const difference = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
      error = difference <= error ? error : difference;
    }
    return { name, error };
  });
}

/** `epsilon` is how far all are moved. Small steps cross fewer kinks, which whole networks have by thousands, and lose digits. */
export async function derivativesCell(samples: readonly Sample[], epsilon = 1e-5): Promise<Cell> {
  setDevice('reference');
  let measured = 0;
  try {
    for (const sample of samples) {
      if (sample.byRule !== undefined) continue;
      for (const training of sample.movesItself === undefined ? [false, true] : [false]) {
        const errors = await differences(sample, training, epsilon);
        measured += errors.length;
        const wrong = errors.find(({ error }) => !(error < limit));
        if (wrong !== undefined)
          return failure(`${wrong.name} ${training ? 'while training' : ''} by ${wrong.error.toExponential(1)}`);
      }
    }
    return measured === 0 ? none : within(0, limit);
  } catch (error) {
    return failure(sayError(error));
  }
}
