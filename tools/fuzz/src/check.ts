/** One random graph, its gradient and an update of its leaves on a device, against the float64 interpreter. */
import { vjp, valueAndGrad } from '../../../packages/autograd/src/index.ts';
import { linearize, nodeOf, toProgram, type Program } from '../../../packages/tensor/src/graph.ts';
import { assign, compile, realize, tensor, variable, type Tensor } from '../../../packages/tensor/src/index.ts';
import { halfValue } from '../../../packages/tensor/src/graph/half.ts';
import { interpret } from '../../../packages/tensor/src/reference/interpret.ts';
import type { HostArray } from '../../../packages/tensor/src/runtime/backend.ts';
import { grow, randomLeaves, type Leaf } from './graphs.ts';
import { compareWithOracle, type Oracle } from './oracle.ts';
import { makeRandom } from './random.ts';

export interface Failure {
  readonly seed: number;
  readonly steps: number;
  readonly message: string;
}

/** What a graph was found to be. */
export interface Verdict {
  readonly failure?: Failure;
  /** Whether only other roundings explain what the device gave. */
  readonly decidedByRounding: boolean;
}

const rate = 0.25;

export interface Graph {
  readonly outputs: Tensor[];
  readonly loss: Tensor;
}

function build(leaves: readonly Tensor[], seed: number, steps: number): Graph {
  const outputs = grow(leaves, steps, makeRandom(seed ^ 0x5bd1e995));
  const parts = [...outputs, ...leaves].map((t) => t.tanh().mean());
  return { outputs, loss: parts.reduce((a, b) => a.add(b)) };
}

/** The number that a random graph comes to. */
export function buildLoss(leaves: readonly Tensor[], seed: number, steps: number): Tensor {
  return build(leaves, seed, steps).loss;
}

/** Names of the results, in the order in which the oracle and devices give them. */
function names({ outputs }: Graph, leaves: readonly Leaf[]): string[] {
  return [...outputs.map((t, i) => `output ${i} ${t}`), 'loss', ...leaves.map((_, i) => `updated leaf ${i}`)];
}

/** A graph over leaves of its own, its gradient and its update, as one program. */
export interface RecordedGraph {
  readonly program: Program;
  /** What its parameters hold, in their order, and its scalars. */
  readonly values: readonly HostArray[];
  readonly scalars: readonly number[];
  readonly labels: readonly string[];
}

/** Records a seed's graph. With `inPlace` the updated leaves take the memory of the old ones. */
export function record(seed: number, steps: number, stored: readonly Leaf[], inPlace = false): RecordedGraph {
  return recordStep((leaves) => build(leaves, seed, steps), stored, inPlace);
}

/** Records outputs, their loss and what one step down its gradient makes of the leaves. */
export function recordStep(
  make: (leaves: readonly Tensor[]) => Graph,
  stored: readonly Leaf[],
  inPlace: boolean,
): RecordedGraph {
  const leaves = stored.map(({ shape, data }) => tensor(data, { shape }));
  let graph: Graph | undefined;
  const { value, pullback } = vjp((...x: Tensor[]) => (graph = make(x)).loss, ...leaves);
  const updated = pullback(tensor(1)).map((gradient, i) => (leaves[i] as Tensor).sub(gradient.mul(rate)));
  const { outputs } = graph as unknown as Graph;
  const kept = [...outputs, value];
  const targets = [...kept.map(() => undefined), ...leaves.map((leaf) => (inPlace ? nodeOf(leaf) : undefined))];
  const linearization = linearize([...kept, ...updated].map(nodeOf), targets);
  return {
    program: toProgram(linearization, targets),
    values: linearization.leaves.map(({ storage }) => (storage as unknown as { readonly host: HostArray }).host),
    scalars: linearization.scalars.map((node) => node.attributes.value),
    labels: names({ outputs, loss: value }, stored),
  };
}

/** Computes the results in float64, or with another rounding. */
export function oracleOf({ program, values, scalars, labels }: RecordedGraph): Oracle {
  const numbers = values.map((data) =>
    data instanceof Uint16Array ? Float64Array.from(data, halfValue) : Float64Array.from(data),
  );
  return { labels, compute: (rounding) => interpret(program, numbers, scalars, rounding) };
}

async function runOnDevice(seed: number, steps: number, stored: readonly Leaf[]): Promise<ArrayLike<number>[]> {
  const variables = stored.map(({ shape, data }) => variable(tensor(data, { shape }), { requiresGrad: true }));
  const step = (): Tensor[] => {
    let graph: Graph | undefined;
    const { value, grads } = valueAndGrad(() => (graph = build(variables, seed, steps)).loss, variables);
    variables.forEach((v, i) => assign(v, v.sub((grads[i] as Tensor).mul(rate))));
    return [...(graph as unknown as Graph).outputs, value];
  };
  const results = (seed % 2 === 0 ? compile(step) : step)();
  await realize(...results);
  return Promise.all([...results, ...variables].map((t) => t.data()));
}

/** Compares a seed's graph on the current device with the oracle. */
export async function judgeGraph(seed: number, steps: number): Promise<Verdict> {
  const stored = randomLeaves(makeRandom(seed));
  let oracle: Oracle;
  let actual: ArrayLike<number>[];
  try {
    oracle = oracleOf(record(seed, steps, stored));
    actual = await runOnDevice(seed, steps, stored);
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { failure: { seed, steps, message }, decidedByRounding: false };
  }
  const { message, decidedByRounding } = compareWithOracle(oracle, actual, seed);
  return { ...(message !== undefined && { failure: { seed, steps, message } }), decidedByRounding };
}

/** The failure of a seed's graph on the current device; undefined where everything agrees. */
export async function checkGraph(seed: number, steps: number): Promise<Failure | undefined> {
  return (await judgeGraph(seed, steps)).failure;
}

/** Number of steps of a seed's graph: from `least` to `most`. */
export function stepsOf(seed: number, { least = 5, most = 40 } = {}): number {
  return least + makeRandom(seed + 7)(most - least + 1);
}

/** The same seed's failure after the fewest steps. */
export async function shrink(failure: Failure): Promise<Failure> {
  for (let steps = 1; steps < failure.steps; steps++) {
    const smaller = await checkGraph(failure.seed, steps);
    if (smaller !== undefined) return smaller;
  }
  return failure;
}
