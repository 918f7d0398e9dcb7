/**
 * Contiguous ranges of memory: concatenations of many parts, which are copies of ranges instead of choices between values, and kernels
 * that turn out to move a range unchanged. Many of them in a row are one copy kernel, whose cost grows with their number alone.
 */
import type { Attributes } from '../graph/attributes.ts';
import type { Program } from '../graph/program.ts';
import { stridesOf } from '../graph/types.ts';
import { addIndex, scaleIndex } from './index-expression.ts';
import { noteRewritten } from './notes.ts';
import {
  bytesOf,
  type CopyKernel,
  type Kernel,
  type MapKernel,
  type Piece,
  type PlanBuffer,
  type PlanStep,
} from './kernel.ts';

/**
 * Parts up to which a concatenation is computed inside its users, as a choice per element; and copies in a row up to which each is a kernel
 * like any other.
 */
export const maximumChoices = 8;

/** Whether a node is a concatenation that is stored part by part. Its axis is the first one that is longer than 1. */
export function isJoin(program: Program, index: number): boolean {
  const node = program.nodes[index];
  return node?.op === 'concat' && node.inputs.length > maximumChoices;
}

/** The node, and the first element there, of which a node is a contiguous range; `inMemory` ends the way down. */
export function rangeOf(
  { nodes }: Program,
  index: number,
  inMemory: (node: number) => boolean,
): { readonly base: number; readonly offset: number } {
  let base = index;
  let offset = 0;
  while (!inMemory(base)) {
    const node = nodes[base];
    const [input = -1] = node?.inputs ?? [];
    const source = nodes[input];
    if (node === undefined || source === undefined) break;
    if (node.op === 'slice') {
      const { starts, steps, shape } = node.attributes as Attributes['slice'];
      const extents = source.type.shape;
      const cut = shape.findIndex((extent) => extent > 1);
      const whole = shape.every((extent, axis) => axis <= cut || extent === extents[axis]);
      if (cut >= 0 && (!whole || steps[cut] !== 1)) break;
      stridesOf(extents).forEach((stride, axis) => (offset += stride * (starts[axis] ?? 0)));
    } else if (node.op !== 'reshape') break;
    base = input;
  }
  return { base, offset };
}

/** The range that a kernel copies, where that is all it does, without a conversion. */
function asPiece(kernel: MapKernel, buffers: readonly PlanBuffer[]): Piece | undefined {
  const [store] = kernel.stores;
  if (kernel.stores.length !== 1 || store?.value.kind !== 'load') return undefined;
  const { value, index } = store;
  if (value.guards.length > 0 || value.buffer === store.buffer) return undefined;
  const [from, to] = [buffers[value.buffer]?.type ?? 'f32', buffers[store.buffer]?.type ?? 'f32'];
  if (bytesOf[from] !== 4 || bytesOf[to] !== 4) return undefined;
  const shift = addIndex(value.index, scaleIndex(index, -1));
  if (shift.terms.length > 0) return undefined;
  const size = kernel.axes.reduce((product, { extent }) => product * extent, 1);
  // Row-major stores of a whole node, from its first element to its last.
  if (index.min !== 0 || index.max !== size - 1) return undefined;
  return { from: value.buffer, fromIndex: shift.constant, to: store.buffer, toIndex: 0, size };
}

/** Replaces runs of kernels that only copy. */
export function gatherCopies(kernels: readonly PlanStep[], buffers: readonly PlanBuffer[]): PlanStep[] {
  const result: PlanStep[] = [];
  let run: (Kernel | CopyKernel)[] = [];
  let pieces: Piece[] = [];
  const flush = (): void => {
    if (pieces.length > maximumChoices) {
      const copies: CopyKernel = { kind: 'copy', name: `copy ${pieces.length} ranges`, pieces };
      noteRewritten(copies, run);
      result.push(copies);
    } else for (const kernel of run) result.push(kernel);
    run = [];
    pieces = [];
  };
  for (const kernel of kernels) {
    const piece = kernel.kind === 'map' ? asPiece(kernel, buffers) : undefined;
    if (kernel.kind !== 'copy' && (kernel.kind !== 'map' || piece === undefined)) {
      flush();
      result.push(kernel);
      continue;
    }
    run.push(kernel);
    for (const one of kernel.kind === 'copy' ? kernel.pieces : [piece as Piece]) {
      const last = pieces.at(-1);
      const follows =
        last?.from === one.from &&
        last.to === one.to &&
        last.fromIndex + last.size === one.fromIndex &&
        last.toIndex + last.size === one.toIndex;
      if (last !== undefined && follows) pieces[pieces.length - 1] = { ...last, size: last.size + one.size };
      else pieces.push(one);
    }
  }
  flush();
  return result;
}
