import type { Tensor } from '../../../packages/tensor/src/index.ts';
import type { Random } from './random.ts';

/** What a step makes of two tensors of a graph and an axis of the first; nothing where it does not fit. */
export type Step = (x: Tensor, y: Tensor, axis: number, random: Random) => Tensor | readonly Tensor[] | undefined;
