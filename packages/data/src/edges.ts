/** Edges of graphs as typed arrays, checked. */
import { DataError, show } from './errors.ts';

/** Of shape [2, edges], row by row: first where each edge begins, then where it ends; nodes count from 0. */
export type EdgeArray = Int32Array | Uint32Array;

/** How many edges there are. Throws {@link DataError} for anything else, and naming the first edge that leads to no node. */
export function requireEdges(where: string, edges: unknown, nodes: number): number {
  if (!(edges instanceof Int32Array || edges instanceof Uint32Array) || edges.length % 2 !== 0) {
    const given = ArrayBuffer.isView(edges) ? `${show(edges)} of ${(edges as Int32Array).length} values` : show(edges);
    throw new DataError(`[${where}] edges must be an Int32Array of shape [2, edges], got ${given}.`, {
      hint: 'First where each edge begins, then where each ends: Int32Array.of(0, 1, 1, 2) are the edges 0 → 1 and 1 → 2.',
    });
  }
  const count = edges.length / 2;
  const at = edges.findIndex((node) => node < 0 || node >= nodes);
  if (at !== -1) {
    throw new DataError(
      `[${where}] edge ${at % count} ${at < count ? 'begins' : 'ends'} at node ${edges[at]}; the graph has ${nodes} nodes, from 0.`,
    );
  }
  return count;
}
