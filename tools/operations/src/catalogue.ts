/** Every operation on tensors, with what it is measured on. */
import type * as api from '../../../packages/tensor/src/index.ts';
import * as elementwise from './catalogue/elementwise.ts';
import * as movement from './catalogue/movement.ts';
import * as products from './catalogue/products.ts';
import * as reductions from './catalogue/reductions.ts';
import * as windows from './catalogue/windows.ts';
import type { Operation } from './operation.ts';

/** Functions that are no operations on tensors: devices, files, state, and how computations are recorded. */
export const others = [
  'assign',
  'compile',
  'composite',
  'compositeResults',
  'currentRecording',
  'decodeNpy',
  'decodeNpz',
  'dryRun',
  'encodeNpy',
  'encodeNpz',
  'explain',
  'formatTensor',
  'guard',
  'manualSeed',
  'profile',
  'realize',
  'setDevice',
  'variable',
] as const;

type Functions<T> = { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T];
export type OperationName = Exclude<Functions<typeof api>, (typeof others)[number]>;

/** By chapter of the page. */
export const chapters: Readonly<Record<string, Partial<Readonly<Record<OperationName, Operation>>>>> = {
  Arithmetic: elementwise.arithmetic,
  Rounding: elementwise.roundings,
  Functions: elementwise.functions,
  Activations: elementwise.activations,
  'Comparisons and choices': elementwise.logic,
  'Types and bits': elementwise.bits,
  Creation: movement.creation,
  Movement: movement.movement,
  Indexing: movement.indexing,
  'Random numbers': movement.randomNumbers,
  Reductions: reductions.reductions,
  'Along an axis': reductions.order,
  Products: products.products,
  'Linear algebra': products.linearAlgebra,
  Attention: products.attention,
  Signals: products.signals,
  'Control flow': products.controlFlow,
  Convolutions: windows.convolutions,
  Pooling: windows.pooling,
  Images: windows.images,
};

export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.values(chapters).flatMap((chapter) => Object.entries(chapter)),
);
