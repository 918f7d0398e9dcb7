/**
 * Who goes with whom: nodes of a graph by what is around them.
 *
 * A picture is a grid, a text a sequence; friends, molecules and papers are graphs. A graph has no first node and no order among neighbours, so what is computed must not depend on them. A graph network gives every node the mean of what its neighbours are, times a matrix, over and over: after two layers a node
 * knows its friends' friends. A GCN weighs neighbours by how many they have, a GAT decides by attention whom to listen to.
 *
 * Few labels are enough, since the graph carries them on: two in the karate club, 20 a class in Cora. Which nodes have an edge can be asked, too: `links.ts`.
 */
import { Option } from 'commander';
import {
  AdamW,
  crossEntropy,
  EarlyStopping,
  fit,
  GAT,
  GCN,
  indexSelect,
  manualSeed,
  minimize,
  splitPerClass,
  tensor,
  type GraphEncoder,
  type Task,
  type Tensor,
} from 'hebb';
import type { Example, ExampleKit } from '@hebb/app-support';
import { mean } from '../src/statistics.ts';
import { asBatches, graphOf, tensorsOf, type Network } from './graphs.ts';
import { changesByOrder } from './invariance.ts';
import { links } from './links.ts';
import { MemberPictures, topics } from './report.ts';

export type Options = {
  readonly task: 'nodes' | 'links';
  readonly network: 'gcn' | 'gat' | 'both';
};

export const gnn: Example<Options> = {
  name: 'gnn',
  title: 'Graph network',
  line: 'Which side a karate club’s members take; topics of papers in Cora; missing links',
  seconds: { quick: 4, normal: 5 },
  data: { carried: 'Zachary’s karate club', full: 'Cora', expects: 'a folder with cora.content and cora.cites' }, // prettier-ignore
  options: (command) =>
    command
      .addOption(new Option('--task <name>', 'what to learn').choices(['nodes', 'links']).default('nodes'))
      .addOption(new Option('--network <name>', 'of Cora: --data').choices(['gcn', 'gat', 'both']).default('both')),
  async run(kit) {
    const folder = await kit.folder('cora');
    const network = await graphOf(kit.options, folder);
    const { name, nodes, classNames, edges } = network;
    kit.say(`${name}: ${nodes} nodes of ${classNames.length} classes, ${edges.length / 4} undirected edges`);
    if (kit.options.task === 'links') return links(kit, network);
    return folder === undefined ? club(kit, network) : papers(kit, network);
  },
};

type Sizes = { readonly inputs: number; readonly outputs: number };

const networks = {
  // The club's, as in Kipf & Welling 2017: what comes out are two numbers a member, which can be drawn.
  club: (sizes: Sizes) => new GCN({ ...sizes, hidden: 4, layers: 3, dropout: 0 }),
  // More dropout than the papers have: labels are few.
  gcn: (sizes: Sizes) => new GCN({ ...sizes, hidden: 64, dropout: 0.8 }),
  gat: (sizes: Sizes) => new GAT({ ...sizes, hidden: 8, dropout: 0.6 }),
};

type Nodes = { nodes: Tensor };

/** All that is trained, and with what. A batch says which nodes count: the network always goes over the whole graph. */
export function build({ kind, network }: { readonly kind: keyof typeof networks; readonly network: Network }) {
  const model: GraphEncoder = networks[kind]({ inputs: network.width, outputs: network.classNames.length });
  const optimizer = new AdamW(model, { learningRate: 0.01, weightDecay: kind === 'club' ? 5e-4 : 0.1 });
  const { x, edges } = tensorsOf(network);
  const labels = tensor(network.labels);
  const loss = ({ nodes }: Nodes): Tensor => {
    const chosen = nodes.reshape([-1]);
    return crossEntropy(indexSelect(model.forward(x, edges), 0, chosen), indexSelect(labels, 0, chosen));
  };
  const step = (batch: Nodes): Tensor => minimize(optimizer, () => loss(batch));
  const task: Task<Nodes> = { parts: { model, optimizer }, step, validate: loss };
  return { model, task };
}

/** Two members are known, the instructor and the president; the others follow from who met whom. */
async function club(kit: ExampleKit<Options>, network: Network): Promise<void> {
  // 1. Data
  const leaders = Int32Array.of(0, 33);
  const others = Int32Array.from({ length: network.nodes }, (_, i) => i).filter((i) => !leaders.includes(i));

  // 2. Network
  manualSeed(kit.seed);
  const { model, task } = build({ kind: 'club', network });
  kit.show('network', model, [['members', 34], { shape: [2, 'edges'], dtype: 'int32' }]);

  // 3. Training, with a look at all members now and then.
  kit.heading('Training with two labels');
  const pictures = new MemberPictures(model, network);
  const training = kit.training('club', { unit: 'steps' });
  await fit(task, asBatches(leaders, 200), {
    steps: 200,
    // The others are looked at, and nothing is chosen by them.
    validation: asBatches(others),
    validateEvery: { steps: 50 },
    ...training,
    callbacks: [...training.callbacks, pictures],
  });
  if (kit.signal.aborted) return;

  // 4. Evaluation
  kit.metric('members on the right side, of 32', await accuracyOf(model, network, others), {
    format: 'percent',
    target: { atLeast: 0.9 },
  });
  kit.section(...pictures.sections());
  await finish(kit, 'club', model, network);
}

/** Twenty papers of each topic are known. Which ones is drawn anew for each of the splits: on a single one nearly any network can be the best. */
async function papers(kit: ExampleKit<Options>, network: Network): Promise<void> {
  const splits = kit.choose({ quick: 1, normal: 2, full: 10 });
  const rows: [network: string, mean: number, deviation: number][] = [];
  const asked = kit.options.network;
  for (const kind of asked === 'both' ? (['gcn', 'gat'] as const) : [asked]) {
    const found: number[] = [];
    for (let split = 0; split < splits; split++) {
      // 1. Data, and 2. network
      const parts = splitPerClass(network.labels, { train: 20, validation: 30, seed: split });
      manualSeed(kit.seed + split);
      const { model, task } = build({ kind, network });
      const shapes = [['papers', network.width], { shape: [2, 'edges'], dtype: 'int32' }] as const;
      if (split === 0) kit.show(kind.toUpperCase(), model, shapes);

      // 3. Training: ten steps, a look at the validation; when ten looks in a row were no better, back to the best.
      const training = kit.training(`${kind}-${split}`, { unit: 'steps' });
      await fit(task, asBatches(parts.train, 10), {
        epochs: kit.choose({ quick: 10, normal: 30, full: 50 }),
        validation: asBatches(parts.validation),
        ...training,
        progress: false,
        callbacks: [...training.callbacks, new EarlyStopping({ patience: 10 })],
      });
      if (kit.signal.aborted) return;

      // 4. Evaluation
      found.push(await accuracyOf(model, network, parts.test));
      kit.say(`split ${split + 1} of ${splits}: ${(100 * (found[split] ?? 0)).toFixed(1)} % of ${parts.test.length} papers`); // prettier-ignore
      if (split < splits - 1) continue;
      rows.push([kind.toUpperCase(), mean(found), Math.sqrt(mean(found.map((each) => (each - mean(found)) ** 2)))]);
      kit.metric(`${kind.toUpperCase()} test accuracy, mean of ${splits} splits`, mean(found), {
        format: 'percent',
        target: { quick: { atLeast: 0.7 }, normal: { atLeast: 0.78 }, full: { atLeast: 0.805 } },
      });
      await finish(kit, kind, model, network);
    }
  }
  kit.section(topics(rows, splits));
}

/** Which of these nodes the network puts into their class. */
async function accuracyOf(model: GraphEncoder, network: Network, nodes: ArrayLike<number>): Promise<number> {
  const { x, edges } = tensorsOf(network);
  const found = await model.eval().forward(x, edges).argmax(-1).data();
  return mean(Array.from(nodes, (node) => Number(Number(found[node]) === network.labels[node])));
}

/** What holds of every graph network, and the file. */
async function finish(kit: ExampleKit<Options>, name: string, model: GraphEncoder, network: Network): Promise<void> {
  const changes = await changesByOrder(model, network, kit.seed);
  kit.metric(`numbers that differ with edges in another order, ${name}`, changes.byEdges, {
    format: 'count',
    target: { atMost: 0 },
  });
  kit.metric(`largest difference with nodes in another order, ${name}`, changes.byNodes, { target: { atMost: 1e-4 } });

  // 5. ONNX: for any numbers of nodes and edges.
  const inputs = { x: ['nodes', network.width], edges: { shape: [2, 'edges'], dtype: 'int32' } } as const;
  await kit.onnx(name, model, { inputs, outputs: ['logits'] }, tensorsOf(network));
  await kit.weights(name, model);
}
