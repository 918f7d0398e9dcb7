/** What must hold of every graph network: a graph has no order of its nodes or edges. */
import { indexSelect, Random, tensor, valueAndGrad, type GraphEncoder, type Tensor } from 'hebb';
import { tensorsOf, type Network } from './graphs.ts';

/** What changes with the order. */
export interface Changes {
  /** Of results and gradients, numbers that have other bits with the edges in another order. */
  readonly byEdges: number;
  /** The largest difference of a result with the nodes in another order. */
  readonly byNodes: number;
}

/** Edges in another order: the same bits, of the result and of all gradients. Nodes in another order: the same rows in that order. */
export async function changesByOrder(model: GraphEncoder, network: Network, seed: number): Promise<Changes> {
  const { x, edges } = tensorsOf(network);
  const count = network.edges.length / 2;
  model.eval();
  const everything = async (list: Tensor): Promise<readonly number[]> => {
    const { value, grads } = valueAndGrad(() => model.forward(x, list).square().mean(), model.namedParameters());
    const all = [model.forward(x, list), value, ...grads.values()];
    return (await Promise.all(all.map(async (each) => Array.from(await each.data(), Number)))).flat();
  };
  const edgeOrder = tensor(Int32Array.from(new Random(seed).permutation(count)));
  const [one, other] = [await everything(edges), await everything(indexSelect(edges, 1, edgeOrder))];

  const order = new Random(seed).permutation(network.nodes);
  const placeOf = new Int32Array(network.nodes);
  order.forEach((node, place) => (placeOf[node] = place));
  const nodeOrder = tensor(Int32Array.from(order));
  const moved = model.forward(indexSelect(x, 0, nodeOrder), tensor(network.edges.map((node) => placeOf[node] ?? 0), { shape: [2, count] })); // prettier-ignore
  const apart = await moved
    .sub(indexSelect(model.forward(x, edges), 0, nodeOrder))
    .abs()
    .max()
    .item();
  return { byEdges: one.filter((value, i) => !Object.is(value, other[i])).length, byNodes: apart };
}
