export { accuracy, argmax, logLoss, perplexity, topKAccuracy } from './classification.ts';
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
export type { Evaluation, EvaluationRun, EvaluationState, EvaluationTask } from './evaluation.ts';
export { defineMetric, meanMetric } from './metric.ts';
export type {
  CallableMetric,
  ConfigurableMetric,
  MeanMetricDefinition,
  Metric,
  MetricDefinition,
  MetricFunction,
  MetricState,
  WeightOptions,
} from './metric.ts';
export {
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  r2Score,
  rootMeanSquaredError,
} from './regression.ts';
export type * from './section.ts';
export type { ShapedValues, TensorLike, Values } from './values.ts';
