/** Files of operations, run by onnxruntime. */
import { exportOnnx, OnnxExportError, runOnnx } from '../../../../packages/onnx/src/index.ts';
import { setDevice, tensor, type Tensor } from '../../../../packages/tensor/src/index.ts';
import { failure, none, sayError, yes, type Cell } from '../cell.ts';
import type { Operation, Results, Sample } from '../operation.ts';
import { inputsOf, leaf, listOf } from '../samples.ts';

/** Absolute and relative. onnxruntime's own functions are as inexact as this. */
const tolerance = 1e-4;

/** A file has inputs: what takes none is multiplied by one. */
function withInputs(sample: Sample): { f: (...inputs: Tensor[]) => Tensor[]; values: Tensor[] } {
  if (sample.inputs.length > 0)
    return { f: (...given) => [...listOf(sample.f(...given) as Results)], values: inputsOf(sample).map(leaf) };
  const f = (one?: Tensor): Tensor[] =>
    listOf(sample.f() as Results).map((result) => result.to('float32').mul(one ?? 1));
  return { f, values: [tensor([1])] };
}

async function requireSame(sample: Sample): Promise<void> {
  const { f, values } = withInputs(sample);
  const named = (list: readonly Tensor[]): [string, Tensor][] => list.map((value, i) => [`x${i}`, value]);
  const inputs = Object.fromEntries(named(values).map(([name, { shape }]) => [name, [...shape]]));
  const bytes = await exportOnnx((...args: Tensor[]) => f(...args), { inputs });
  const actual = Object.values(await runOnnx(bytes, Object.fromEntries(named(values))));
  for (const [i, expected] of f(...values).entries()) {
    const result = actual[i] as Tensor;
    if (String(result) !== String(expected)) throw new Error(`the file gives ${result}, not ${expected}`);
    const [got, want] = [Array.from(await result.data(), Number), Array.from(await expected.data(), Number)];
    const wrong = want.findIndex((value, j) => {
      const other = got[j] ?? NaN;
      return !Object.is(value, other) && !(Math.abs(other - value) <= tolerance * (1 + Math.abs(value)));
    });
    if (wrong >= 0) throw new Error(`the file gives ${got[wrong]}, not ${want[wrong]}`);
  }
}

export async function onnxCell({ samples, draws }: Operation): Promise<Cell> {
  if (draws === true) return none;
  setDevice('reference');
  let files = 0;
  try {
    for (const sample of samples) {
      const results = sample.f(...inputsOf(sample).map(leaf));
      // What waits for values on the host is no part of a graph.
      if (results instanceof Promise) {
        await results;
        continue;
      }
      await requireSame(sample);
      files++;
    }
    return files > 0 ? yes : none;
  } catch (error) {
    // What ONNX has not is said by name.
    return error instanceof OnnxExportError ? { text: 'no', note: sayError(error) } : failure(sayError(error));
  }
}
