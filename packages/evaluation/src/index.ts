export { accuracy, argmax, logLoss, topKAccuracy } from './classification.ts';
export type { LogLossOptions, TopKOptions } from './classification.ts';
export { ClassificationResult, classificationReport } from './classification-report.ts';
export type {
  ClassScores,
  ClassificationReportOptions,
  ClassificationResultJSON,
  NamedClassScores,
} from './classification-report.ts';
export { ConfusionMatrix, confusionMatrix } from './confusion-matrix.ts';
export type { ConfusionMatrixJSON, ConfusionMatrixOptions } from './confusion-matrix.ts';
export { meanAbsoluteError, meanSquaredError, r2Score, rootMeanSquaredError } from './regression.ts';
export type { ShapedValues, TensorLike, Values } from './values.ts';
