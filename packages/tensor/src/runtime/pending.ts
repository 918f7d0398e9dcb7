/** Cells with a recorded new value that no plan has computed yet. */
import type { TensorCell } from './cell.ts';

export const pendingCells: Set<TensorCell> = new Set();
