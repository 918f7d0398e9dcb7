/** What a report is made of. */
import type { NumericArray } from '@hebb/data';
import type { OptionNames } from '@hebb/tensor/arguments';
import type { History } from '../callback.ts';
import type { ClassificationEvaluation } from '../evaluate.ts';

/** Rows of a table: what it is, and its value. */
export type Facts = Readonly<Record<string, string | number | undefined>>;

/** The outcome of running an exported ONNX file with another runtime. */
export interface OnnxVerification {
  /** Whether everything agreed as it should. */
  readonly passed: boolean;
  /** One sentence on what was found. */
  readonly verdict: string;
  readonly facts?: Facts;
}

/** Everything is optional; a section without content is left out. */
export interface ReportOptions {
  /** Default 'Training report'. */
  title?: string;
  /** A sentence under the title. */
  subtitle?: string;
  /** Where the data comes from, its licence, how it was split. */
  data?: Facts;
  /** The model's summary as text, e.g. from `summary(model, inputShape)`. */
  summary?: string;
  /** Number of the model's parameters. */
  parameterCount?: number;
  history?: History;
  /** What the validation data of the history is called in the charts. Default 'validation'. */
  validationName?: string;
  evaluation?: ClassificationEvaluation;
  /** The evaluated examples as images [examples, channels, height, width] with values from 0 to 1, to show mistakes. */
  images?: NumericArray;
  /** Device, versions, seed, options, times. */
  environment?: Facts;
  onnx?: OnnxVerification;
}

export const reportOptions: OptionNames<ReportOptions> = {
  title: true,
  subtitle: true,
  data: true,
  summary: true,
  parameterCount: true,
  history: true,
  validationName: true,
  evaluation: true,
  images: true,
  environment: true,
  onnx: true,
};
