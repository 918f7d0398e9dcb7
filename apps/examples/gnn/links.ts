/**
 * Which pairs of nodes have an edge?
 *
 * Some edges are taken away. A graph network goes over those that are left and gives each node a vector; how likely an edge is says the product of the vectors at its ends (Kipf & Welling 2016). What would be easy is to say yes always: as many pairs without an edge are asked for as with one.
 */
import {
  AdamW,
  ArrayDataset,
  binaryCrossEntropyWithLogits,
  DataLoader,
  fit,
  GCN,
  LinkPredictor,
  manualSeed,
  minimize,
  negativeEdges,
  rocAuc,
  splitEdges,
  tensor,
  type LinkPairs,
  type Task,
  type Tensor,
} from 'hebb';
import type { ExampleKit } from '@hebb/app-support';
import type { Network } from './graphs.ts';
import { judgedPairs } from './report.ts';

/** Pairs of nodes, int32 [2, pairs], those with an edge first; and which they are. */
function pairsOf({ positive, negative }: LinkPairs): { pairs: Int32Array; isEdge: Float32Array } {
  const [ones, none] = [positive.shape[1] ?? 0, negative.shape[1] ?? 0];
  const row = (at: 0 | 1): number[] => [...positive.data.subarray(at * ones, (at + 1) * ones), ...negative.data.subarray(at * none, (at + 1) * none)]; // prettier-ignore
  return {
    pairs: Int32Array.from([...row(0), ...row(1)]),
    isEdge: Float32Array.from({ length: ones + none }, (_, i) => Number(i < ones)),
  };
}

/** All pairs of a draw as one batch. */
function asDataset(...draws: LinkPairs[]) {
  const all = draws.map(pairsOf);
  const count = all[0]?.isEdge.length ?? 0;
  return new ArrayDataset({
    pairs: { data: Int32Array.from(all.flatMap(({ pairs }) => [...pairs])), shape: [2, count] },
    isEdge: { data: Float32Array.from(all.flatMap(({ isEdge }) => [...isEdge])), shape: [count] },
  });
}

type Pairs = { pairs: Tensor; isEdge: Tensor };

export async function links(kit: Omit<ExampleKit, 'options'>, network: Network): Promise<void> {
  // 1. Data: the network goes over the edges that are left alone.
  const { name, nodes, width, features } = network;
  kit.about('Which pairs of nodes have an edge, by those edges that are known', name);
  const split = splitEdges(network.edges, { nodes, validation: 0.05, test: 0.15, seed: kit.seed });
  const x = tensor(features, { shape: [nodes, width] });
  const edges = tensor(split.edges.data, { shape: split.edges.shape });

  // 2. Network
  manualSeed(kit.seed);
  const model = new LinkPredictor(new GCN({ inputs: width, hidden: 32, outputs: 16, dropout: 0.2 }));
  const inputs = { x: ['nodes', width], edges: { shape: [2, 'edges'], dtype: 'int32' }, pairs: { shape: [2, 'pairs'], dtype: 'int32' } } as const; // prettier-ignore
  kit.show('links', model, [inputs.x, inputs.edges, inputs.pairs]);

  // 3. Training: against other pairs without an edge at each step. The same ones all the time it would come to know by heart.
  const steps = kit.choose({ quick: 60, normal: 200, full: 200 });
  const { positive } = split.train;
  const draws = Array.from({ length: steps }, (_, step) => ({
    positive,
    negative: negativeEdges(split.edges, {
      nodes,
      count: positive.shape[1] ?? 0,
      seed: 100_000 * kit.seed + step,
    }),
  }));
  const optimizer = new AdamW(model, { learningRate: 0.01, weightDecay: 5e-4 });
  const loss = ({ pairs, isEdge }: Pairs): Tensor =>
    binaryCrossEntropyWithLogits(model.forward(x, edges, pairs.squeeze(0)), isEdge.squeeze(0));
  const task: Task<Pairs> = {
    parts: { model, optimizer },
    step: (batch) => minimize(optimizer, () => loss(batch)),
    validate: loss,
  };
  await fit(task, new DataLoader(asDataset(...draws), { batchSize: 1 }), {
    steps,
    validation: asDataset(split.validation),
    validateEvery: { steps: 50 },
    ...kit.training('links', { unit: 'steps' }),
  });
  if (kit.signal.aborted) return;

  // 4. Evaluation: how often a pair with an edge is thought likelier than one without.
  const test = pairsOf(split.test);
  const pairs = tensor(test.pairs, { shape: [2, test.isEdge.length] });
  const logits = await model.eval().forward(x, edges, pairs).data();
  kit.metric('area under the curve, links of the test', rocAuc(Array.from(logits, Number), test.isEdge), {
    format: 'percent',
    target: { quick: { atLeast: name === 'Cora' ? 0.75 : 0.8 }, normal: { atLeast: 0.85 }, full: { atLeast: 0.85 } }, // prettier-ignore
  });
  kit.say('Who guesses has 50 %.');
  kit.section(...judgedPairs(network, split.edges.data, { ...test, logits: Array.from(logits, Number) }));

  // 5. ONNX: for any graph with such features, and any pairs of its nodes.
  await kit.onnx('links', model, { inputs, outputs: ['logits'] }, { x, edges, pairs });
  await kit.weights('links', model);
}
