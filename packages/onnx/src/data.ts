/** What is data to a file, and what a node is built from otherwise. */
import { isOp, type Attributes, type Node } from '@hebb/tensor/graph';

/** A node whose value is data, whatever operation it once came from. */
export function isData(node: Node): boolean {
  return node.storage !== undefined || node.cell !== undefined || node.op === 'buffer' || node.op === 'argument';
}

/** What a composite stands for. */
export function bodyOf(node: Node): Node | undefined {
  return node.op === 'composite' && !isData(node) ? (node.attributes as Attributes['composite']).body : undefined;
}

/** The step of a loop: what stands in it for the carries and for what is read step by step, and its results. What it reads beside is the loop's own input. */
export function stepOf(
  node: Node,
): { readonly parameters: readonly Node[]; readonly results: readonly Node[] } | undefined {
  if (!isOp(node, 'scan') || isData(node)) return undefined;
  const { body, carries, xs } = node.attributes;
  return { parameters: body.parameters.slice(0, carries + xs), results: body.results };
}

/** A composite's body, or the step of a loop: its parameters, then its results. */
export function insideOf(node: Node): readonly Node[] {
  const body = bodyOf(node);
  if (body !== undefined) return [body];
  const step = stepOf(node);
  return step === undefined ? [] : [...step.parameters, ...step.results];
}

/** What a node is built from: its inputs, and what is inside of it. */
export function dependenciesOf(node: Node): readonly Node[] {
  return isData(node) ? [] : [...node.inputs, ...insideOf(node)];
}
