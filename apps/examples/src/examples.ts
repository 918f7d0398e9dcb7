/** All examples, in the order of the list. */
import { cnn } from '../cnn/example.ts';
import type { Example } from '../contract.ts';
import { segmentation } from '../segmentation/example.ts';

export type AnyExample = Example<Readonly<Record<string, unknown>>>;

export const examples: readonly AnyExample[] = [cnn, segmentation];
