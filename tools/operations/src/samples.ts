/** The numbers of samples, and results as lists. */
import { concat, tensor, Tensor } from '../../../packages/tensor/src/index.ts';
import { input, type Input } from '../../../packages/autograd/test/support/finite-differences.ts';
import type { Operation, Results, Sample } from './operation.ts';

export const inputsOf = ({ inputs }: Sample): Input[] =>
  inputs.map(({ shape, ...limits }, i) => input(shape, { ...limits, seed: i + 1 }));

export const leaf = ({ shape, values }: Input): Tensor => tensor(Float32Array.from(values), { shape });

export function listOf(results: Results): readonly Tensor[] {
  if (results instanceof Tensor) return [results];
  return Array.isArray(results) ? (results as readonly Tensor[]) : Object.values(results as Record<string, Tensor>);
}

export interface OneResult {
  readonly f: (...inputs: Tensor[]) => Tensor;
  readonly inputs: readonly Input[];
}

const joined = (parts: readonly Tensor[]): Tensor =>
  parts.length === 1 ? (parts[0] as Tensor) : concat(parts.map((part) => part.reshape([part.size])));

/** Samples that record something of their inputs. What waits for values on the host is no part of a graph. */
function recorded({ samples, draws }: Operation): { sample: Sample; results: readonly Tensor[] }[] {
  if (draws === true) return [];
  return samples.flatMap((sample) => {
    if (sample.inputs.length === 0) return [];
    const results = sample.f(...inputsOf(sample).map(leaf));
    if (!(results instanceof Promise)) return [{ sample, results: listOf(results) }];
    void results.catch(() => undefined);
    return [];
  });
}

/** The samples with what they give of float32 as one tensor, since that is what has derivatives. */
export function differentiable(operation: Operation): OneResult[] {
  if (operation.selects === true) return [];
  return recorded(operation).flatMap(({ sample, results }) => {
    const floats = results.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : []));
    if (floats.length === 0) return [];
    const f = (...given: Tensor[]): Tensor => {
      const all = listOf(sample.f(...given) as Results);
      return joined(floats.map((i) => all[i] as Tensor));
    };
    return [{ f, inputs: inputsOf(sample) }];
  });
}

/** The samples without derivatives. */
export function discrete(operation: Operation): OneResult[] {
  return recorded(operation).flatMap(({ sample, results }) => {
    if (operation.selects !== true && results.some(({ dtype }) => dtype === 'float32')) return [];
    const f = (...given: Tensor[]): Tensor =>
      joined(listOf(sample.f(...given) as Results).map((result) => result.to('float32')));
    return [{ f, inputs: inputsOf(sample) }];
  });
}
