/** What packing routines are given and what they offer to the contraction schedule. */
import type { Condition } from '../compiler/kernel.ts';
import type { AxisValues, KernelContext } from './address.ts';
import type { BlockPosition, SplitIndex } from './blocks.ts';
import type { FunctionBuilder } from './function-builder.ts';
import type { PanelWidth } from './gemm.ts';
import type { Address, Value } from './ir.ts';
import { op } from './opcodes.ts';

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

/** The lanes of a panel in groups of a vector; the last one may have two. */
export function groupsOf(width: PanelWidth): readonly (readonly number[])[] {
  const lanes = Array.from({ length: width }, (_, lane) => lane);
  return Array.from({ length: Math.ceil(width / 4) }, (_, group) => lanes.slice(4 * group, 4 * group + 4));
}

/** Bytes of the masks of a panel for each k. */
export function maskBytes(width: PanelWidth): number {
  return 16 * groupsOf(width).length;
}

/** Stores as many lanes of a vector as there are in its group. */
export function storeGroup(fb: FunctionBuilder, address: Address, vector: Value, lanes: number): void {
  if (lanes === 4) fb.store(op.v128Store, address, vector);
  else fb.store(op.v128Store64Lane, address, vector, 0);
}

/** A guard whose index is a sum of parts. */
export interface Guard {
  readonly parts: SplitIndex;
  readonly condition: Condition;
}
