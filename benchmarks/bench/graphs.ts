/** A graph for libraries that have no sums over edges. */
import type { Values } from './data.ts';

/** D^-½ (A + I) D^-½ as [targets, sources], with the degrees of targets: what a GCN multiplies by. */
export function denseGraph({ data }: Values, nodes: number): Values {
  const count = data.length / 2;
  const degrees = new Float64Array(nodes).fill(1);
  for (let i = 0; i < count; i++) degrees[data[count + i] ?? 0] = (degrees[data[count + i] ?? 0] ?? 0) + 1;
  const matrix = new Float32Array(nodes * nodes);
  const add = (source: number, target: number): void => {
    const place = target * nodes + source;
    matrix[place] = (matrix[place] ?? 0) + 1 / Math.sqrt((degrees[source] ?? 1) * (degrees[target] ?? 1));
  };
  for (let i = 0; i < count; i++) add(data[i] ?? 0, data[count + i] ?? 0);
  for (let node = 0; node < nodes; node++) add(node, node);
  return { shape: [nodes, nodes], data: matrix };
}
