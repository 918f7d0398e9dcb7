/** What packing routines are given and what they offer to the contraction schedule. */
import type { Condition } from '../compiler/kernel.ts';
import type { AxisValues, KernelContext } from './address.ts';
import type { BlockPosition, SplitIndex } from './blocks.ts';
import type { Value } from './ir.ts';

/** A packing routine: emits the call that packs the block at hand to `destination`. */
export interface Packing {
  readonly description: string;
  readonly emit: (
    context: KernelContext,
    destination: Value,
    masks: Value,
    side: BlockPosition,
    k: BlockPosition,
    axes: AxisValues,
  ) => void;
}

/** A guard whose index is a sum of parts. */
export interface Guard {
  readonly parts: SplitIndex;
  readonly condition: Condition;
}
