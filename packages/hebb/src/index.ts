/**
 * Hebb in one import. Everything of every package but the leaf `@hebb/files`, under its own name; four names that two
 * packages share are decided below, and `metrics` holds all of `@hebb/evaluation`.
 */
export * from '@hebb/tensor';
export * from '@hebb/autograd';
export * from '@hebb/layers';
export * from '@hebb/losses';
export * from '@hebb/optimizers';
export * from '@hebb/architectures';
export * from '@hebb/data';
export * from '@hebb/tokenizer';
export * from '@hebb/evaluation';
export * from '@hebb/onnx';
export * from '@hebb/training';
export * from '@hebb/report';

// The tensor operation, and the losses that can be trained on; the metrics of these names are `metrics.argmax`, ….
export { argmax } from '@hebb/tensor';
export { meanAbsoluteError, meanSquaredError } from '@hebb/losses';
// The gradients that an optimizer takes; those of `@hebb/autograd` are a type parameter away.
export type { Gradients } from '@hebb/optimizers';
export * as metrics from '@hebb/evaluation';
