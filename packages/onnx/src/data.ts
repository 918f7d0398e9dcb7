/** What is data to a file, and what a node is built from otherwise. */
import type { Attributes, Node } from '@hebb/tensor/graph';

/** A node whose value is data, whatever operation it once came from. */
export function isData(node: Node): boolean {
  return node.storage !== undefined || node.cell !== undefined || node.op === 'buffer' || node.op === 'argument';
}

/** What a composite stands for. */
export function bodyOf(node: Node): Node | undefined {
  return node.op === 'composite' && !isData(node) ? (node.attributes as Attributes['composite']).body : undefined;
}

/** What a node is built from: its inputs, and a composite's body. */
export function dependenciesOf(node: Node): readonly Node[] {
  if (isData(node)) return [];
  const body = bodyOf(node);
  return body === undefined ? node.inputs : [...node.inputs, body];
}
