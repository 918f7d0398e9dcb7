/** Random graphs compiled without one optimisation after the other, and on several threads, against the float64 interpreter and the bytes of one another. */
import { compileProgram } from '../../../packages/tensor/src/compiler/compile.ts';
import type { Plan } from '../../../packages/tensor/src/compiler/kernel.ts';
import { optimisations, withoutNone, type Without } from '../../../packages/tensor/src/compiler/optimisations.ts'; // prettier-ignore
import type { Backend, HostArray } from '../../../packages/tensor/src/runtime/backend.ts';
import { dataOf, makeHostArray } from '../../../packages/tensor/src/runtime/host-array.ts';
import { createWasmBackend } from '../../../packages/tensor/src/wasm/backend.ts';
import { runPlan } from '../../../packages/tensor/test/wasm/support.ts';
import { oracleOf, record, type RecordedGraph } from './check.ts';
import { randomLeaves } from './graphs.ts';
import { compareWithOracle } from './oracle.ts';
import { makeRandom } from './random.ts';

/** A way to compile and run, by its name. */
export interface Way {
  readonly name: string;
  readonly without: Without;
  readonly backend: Backend;
}

/** All optimisations, each but one, none; and all on two and four threads, with chunks so small that everything is shared. */
export function allWays(): readonly Way[] {
  const ways: (readonly [name: string, without: Without])[] = [
    ['all optimisations', withoutNone],
    ...optimisations.map((name) => [`without ${name}`, new Set([name])] as const),
    ['without any', new Set(optimisations)],
  ];
  const threads = [2, 4].map((count) => ({
    name: `${count} threads`,
    without: withoutNone,
    backend: createWasmBackend({ threads: count, leastChunk: 50 }),
  }));
  return [...ways.map(([name, without]) => ({ name, without, backend: createWasmBackend({ without }) })), ...threads];
}

/** A seed's graph with its gradient, whose leaves are updated in place. */
export function graphOf(seed: number, steps: number): RecordedGraph {
  return record(seed, steps, randomLeaves(makeRandom(seed)), true);
}

/** What is wrong with a graph in any of the ways; empty where nothing is. */
export async function checkWays(ways: readonly Way[], recorded: RecordedGraph, seed = 1): Promise<readonly string[]> {
  const { program } = recorded;
  const types = program.outputs.map(({ node }) => program.nodes[node]?.type.dtype ?? 'float32');
  const oracle = oracleOf(recorded);
  const wrong: string[] = [];
  let usual: readonly HostArray[] | undefined;
  for (const { name, without, backend } of ways) {
    try {
      const results = await run(backend, recorded, compileProgram(program, undefined, without));
      usual ??= results;
      const numbers = results.map((data, i) => dataOf(types[i] ?? 'float32', data));
      const { message } = compareWithOracle(oracle, numbers, seed);
      if (message !== undefined) wrong.push(`${name}: ${message}`);
      if (without === withoutNone && !sameBytes(results, usual)) wrong.push(`${name}: other bytes than on one thread`);
    } catch (error) {
      wrong.push(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  return wrong;
}

/** The ways whose plan or code is not the one with all optimisations. */
export function waysThatDiffer(ways: readonly Way[], { program }: RecordedGraph): readonly string[] {
  const looks = ways.map(({ without, backend }) => {
    const plan = compileProgram(program, undefined, without);
    const executable = backend.compile(plan);
    const { bytes, kernelCount } = executable;
    const source = backend.source(executable);
    executable.dispose();
    return [bytes, kernelCount, source, plan.arenaBytes, ...plan.kernels.map(({ name }) => name)].join();
  });
  return ways.filter((_, i) => looks[i] !== looks[0]).map(({ name }) => name);
}

/** The outputs of a program, in their order. */
async function run(backend: Backend, { program, values, scalars }: RecordedGraph, plan: Plan): Promise<HostArray[]> {
  const parameters = [...values];
  const places = program.outputs.map(({ node, parameter }) => {
    if (parameter >= 0) return parameter;
    const { dtype = 'float32', size = 0 } = program.nodes[node]?.type ?? {};
    return parameters.push(makeHostArray(dtype, size)) - 1;
  });
  const results = await runPlan(plan, parameters, scalars, backend);
  return places.map((place) => results[place] as HostArray);
}

function sameBytes(some: readonly HostArray[], others: readonly HostArray[]): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: HostArray): Buffer => Buffer.from(buffer, byteOffset, byteLength);
  return some.every((data, i) => bytes(data).equals(bytes(others[i] as HostArray)));
}
