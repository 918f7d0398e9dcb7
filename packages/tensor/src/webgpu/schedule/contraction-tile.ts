/** What the schedule of a large contraction and its two main loops have in common. */
import type { ContractionKernel } from '../../compiler/kernel.ts';
import { strideAlong, type Axis, type Index } from '../../compiler/index-expression.ts';
import type { Tile } from '../profile.ts';

/** Where a split contraction leaves the partial sums of its parts: element ((part · batch + b) · m + i) · n + j. */
export interface Split {
  readonly parts: number;
  /** Elements of k in one part, a multiple of the tile's. */
  readonly length: number;
  /** Position of the temporary in the plan's buffers. */
  readonly buffer: number;
}

/**
 * A contraction in the making. The shader has `tileM`, `tileN` (first row and column of the tile), `threadM`, `threadN`
 * (block of this thread in it), `batch`, and for a split one `first` and `last` (range of k).
 */
export interface TiledContraction {
  readonly kernel: ContractionKernel;
  readonly tile: Tile;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
  readonly split: Split | undefined;
  /** Names of the thread's vectors of four columns, by row. */
  readonly accumulators: readonly (readonly string[])[];
}

export function threadsOf(tile: Tile): number {
  return (tile.m / tile.threadM) * (tile.n / tile.threadN);
}

/** Whether the innermost axis that is longer than 1 has stride 1. */
export function contiguous(index: Index, axes: readonly Axis[]): boolean {
  const innermost = [...axes].reverse().find(({ extent }) => extent > 1);
  return innermost !== undefined && strideAlong(index, innermost) === 1;
}

/** Statements that add the outer product of a column (by row, WGSL scalars) and a row (WGSL vectors) to the thread's block. */
export function outerProduct(
  column: readonly string[],
  row: readonly string[],
  accumulators: readonly (readonly string[])[],
): string[] {
  return accumulators.flatMap((names, i) =>
    names.map((name, j) => `${name} = fma(vec4<f32>(${column[i] ?? '0f'}), ${row[j] ?? '0f'}, ${name});`),
  );
}
