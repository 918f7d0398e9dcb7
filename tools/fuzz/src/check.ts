/** One random graph, its gradient and an update of its leaves on a device, against the float64 interpreter. */
import { vjp, valueAndGrad } from '../../../packages/autograd/src/index.ts';
import { linearize, nodeOf, toProgram } from '../../../packages/tensor/src/graph.ts';
import { assign, compile, realize, tensor, variable, type Tensor } from '../../../packages/tensor/src/index.ts';
import { halfValue } from '../../../packages/tensor/src/graph/half.ts';
import { interpret } from '../../../packages/tensor/src/reference/interpret.ts';
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

interface Graph {
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

/** Computes the results in float64, or with another rounding. */
function makeOracle(seed: number, steps: number, stored: readonly Leaf[]): Oracle {
  const leaves = stored.map(({ shape, data }) => tensor(data, { shape }));
  let graph: Graph | undefined;
  const { value, pullback } = vjp((...x: Tensor[]) => (graph = build(x, seed, steps)).loss, ...leaves);
  const updated = pullback(tensor(1)).map((gradient, i) => (leaves[i] as Tensor).sub(gradient.mul(rate)));
  const { outputs } = graph as unknown as Graph;
  const linearization = linearize([...outputs, value, ...updated].map(nodeOf));
  const program = toProgram(linearization);
  const values = linearization.leaves.map((leaf) => {
    const { host = [] } =
      (leaf.storage as { host?: Float32Array | Int32Array | Uint8Array | Uint16Array } | undefined) ?? {};
    return host instanceof Uint16Array ? Float64Array.from(host, halfValue) : Float64Array.from(host);
  });
  const scalars = linearization.scalars.map((node) => node.attributes.value);
  return {
    labels: names({ outputs, loss: value }, stored),
    compute: (rounding) => interpret(program, values, scalars, rounding),
  };
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
    oracle = makeOracle(seed, steps, stored);
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
