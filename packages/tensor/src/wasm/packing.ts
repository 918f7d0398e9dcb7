/**
 * Packing: copies a block of a contraction's operand into panels of as many lanes as a tile has rows or columns, [panel][k][lane], with zeros where a guard fails.
 * This file decides between the fast way, for indices that are sums of a part along the panel ("side"), a part along k and a part that
 * is fixed within a block, and the general way, which evaluates everything per element.
 */
import type { Axis, Index } from '../compiler/index-expression.ts';
import { substituteIndex } from '../compiler/rewriter.ts';
import type { Operand } from '../compiler/kernel.ts';
import { isAlways, isNear, type KernelContext } from './address.ts';
import { separate, splitIndex, type BlockedAxes } from './blocks.ts';
import type { PanelWidth } from './gemm.ts';
import type { Guard, Packing } from './packing-context.ts';
import { generalPacking } from './packing-general.ts';
import { SeparablePacking } from './packing-separable.ts';

export function buildPacking(
  context: KernelContext,
  name: string,
  operand: Operand,
  side: BlockedAxes,
  k: BlockedAxes,
  uniformAxes: readonly Axis[],
  width: PanelWidth,
): Packing {
  const replacements = new Map<Axis, Index>([splitIndex(side), splitIndex(k)]);
  const index = substituteIndex(operand.index, replacements);
  const guards = operand.guards
    .map(({ index, lower, upper }) => ({ index: substituteIndex(index, replacements), lower, upper }))
    .filter((guard) => !isAlways(guard));
  const sideAxes = new Set([side.local, ...side.inner]);
  const kAxes = new Set([k.local, ...k.inner]);
  const parts = separate(index, sideAxes, kAxes);
  const split: Guard[] = [];
  for (const condition of guards) {
    const guardParts = separate(condition.index, sideAxes, kAxes);
    if (guardParts !== undefined) split.push({ parts: guardParts, condition });
  }
  // Base values may run past the end of the cut axis in the bounds, never in fact: judge nearness by the operand's own index.
  const near = isNear(context, operand.buffer, operand.index, 32);
  if (parts !== undefined && split.length === guards.length && near) {
    return new SeparablePacking(context, name, operand.buffer, parts, split, side, k, width);
  }
  return generalPacking(context, name, { buffer: operand.buffer, index, guards }, side, k, uniformAxes, width);
}
