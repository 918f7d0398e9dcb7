/** `@hebb/onnx`: models as ONNX files, and the proof that the files compute the same. */
export { exportOnnx, type ExportOptions } from './export.ts';
export type { InputShape, InputSpec, SizeChoice } from './inputs.ts';
export type { ModelResult, NestedResult, OnnxSource } from './model.ts';
export { runOnnx, type OnnxInputs } from './runtime.ts';
export { verifyOnnx, type OutputDifference, type Verification, type VerifyOptions } from './verify.ts';
export { saveOnnx } from './save.ts';
export { OnnxExportError, OnnxFileError, OnnxParseError, OnnxRuntimeError, type OnnxExportDetails } from './errors.ts';
export { parseOnnx } from './parse.ts';
export type {
  OnnxAttribute,
  OnnxDimension,
  OnnxEntry,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxOperatorSet,
  OnnxTensor,
  OnnxType,
  OnnxValueInfo,
} from './schema.ts';
