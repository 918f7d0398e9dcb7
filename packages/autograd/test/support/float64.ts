/** Recorded tensors computed in float64, with the values of leaves given from outside: what finite differences need. */
import { ones, realize, type Tensor } from '@hebb/tensor';
import { linearize, nodeOf, toProgram, type PlanPrimitive } from '@hebb/tensor/graph';
import { interpret } from '../../../tensor/src/reference/interpret.ts';

export interface Float64Function {
  /** The outputs for these values of the leaves. */
  (values: readonly Float64Array[]): Float64Array[];
  readonly primitives: ReadonlySet<PlanPrimitive>;
}

/** Begins to count anew: after 50,000 nodes what is recorded is computed by the device, of which nothing is known here. */
export function startRecording(): void {
  void realize(ones([]).add(1));
}

/** `outputs` as a function of `leaves`, tensors made by `tensor()`; other leaves keep the values that they were made with. */
export function float64Function(outputs: readonly Tensor[], leaves: readonly Tensor[]): Float64Function {
  const linearization = linearize(outputs.map(nodeOf));
  const program = toProgram(linearization);
  const bind = linearization.leaves.map((leaf): ((values: readonly Float64Array[]) => Float64Array) => {
    const position = leaves.findIndex((tensor) => nodeOf(tensor) === leaf);
    if (position >= 0) return (values) => values[position] ?? new Float64Array();
    const { host } = (leaf.storage ?? {}) as { host?: Float32Array | Int32Array };
    if (host === undefined) throw new Error('a part of the function has been computed, and is not known in float64');
    const own = Float64Array.from(host);
    return () => own;
  });
  const scalars = linearization.scalars.map((node) => node.attributes.value);
  const run = (values: readonly Float64Array[]): Float64Array[] =>
    interpret(
      program,
      bind.map((valueOf) => valueOf(values)),
      scalars,
    ).map((data) => data.slice());
  return Object.assign(run, { primitives: new Set(program.nodes.map((node) => node.op)) });
}
