/** The example on graphs: GCN and GAT on Cora, or on the karate club where there is no folder. */
import { ArrayDataset, DataLoader, splitPerClass } from '@hebb/data';
import { tensor } from '@hebb/tensor';
import { build } from '../../apps/examples/gnn/example.ts';
import { cora, karateClub } from '../../apps/examples/gnn/graphs.ts';
import { shareRight, type Pair } from './trial.ts';

const pairOf = (kind: 'gcn' | 'gat'): Pair => ({
  script: 'gnn.py',
  set: 'cora',
  metric: 'test accuracy',
  async prepare(folder) {
    const network = folder === undefined ? karateClub() : await cora(folder);
    const { nodes, width, features, edges, labels } = network;
    const leaders = { train: Int32Array.of(0, 33), test: Int32Array.from({ length: 32 }, (_, i) => i + 1) };
    const { train, test } =
      folder === undefined ? leaders : splitPerClass(labels, { train: 20, validation: 30, seed: 0 });
    const { model, task } = build({ kind, network });
    const steps = 300;
    const chosen = Int32Array.from({ length: steps * train.length }, (_, i) => train[i % train.length] ?? 0);
    return {
      task,
      batches: new DataLoader(new ArrayDataset({ nodes: { data: chosen, shape: [train.length] } }), { batchSize: 1 }),
      budget: { steps },
      arrays: {
        x: { data: features, shape: [nodes, width] },
        edges: { data: edges, shape: [2, edges.length / 2] },
        labels: { data: labels, shape: [nodes] },
        test: { data: Int32Array.from(test), shape: [test.length] },
      },
      settings: { kind },
      async metric() {
        const inputs = [tensor(features, { shape: [nodes, width] }), tensor(edges, { shape: [2, edges.length / 2] })] as const; // prettier-ignore
        const found = await model.eval().forward(...inputs).argmax(-1).data(); // prettier-ignore
        return shareRight(Array.from(test, (node) => Number(found[node] === labels[node])).flatMap((right) => [1 - right, right]), new Int32Array(test.length).fill(1)); // prettier-ignore
      },
    };
  },
});

export const gcn = pairOf('gcn');
export const gat = pairOf('gat');
