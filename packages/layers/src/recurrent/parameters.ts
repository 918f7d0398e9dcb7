/** Names, shapes and initial values of recurrent weights, PyTorch's. */
import { uniform, type Tensor } from '@hebb/tensor';
import { parameter } from '../module/parameter.ts';

export interface WeightSizes {
  readonly gates: number;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly bias: boolean;
  /** Of an LSTM with projections. */
  readonly projectionSize?: number | undefined;
}

export type WeightName = `${'weight' | 'bias'}_${string}`;

/** Parameters by name, in the order of a state dict: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`, `weight_hr`, each with the suffix; uniform in ±1 / √hiddenSize. */
export function recurrentWeights(sizes: WeightSizes, suffix = ''): Record<WeightName, Tensor> {
  const { gates, inputSize, hiddenSize, bias, projectionSize = 0 } = sizes;
  const bound = 1 / Math.sqrt(hiddenSize);
  const rows = gates * hiddenSize;
  const shapes: Record<string, readonly number[]> = {
    weight_ih: [rows, inputSize],
    weight_hh: [rows, projectionSize || hiddenSize],
    ...(bias && { bias_ih: [rows], bias_hh: [rows] }),
    ...(projectionSize > 0 && { weight_hr: [projectionSize, hiddenSize] }),
  };
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [`${name}${suffix}`, parameter(uniform(shape, -bound, bound))]),
  );
}
