/** Runs tensors through the compiler and the plan evaluator, beside the reference interpreter on the very same program. */
import { compileProgram } from '../../src/compiler/compile.ts';
import type { Plan } from '../../src/compiler/kernel.ts';
import { linearize, toProgram, type Program } from '../../src/graph/program.ts';
import { interpret } from '../../src/reference/interpret.ts';
import type { Storage } from '../../src/runtime/storage.ts';
import { nodeOf } from '../../src/handle.ts';
import type { Tensor } from '../../src/tensor.ts';
import { evaluatePlan } from './plan-evaluator.ts';

export interface CompiledTensors {
  readonly program: Program;
  readonly plan: Plan;
  readonly expected: readonly ArrayLike<number>[];
  readonly actual: readonly ArrayLike<number>[];
  /** What the plan is bound to. */
  readonly parameters: readonly Float64Array[];
  readonly scalars: readonly number[];
}

/** `updates[i]` = [leaf, value]: the value replaces the leaf's memory. Leaves must hold host data. */
export function compileTensors(
  outputs: readonly Tensor[],
  updates: readonly (readonly [Tensor, Tensor])[] = [],
): CompiledTensors {
  const targets = [...outputs.map(() => undefined), ...updates.map(([leaf]) => nodeOf(leaf))];
  const linearization = linearize([...outputs.map(nodeOf), ...updates.map(([, value]) => nodeOf(value))], targets);
  const program = toProgram(linearization, targets);
  const plan = compileProgram(program);
  const leaves = linearization.leaves.map((leaf) => {
    const host = (leaf.storage as Storage).host;
    if (host === undefined) throw new Error('a leaf without host data');
    return Float64Array.from(host);
  });
  const scalars = linearization.scalars.map((node) => node.attributes.value);
  const expected = interpret(program, leaves, scalars);
  const parameters = [...leaves, ...outputs.map((t) => new Float64Array(t.size))];
  const results = evaluatePlan(plan, parameters, scalars);
  let own = leaves.length;
  const actual = program.outputs.map(({ parameter }) => results[parameter < 0 ? own++ : parameter] ?? []);
  return { program, plan, expected, actual, parameters, scalars };
}
