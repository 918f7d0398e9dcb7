/** Checks of arguments as Hebb's other packages use them (subpath `@hebb/tensor/arguments`). Not for users. */
export * from './arguments/packages.ts';
export { halfBits, halfValue } from './graph/half.ts';
export { requireOperand, requireTensor, requireTensors } from './handle.ts';
export { knownToDiffer, knownValues } from './ops/known.ts';
export { requireWithin } from './ops/range.ts';
