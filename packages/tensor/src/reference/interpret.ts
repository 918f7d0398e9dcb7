/** Computes a program node by node in float64. */
import type { PlanPrimitive } from '../graph/attributes.ts';
import { neededNodes, type PlanAttributes, type Program, type ProgramNode } from '../graph/program.ts';
import type { TensorType } from '../graph/types.ts';
import { contractionRules } from './contraction.ts';
import { elementwiseRules } from './elementwise.ts';
import { indexingRules } from './indexing.ts';
import { orderRules } from './order.ts';
import { movementRules, sourceRules } from './movement.ts';
import { inputAt, type Rule, type Value } from './value.ts';
import { roundToHalf } from '../graph/half.ts';

const rules: { readonly [P in PlanPrimitive]: Rule<P> } = {
  ...sourceRules,
  ...elementwiseRules,
  ...movementRules,
  ...contractionRules,
  ...indexingRules,
  ...orderRules,
  scan: (inputs, attributes, type) => scan(inputs, attributes, type, undefined),
  result,
};

/** What stands for a value that was computed: it must not change `data`, which other values may share. */
export type Rounding = (
  data: Float64Array,
  type: TensorType,
  op: PlanPrimitive,
  inputs: readonly Value[],
) => Float64Array;

/** All results, one behind the other. */
function scan(
  inputs: readonly Value[],
  { body, carries, xs, length, reverse }: PlanAttributes['scan'],
  { parts = [] }: TensorType,
  rounding: Rounding | undefined,
): Float64Array {
  const results = parts.map(({ size }) => new Float64Array(size));
  const state = inputs.map(({ data }) => data);
  for (let step = 0; step < length; step++) {
    const position = reverse ? length - 1 - step : step;
    const bound = inputs.map(({ data }, i) => {
      if (i < carries || i >= carries + xs) return state[i] ?? data;
      const size = data.length / length;
      return data.subarray(position * size, (position + 1) * size);
    });
    const given = interpret(body, bound, [], rounding).map((data) => data.slice());
    for (let i = 0; i < carries; i++) {
      results[carries + i]?.set(bound[i] ?? [], position * (bound[i]?.length ?? 0));
      state[i] = given[i] ?? new Float64Array();
    }
    for (let i = carries; i < given.length; i++)
      results[carries + i]?.set(given[i] ?? [], position * (given[i]?.length ?? 0));
  }
  for (let i = 0; i < carries; i++) results[i]?.set(state[i] ?? []);
  const all = new Float64Array(results.reduce((total, { length: size }) => total + size, 0));
  let at = 0;
  for (const data of results) {
    all.set(data, at);
    at += data.length;
  }
  return all;
}

function result(inputs: readonly Value[], { index }: PlanAttributes['result'], { size }: TensorType): Float64Array {
  const { type, data } = inputAt(inputs, 0);
  const start = (type.parts ?? []).slice(0, index).reduce((total, part) => total + part.size, 0);
  return data.subarray(start, start + size);
}

/** The results of an operation as their dtype holds them. */
function held(data: Float64Array, { dtype }: TensorType): Float64Array {
  if (dtype === 'float16') return data.map(roundToHalf);
  return dtype === 'uint8' ? data.map((x) => x & 255) : data;
}

/**
 * The values of a program's outputs for the given parameters and scalars. They may share memory with the parameters and each other. `rounding` sees
 * every value of one type that is computed, before it is held in half precision: what a device with fewer digits would have there.
 */
export function interpret(
  program: Program,
  parameters: readonly Float64Array[],
  scalars: readonly number[],
  rounding?: Rounding,
): Float64Array[] {
  const bound = new Map<number, Float64Array>();
  program.parameters.forEach((node, i) => bound.set(node, parameters[i] ?? new Float64Array()));
  program.scalars.forEach((node, i) => bound.set(node, Float64Array.of(scalars[i] ?? 0)));
  const values: (Value | undefined)[] = [];
  const needed = neededNodes(program);
  const compute = ({ op, attributes, type, inputs }: ProgramNode): Float64Array => {
    const operands = inputs.map((input) => values[input] as Value);
    if (op === 'scan') return scan(operands, attributes as PlanAttributes['scan'], type, rounding);
    const exact = (rules[op] as Rule<typeof op>)(operands, attributes, type);
    return held(rounding === undefined || type.parts !== undefined ? exact : rounding(exact, type, op, operands), type);
  };
  const last = lastReaders(program, needed);
  program.nodes.forEach((node, position) => {
    if (needed[position] !== true) return;
    values[position] = { type: node.type, data: bound.get(position) ?? compute(node) };
    for (const input of node.inputs) if (last[input] === position) values[input] = undefined;
  });
  return program.outputs.map(({ node }) => (values[node] as Value).data);
}

/** By position, which node is the last to read a value; what comes of it is kept. Without it a run would hold all that it computes. */
function lastReaders({ nodes, outputs }: Program, needed: readonly boolean[]): number[] {
  const last: number[] = [];
  nodes.forEach(({ inputs }, position) => {
    if (needed[position] === true) for (const input of inputs) last[input] = position;
  });
  for (const { node } of outputs) last[node] = -1;
  return last;
}
