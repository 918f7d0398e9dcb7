/** Edges of a graph as lists of nodes, checked; and an order of theirs that does not depend on how they are listed. */
import { argSort, DTypeError, indexSelect, ShapeError, tensor, type Tensor } from '@hebb/tensor';
import { requireTensor, requireWithin } from '@hebb/tensor/arguments';

export interface EdgeList {
  /** int32 [edges]: where each edge comes from. */
  readonly sources: Tensor;
  /** int32 [edges]: where it leads to. */
  readonly targets: Tensor;
  readonly count: number;
}

/**
 * The two rows of `edges`, int32 [2, edges], between nodes of one kind or from `nodes` of one to `targetNodes` of another.
 *
 * Throws {@link DTypeError} and {@link ShapeError} for anything else, `ArgumentError` naming the first node that the graph does not have, where edges are known on
 * the host.
 */
export function edgesOf(layer: string, edges: Tensor, nodes: number, targetNodes: number = nodes): EdgeList {
  requireTensor(layer, 'edges', edges);
  if (edges.dtype !== 'int32')
    throw new DTypeError(`[${layer}] edges are numbers of nodes, int32, not ${edges}.`, {
      hint: "Make them with tensor(data, { dtype: 'int32' }), or convert them with .to('int32').",
    });
  const [two, count] = edges.shape;
  if (edges.ndim !== 2 || two !== 2 || count === undefined)
    throw new ShapeError(
      `[${layer}] edges are [2, edges], sources and targets, not ${edges}.`,
      edges.ndim === 2 && count === 2 ? { hint: 'These are [edges, 2]: transpose(0, 1) turns them.' } : {},
    );
  const [sources, targets] = [edges.narrow(0, 0, 1).reshape([count]), edges.narrow(0, 1, 1).reshape([count])];
  if (targetNodes === nodes) requireWithin(layer, 'edges', edges, 0, nodes - 1);
  else {
    requireWithin(layer, 'sources of edges', sources, 0, nodes - 1);
    requireWithin(layer, 'targets of edges', targets, 0, targetNodes - 1);
  }
  return { sources, targets, count };
}

/** Throws unless `x` are features of nodes, [nodes, features]; the number of nodes. */
export function nodesOf(layer: string, x: Tensor, features?: number): number {
  requireTensor(layer, 'the input', x);
  const [nodes, found] = x.shape;
  if (x.ndim !== 2 || nodes === undefined)
    throw new ShapeError(`[${layer}] nodes have features, [nodes, ${features ?? 'features'}]; the input is ${x}.`);
  if (features !== undefined && found !== features)
    throw new ShapeError(`[${layer}] takes ${features} features a node; the input ${x} has ${found}.`);
  return nodes;
}

/** Throws unless there is one row for each edge, of so many features where it matters. */
export function requireEdgeRows(layer: string, name: string, rows: Tensor, count: number, features?: number): void {
  requireTensor(layer, name, rows);
  if (rows.shape[0] !== count || (features !== undefined && (rows.ndim !== 2 || rows.shape[1] !== features)))
    throw new ShapeError(
      `[${layer}] takes ${name} of each edge, [${[count, features].filter((n) => n !== undefined).join(', ')}], not ${rows}.`,
    );
}

/** One number for each edge, [edges]. */
export function requireEdgeWeights(layer: string, weights: Tensor, count: number): void {
  requireEdgeRows(layer, 'the weight', weights, count);
  if (weights.ndim !== 1) throw new ShapeError(`[${layer}] takes a weight for each edge, [${count}], not ${weights}.`);
}

/** The rows of `x` at a list of nodes. */
export const rowsAt = (x: Tensor, list: Tensor): Tensor => indexSelect(x, 0, list);

/**
 * Positions of edges by target, then source, then features: an order in which they stand however they are listed. What is summed over all edges in that order
 * (the gradient of a weight that multiplies features of edges) is the same to the last bit.
 */
export function canonicalOrder({ sources, targets }: EdgeList, features?: Tensor): Tensor {
  const keys: Tensor[] = [];
  if (features !== undefined) {
    const width = features.shape.slice(1).reduce((product, extent) => product * extent, 1);
    const rows = features.detach().reshape([sources.size, width]);
    // Parallel edges alone are told apart by it: numbers that sums of features with other coefficients would not meet.
    const coefficients = tensor(Float32Array.from({ length: width }, (_, i) => 1 + Math.sin(i + 1) / 2));
    keys.push(rows.mul(coefficients).sum(1));
  }
  keys.push(sources, targets);
  // Sorting is stable: the last key decides, the one before among its equals.
  let order: Tensor | undefined;
  for (const key of keys) {
    const next = argSort(order === undefined ? key : rowsAt(key, order));
    order = order === undefined ? next : rowsAt(order, next);
  }
  return order as Tensor;
}
