/** The graph as `@hebb/autograd` and `@hebb/onnx` see it (subpath `@hebb/tensor/graph`). Not for other packages or for users. */
export * from './graph/attributes.ts';
export * from './graph/draws.ts';
export * from './graph/elementwise.ts';
export * from './graph/narrow.ts';
export * from './graph/node.ts';
export { onBehalfOf } from './graph/origins.ts';
export * from './graph/primitives.ts';
export * from './graph/program.ts';
export * from './graph/scan.ts';
export * from './graph/types.ts';
export { attentionDefinition } from './ops/attention.ts';
export { convDefinition } from './ops/convolution.ts';
export { linearDefinition } from './ops/linear.ts';
export { einsumDefinition } from './ops/einsum.ts';
export { complexTransformDefinition, realInverseDefinition, realTransformDefinition } from './ops/fourier.ts';
export { gridSampleDefinition } from './ops/grid-sample.ts';
export { interpolateDefinition } from './ops/interpolate.ts';
export { topPositionsDefinition } from './ops/sorting.ts';
export { geluDefinition } from './ops/activations.ts';
export { celuDefinition, eluDefinition, seluAlpha, seluDefinition, seluScale } from './ops/exponential-units.ts';
export { geluTanhDefinition } from './ops/gelu.ts';
export { acoshDefinition, asinhDefinition, atanhDefinition, coshDefinition, sinhDefinition } from './ops/hyperbolic.ts';
export { batchNormDefinition, instanceNormDefinition } from './ops/batch-norm.ts';
export { groupNormDefinition } from './ops/group-norm.ts';
export { layerNormDefinition, rmsNormDefinition } from './ops/layer-norm.ts';
export { localResponseNormDefinition } from './ops/local-response-norm.ts';
export { adaptiveAverageDefinition, adaptiveMaxDefinition } from './ops/adaptive-pooling.ts';
export { averagePoolDefinition, maxPoolDefinition, maxPoolIndicesDefinition } from './ops/pooling.ts';
export { hardtanhDefinition, leakyReluDefinition, preluDefinition } from './ops/rectifiers.ts';
export {
  hardsigmoidDefinition,
  hardswishDefinition,
  mishDefinition,
  softsignDefinition,
} from './ops/sigmoidal-units.ts';
export { logSoftmaxDefinition, softmaxDefinition } from './ops/softmax.ts';
export { softplusDefinition } from './ops/special.ts';
export { tanDefinition } from './ops/trigonometry.ts';
export { recordScan } from './ops/scan.ts';
export { trace } from './runtime/dry-run.ts';
export { amendmentsOf } from './runtime/cell.ts';
export { withInlining, withLoopsWrittenOut } from './runtime/recording.ts';
export { cellOf, nodeOf } from './handle.ts';
export { tensorOf } from './tensor.ts';
