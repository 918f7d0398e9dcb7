/** Edges of graphs, checked. */
import { Tensor } from '@hebb/tensor';
import { isPlain, knownValues } from '@hebb/tensor/arguments';
import type { NumericArray } from './arrays.ts';
import { DataError, show } from './errors.ts';

/** Of shape [2, edges], row by row: first where each edge begins, then where it ends; nodes count from 0. */
export type EdgeArray = Int32Array | Uint32Array;

/** Edges of shape [2, edges]: their values row by row, with their shape, or an int32 tensor whose values are on the host. */
export type EdgeList = EdgeArray | NumericArray<EdgeArray> | Tensor;

/** The edges row by row. Throws {@link DataError} for anything else, and naming the first edge that leads to no node. */
export function edgesIn(where: string, edges: unknown, nodes: number): EdgeArray {
  const found = valuesOf(where, edges);
  const count = found.length / 2;
  const at = found.findIndex((node) => node < 0 || node >= nodes);
  if (at !== -1) {
    throw new DataError(
      `[${where}] edge ${at % count} ${at < count ? 'begins' : 'ends'} at node ${found[at]}; the graph has ${nodes} nodes, from 0.`,
    );
  }
  return found;
}

function valuesOf(where: string, edges: unknown): EdgeArray {
  if (isEdgeArray(edges) && edges.length % 2 === 0) return edges;
  const isTensor = edges instanceof Tensor;
  const { data, shape } = (isTensor || isPlain(edges) ? edges : {}) as Partial<NumericArray>;
  const isWellShaped = Array.isArray(shape) && shape.length === 2 && shape[0] === 2;
  if (isTensor && isWellShaped && edges.dtype === 'int32') {
    const known = knownValues(edges);
    if (known !== undefined) return Int32Array.from(known);
    throw new DataError(`[${where}] edges are ${edges}, whose values are not on the host.`, {
      hint: 'Give what await edges.data() says.',
    });
  }
  if (!isTensor && isWellShaped && isEdgeArray(data) && data.length === 2 * (shape[1] as number)) return data;
  const given = isTensor
    ? String(edges)
    : ArrayBuffer.isView(edges)
      ? `${show(edges)} of ${(edges as Int32Array).length} values`
      : data === undefined || shape === undefined
        ? show(edges)
        : `${show(data)} of shape [${String(shape)}]`;
  throw new DataError(
    `[${where}] edges must be an Int32Array of shape [2, edges], or an int32 tensor of it, got ${given}.`,
    {
      hint: 'First where each edge begins, then where each ends: Int32Array.of(0, 1, 1, 2) are the edges 0 → 1 and 1 → 2.',
    },
  );
}

function isEdgeArray(value: unknown): value is EdgeArray {
  return value instanceof Int32Array || value instanceof Uint32Array;
}
