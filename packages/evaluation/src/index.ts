export { accuracy, argmax, brierScore, logLoss, perplexity, topKAccuracy } from './classification.ts';
export type { LogLossOptions, TopKOptions } from './classification.ts';
export { ClassificationResult, classificationReport } from './classification-report.ts';
export { classification } from './classification-task.ts';
export type { ClassificationOptions, ClassificationValues } from './classification-task.ts';
export { ClassificationEvaluation } from './classification-evaluation.ts';
export type { ClassificationEvaluationJSON } from './classification-evaluation.ts';
export type { ClassScores } from './class-counts.ts';
export type {
  ClassificationReportOptions,
  ClassificationResultJSON,
  NamedClassScores,
} from './classification-report.ts';
export { ConfusionMatrix, confusionMatrix } from './confusion-matrix.ts';
export type { ConfusionMatrixJSON, ConfusionMatrixOptions } from './confusion-matrix.ts';
export type {
  ArrayFields,
  Evaluation,
  EvaluationRun,
  EvaluationState,
  EvaluationTask,
  Goal,
  HostValues,
  TensorFields,
} from './evaluation.ts';
export { f1Score, precision, recall } from './f1.ts';
export type { AverageOptions } from './f1.ts';
export { featureStatistics, frechetDistance, type FeatureStatistics } from './frechet.ts';
export { MetricSet } from './metric-set.ts';
export type { MetricSetState, ReducedOutputs } from './metric-set.ts';
export { MetricsEvaluation } from './metrics-evaluation.ts';
export { multiLabel, MultiLabelEvaluation } from './multi-label.ts';
export type { MultiLabelOptions, MultiLabelValues } from './multi-label.ts';
export { regression, RegressionEvaluation } from './regression-task.ts';
export type { RegressionOptions, RegressionValues, TargetScores, TargetTransform } from './regression-task.ts';
export { sequences, SequencesEvaluation } from './sequences.ts';
export type { SequencesOptions, SequencesValues } from './sequences.ts';
export type { ThresholdOptions } from './predicted.ts';
export { averagePrecision, rocAuc } from './ranking.ts';
export { defineMetric, meanMetric } from './metric.ts';
export type {
  CallableMetric,
  ConfigurableMetric,
  MeanMetricDefinition,
  Metric,
  MetricDefinition,
  MetricState,
  WeightOptions,
} from './metric.ts';
export {
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  medianAbsoluteError,
  r2Score,
  rootMeanSquaredError,
} from './regression.ts';
export { scores } from './scores.ts';
export type { Metrics, ScoresOptions } from './scores.ts';
export type * from './section.ts';
export type { ShapedValues, TensorLike, Values } from './values.ts';
