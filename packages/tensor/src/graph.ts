/** The graph as `@hebb/autograd` and `@hebb/onnx` see it (subpath `@hebb/tensor/graph`). Not for other packages or for users. */
export * from './graph/attributes.ts';
export * from './graph/draws.ts';
export * from './graph/elementwise.ts';
export * from './graph/node.ts';
export * from './graph/primitives.ts';
export * from './graph/program.ts';
export * from './graph/scan.ts';
export * from './graph/types.ts';
export { convDefinition } from './ops/convolution.ts';
export { geluDefinition } from './ops/activations.ts';
export { acoshDefinition, asinhDefinition, atanhDefinition, coshDefinition, sinhDefinition } from './ops/hyperbolic.ts';
export { averagePoolDefinition, maxPoolDefinition } from './ops/pooling.ts';
export { logSoftmaxDefinition, softmaxDefinition } from './ops/softmax.ts';
export { tanDefinition } from './ops/trigonometry.ts';
export { trace } from './runtime/dry-run.ts';
export { withInlining, withLoopsWrittenOut } from './runtime/recording.ts';
export { cellOf, nodeOf } from './handle.ts';
export { tensorOf } from './tensor.ts';
