/** One random graph, its gradient and an update of its leaves on a device, against the float64 interpreter. */
import { vjp, valueAndGrad } from '../../../packages/autograd/src/index.ts';
import { linearize, nodeOf, toProgram } from '../../../packages/tensor/src/graph.ts';
import { assign, compile, realize, tensor, variable, type Tensor } from '../../../packages/tensor/src/index.ts';
import { interpret } from '../../../packages/tensor/src/reference/interpret.ts';
import { grow, makeRandom, randomLeaves, type Leaf } from './graphs.ts';

export interface Failure {
  readonly seed: number;
  readonly steps: number;
  readonly message: string;
}

/** Relative to max(1, |expected|), on top of what a change of the inputs in float32's last digits does. */
const tolerance = 2e-4;
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

/** Names of the results, in the order of {@link expectedOf} and of what a device gives. */
function names({ outputs }: Graph, leaves: readonly Leaf[]): string[] {
  return [...outputs.map((t, i) => `output ${i} ${t}`), 'loss', ...leaves.map((_, i) => `updated leaf ${i}`)];
}

/** Computes results in float64 for leaves that differ from the stored ones by relative `noise`. */
function makeOracle(
  seed: number,
  steps: number,
  stored: readonly Leaf[],
): { labels: string[]; compute: (noise: number) => Float64Array[] } {
  const leaves = stored.map(({ shape, data }) => tensor(data, { shape }));
  let graph: Graph | undefined;
  const { value, pullback } = vjp((...x: Tensor[]) => (graph = build(x, seed, steps)).loss, ...leaves);
  const updated = pullback(tensor(1)).map((gradient, i) => (leaves[i] as Tensor).sub(gradient.mul(rate)));
  const { outputs } = graph as unknown as Graph;
  const linearization = linearize([...outputs, value, ...updated].map(nodeOf));
  const program = toProgram(linearization);
  const compute = (noise: number): Float64Array[] => {
    const random = makeRandom(seed + 99);
    const values = linearization.leaves.map((leaf) => {
      const host = (leaf.storage as { host?: Float32Array | Int32Array } | undefined)?.host ?? new Float32Array();
      // Positions stay integers.
      if (leaf.type.dtype !== 'float32') return Float64Array.from(host);
      return Float64Array.from(host, (x) => x * (1 + noise * (random(3) - 1)));
    });
    return interpret(program, values, []);
  };
  return { labels: names({ outputs, loss: value }, stored), compute };
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

/** Undefined where everything agrees. Runs on the current device. */
export async function checkGraph(seed: number, steps: number): Promise<Failure | undefined> {
  const stored = randomLeaves(makeRandom(seed));
  const { labels, compute } = makeOracle(seed, steps, stored);
  const expected = compute(0);
  const nearby = [1e-6, -1e-6, 3e-7].map(compute);
  let actual: ArrayLike<number>[];
  try {
    actual = await runOnDevice(seed, steps, stored);
  } catch (error) {
    return { seed, steps, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  for (const [which, label] of labels.entries()) {
    const want = expected[which] ?? new Float64Array();
    const got = actual[which] ?? [];
    for (let i = 0; i < want.length; i++) {
      const reference = want[i] ?? NaN;
      const value = got[i] ?? NaN;
      const sensitivity = Math.max(...nearby.map((values) => Math.abs((values[which]?.[i] ?? NaN) - reference)));
      const allowed = tolerance * Math.max(1, Math.abs(reference)) + 20 * sensitivity;
      if (Math.abs(value - reference) <= allowed || (Number.isNaN(value) && Number.isNaN(reference))) continue;
      return { seed, steps, message: `${label}, element ${i} is ${value} instead of ${reference}` };
    }
  }
  return undefined;
}

/** Number of steps of a seed's graph: 5 to 40. */
export function stepsOf(seed: number): number {
  return 5 + makeRandom(seed + 7)(36);
}

/** The same seed's failure after the fewest steps. */
export async function shrink(failure: Failure): Promise<Failure> {
  for (let steps = 1; steps < failure.steps; steps++) {
    const smaller = await checkGraph(failure.seed, steps);
    if (smaller !== undefined) return smaller;
  }
  return failure;
}
