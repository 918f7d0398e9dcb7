import { Tensor } from '@hebb/tensor';

type Results = Tensor | Readonly<Record<string, Tensor>>;

/**
 * Calls a layer of images, sequences or volumes with a batch of one where its inputs are a single example, [channels, ...spatial], and returns what it makes of that one, as PyTorch's
 * layers do. `axes` counts the spatial axes.
 */
export function withBatch<R extends Results>(
  axes: number,
  inputs: readonly Tensor[],
  forward: (...inputs: Tensor[]) => R,
): R {
  const [first] = inputs;
  // What is no tensor is refused by the function that gets it.
  if (!(first instanceof Tensor) || first.ndim !== axes + 1) return forward(...inputs);
  const result = forward(...inputs.map((x) => (x instanceof Tensor ? x.unsqueeze(0) : x)));
  const single = (value: Tensor): Tensor => value.squeeze(0);
  const one: Results =
    result instanceof Tensor
      ? single(result)
      : Object.fromEntries(Object.entries(result).map(([name, value]) => [name, single(value)]));
  return one as R;
}
