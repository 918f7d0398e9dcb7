/** The problem of `tools/golden/optimizer_problems.py`. */
import type { Tensor } from '@hebb/tensor';

export type Parameters = Readonly<Record<string, Tensor>>;

/** The loss of a network with four hidden units. */
export function lossOf(parameters: Parameters, inputs: Tensor, targets: Tensor): Tensor {
  const of = (name: string): Tensor => parameters[name] as Tensor;
  const hidden = inputs.matmul(of('hidden.weight').transpose(0, 1)).add(of('hidden.bias')).tanh();
  const outputs = hidden.matmul(of('output.weight').transpose(0, 1)).add(of('output.bias'));
  return outputs.sub(targets).square().mean();
}
