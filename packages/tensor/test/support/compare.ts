/** Values of a device beside those of the float64 interpreter. */
import { halfValue } from '../../src/graph/half.ts';
import { linearize, toProgram } from '../../src/graph/program.ts';
import { interpret } from '../../src/reference/interpret.ts';
import type { Storage } from '../../src/runtime/storage.ts';
import { nodeOf } from '../../src/handle.ts';
import type { Tensor } from '../../src/tensor.ts';

/** What the interpreter computes for recorded tensors whose leaves hold host data. Call before they are computed on a device. */
export function interpretTensors(tensors: readonly Tensor[]): Float64Array[] {
  const linearization = linearize(tensors.map(nodeOf));
  const leaves = linearization.leaves.map((leaf) => {
    const host = (leaf.storage as Storage | undefined)?.host;
    if (host === undefined) throw new Error('a leaf has no data on the host');
    return Float64Array.from(host instanceof Uint16Array ? Float32Array.from(host, halfValue) : host);
  });
  return interpret(
    toProgram(linearization),
    leaves,
    linearization.scalars.map((node) => node.attributes.value),
  );
}

/** The elements that differ by more than `tolerance` times max(1, |expected|), in words; at most five. NaN equals NaN. */
export function differences(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): string[] {
  if (actual.length !== expected.length) return [`${actual.length} elements instead of ${expected.length}`];
  const wrong: string[] = [];
  for (let i = 0; i < expected.length && wrong.length < 5; i++) {
    const want = expected[i] ?? NaN;
    const got = actual[i] ?? NaN;
    // Beyond float32's range is infinite there.
    if (got === want || got === Math.fround(want) || (Number.isNaN(got) && Number.isNaN(want))) continue;
    if (!(Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want))))
      wrong.push(`element ${i} is ${got} instead of ${want}`);
  }
  return wrong;
}
