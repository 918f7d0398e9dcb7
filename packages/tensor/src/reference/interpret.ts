/** Computes a program node by node in float64. */
import type { PlanPrimitive } from '../graph/primitives.ts';
import { neededNodes, type Program } from '../graph/program.ts';
import { contractionRules } from './contraction.ts';
import { elementwiseRules } from './elementwise.ts';
import { indexingRules } from './indexing.ts';
import { movementRules, sourceRules } from './movement.ts';
import type { Rule, Value } from './value.ts';

const rules: { readonly [P in PlanPrimitive]: Rule<P> } = {
  ...sourceRules,
  ...elementwiseRules,
  ...movementRules,
  ...contractionRules,
  ...indexingRules,
};

/** The values of a program's outputs for the given parameters and scalars. They may share memory with the parameters and each other. */
export function interpret(
  program: Program,
  parameters: readonly Float64Array[],
  scalars: readonly number[],
): Float64Array[] {
  const bound = new Map<number, Float64Array>();
  program.parameters.forEach((node, i) => bound.set(node, parameters[i] ?? new Float64Array()));
  program.scalars.forEach((node, i) => bound.set(node, Float64Array.of(scalars[i] ?? 0)));
  const values: Value[] = [];
  const needed = neededNodes(program);
  program.nodes.forEach(({ op, attributes, type, inputs }, position) => {
    if (needed[position] !== true) return;
    const operands = inputs.map((input) => values[input] as Value);
    const data = bound.get(position) ?? (rules[op] as Rule<typeof op>)(operands, attributes, type);
    values[position] = { type, data };
  });
  return program.outputs.map(({ node }) => (values[node] as Value).data);
}
